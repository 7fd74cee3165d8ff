/**
 * Settlements without reports, many in one step: one way to the server and one wait for its disk for all that end at the
 * same time. Two steps of this kind never run at once; what ends meanwhile is the next.
 *
 * One whose domain somebody else holds is settled apart, with others of its domain, so that it keeps nobody back. Where a
 * step fails and it may be the fault of one of them, each is tried alone.
 */
import { QueueError } from '../core/errors.js';
import { ask, type Store } from './postgres-store.js';

/** A lease to end, as the database wants it. */
export interface Ending {
  readonly domain: string;
  readonly id: string;
  readonly token: string;
  readonly end: object;
}

interface Pending {
  readonly domain: string;
  readonly text: string;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: unknown) => void;
}

/** Bounds of one step. */
const MOST_AT_ONCE = 100;
const MOST_TEXT = 1_000_000;

/** Ends leases. */
export interface Settler {
  /** `lost`, or how it was settled. @throws QueueError */
  settle(ending: Ending): Promise<string>;
  /** Resolves when all that was asked for has its answer. */
  end(): Promise<void>;
}

/** Makes a settler. */
export function createSettler(store: Store): Settler {
  const open = new Set<Promise<string>>();
  const waiting: Pending[] = [];
  /** What is settled apart, by domain; the list holds what comes while it is under way. */
  const apart = new Map<string, Pending[]>();
  let running = false;

  const runAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      for (const busy of await runStep(store, takeBatch(waiting), false)) setApart(busy);
    }
    running = false;
  };
  const setApart = (busy: Pending): void => {
    const line = apart.get(busy.domain);
    line?.push(busy);
    if (line !== undefined) return;
    apart.set(busy.domain, [busy]);
    void runDomain(busy.domain);
  };
  const runDomain = async (domain: string): Promise<void> => {
    // Those of the same step come first.
    await Promise.resolve();
    for (let line = apart.get(domain); line !== undefined && line.length > 0; line = apart.get(domain)) {
      apart.set(domain, []);
      while (line.length > 0) await runStep(store, takeBatch(line), true);
    }
    apart.delete(domain);
  };
  const add = ({ domain, ...rest }: Ending): Promise<string> =>
    new Promise((resolve, reject) => {
      waiting.push({ domain, text: JSON.stringify({ domain, ...rest }), resolve, reject });
      if (running) return;
      running = true;
      // Others that end in the same turn of the event loop go along.
      setImmediate(() => void runAll());
    });
  return {
    settle(ending) {
      const settling = add(ending).finally(() => open.delete(settling));
      open.add(settling);
      return settling;
    },
    async end() {
      await Promise.allSettled(open);
    },
  };
}

/** Takes from the front as many as fit into one step. */
function takeBatch(line: Pending[]): Pending[] {
  let length = 0;
  const tooMany = line.findIndex(({ text }, index) => {
    length += text.length;
    return index > 0 && (index >= MOST_AT_ONCE || length > MOST_TEXT);
  });
  return line.splice(0, tooMany === -1 ? line.length : tooMany);
}

/** One step; those whose domain is busy come back, all others have their answer or their error. */
async function runStep(store: Store, batch: readonly Pending[], wait: boolean): Promise<Pending[]> {
  const texts = batch.map(({ text }) => text).join(',');
  try {
    const answers = await ask(store, 'settle_all($1, $2, $3)', (again) => [`[${texts}]`, wait, again]);
    const each = (answers ?? '').split(' ');
    for (const [index, { resolve }] of batch.entries()) {
      if (each[index] !== 'busy') resolve(each[index] ?? 'lost');
    }
    return batch.filter((_, index) => each[index] === 'busy');
  } catch (error) {
    const mayBeOne = error instanceof QueueError && error.code === 'queue-failed';
    if (mayBeOne && batch.length > 1) await Promise.all(batch.map((one) => runStep(store, [one], true)));
    else for (const { reject } of batch) reject(error);
    return [];
  }
}
