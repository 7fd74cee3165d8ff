/**
 * The jobs of the BullMQ queue along its indexes, and those of one domain that wait for each other.
 */
import { promote } from './bullmq-carrier.js';
import type { Opened } from './bullmq-store.js';

const PAGE = 200;
const LINES_AT_ONCE = 100;

/** What a page of jobs is chosen by. */
export interface PageQuery {
  /** As BullMQ knows it. */
  readonly id?: string;
  readonly submission?: string;
  readonly domain?: string;
  readonly state?: string;
  readonly createdBefore?: number;
  readonly reason?: string;
  readonly unfinished?: true;
}

/** The ids of the jobs of an index that fit, page by page; Redis is never asked for more at once. */
export async function* pagesOf(
  { run }: Opened,
  index: string,
  query: PageQuery,
): AsyncGenerator<readonly string[]> {
  const text = JSON.stringify(query);
  for (let after = '0'; after !== '';) {
    const page = (await run('select', index, after, PAGE, text, Date.now())) as [string, string[]];
    [after] = page;
    yield page[1];
  }
}

/** Lets parked jobs of a domain go when there is room; `own` is one that has just been parked. */
export async function letNextGo(opened: Opened, domain: string, own = ''): Promise<void> {
  const ids = await opened.run('room', domain, opened.limit.perDomain, Date.now(), own);
  for (const id of ids as string[]) await promote(opened, id);
}

/** Lets parked jobs go that nobody let go, because the process that held another one of their domain ended. */
export async function moveLines(opened: Opened): Promise<void> {
  const domains = (await opened.run('lines', LINES_AT_ONCE)) as string[];
  for (const domain of domains) await letNextGo(opened, domain);
}

/** Makes all waiting jobs of a domain due; their number. */
export async function makeAllDue(opened: Opened, domain: string, now: number): Promise<number> {
  let count = 0;
  for await (const ids of pagesOf(opened, `domain:${domain}`, { state: 'ready' })) {
    await Promise.all(
      ids.map(async (id) => {
        await opened.run('hurry', id, now);
        await promote(opened, id);
      }),
    );
    count += ids.length;
  }
  return count;
}
