/**
 * What the BullMQ queue works with: its connections, opened at first use, and its scripts. Every call of it rejects with
 * QueueError when Redis fails.
 */
import { QueueError } from '../core/errors.js';
import {
  type BullConnection,
  type BullEvents,
  type BullLibrary,
  type BullQueue,
  type BullWorker,
  clientOf,
  loadLibrary,
  redisFailure,
  type RedisClient,
} from './bullmq-library.js';
import { WORKING_SCRIPTS } from './bullmq-lua.js';
import { OPERATING_SCRIPTS } from './bullmq-lua-operate.js';
import { type Durability, durabilityOf } from './bullmq-durability.js';
import type { Sealing } from './stored-message.js';

const SCRIPTS = { ...WORKING_SCRIPTS, ...OPERATING_SCRIPTS };
type ScriptName = keyof typeof SCRIPTS;

/** What a queue is opened with. */
export interface StoreOptions {
  readonly connection: BullConnection;
  readonly name: string;
  readonly prefix: string;
  readonly sealing: Sealing | null;
  readonly bullmq: unknown;
}

/** Open connections. */
export interface Opened {
  readonly queue: BullQueue;
  readonly redis: RedisClient;
  /** The beginning of our keys. */
  readonly base: string;
  /** The limit per domain that a worker of this process last asked for. */
  readonly limit: { perDomain: number };
  /** Runs a script; words are text or numbers. */
  readonly run: (script: ScriptName, ...words: (string | number)[]) => Promise<unknown>;
  /** The worker of this process; made at first use, with the time that a lease lasts until it is granted. */
  worker(leaseMs: number): BullWorker;
}

/** The connections of one queue. */
export interface Store {
  readonly sealing: Sealing | null;
  /** What Redis said of its own durability; null before it was asked. */
  readonly durability: Durability | null;
  /** Runs a step with open connections. @throws QueueError */
  with<T>(step: (opened: Opened) => Promise<T>): Promise<T>;
  /** Calls `wake` when some process put something or gave it back. */
  listen(wake: () => void): () => void;
  /** Wakes the workers of this process. */
  readonly wake: () => void;
  close(): Promise<void>;
}

/** An expired lease is noticed within a quarter of its time, at most this. */
const LONGEST_STALL_CHECK_MS = 30_000;
const SHORTEST_STALL_CHECK_MS = 50;

/** Makes a store; nothing is opened before the first step. */
export function createStore(options: StoreOptions): Store {
  const listeners = new Set<() => void>();
  const closers: (() => Promise<void>)[] = [];
  let opening: Promise<Opened> | null = null;
  let events: Promise<BullEvents> | null = null;
  let durability: Durability | null = null;
  let closed = false;

  const refuseClosed = (): void => {
    if (closed) throw new QueueError('queue-closed', 'the queue has been closed; make a new one');
  };
  const open = (): Promise<Opened> => {
    opening ??= openAll(options, closers, (found) => (durability = found)).catch((error: unknown) => {
      // The next call tries again: bullmq may be installed, Redis may be back.
      opening = null;
      throw error;
    });
    return opening;
  };
  const wake = (): void => {
    for (const listener of listeners) queueMicrotask(listener);
  };
  /** Events of other processes cost a connection, so it is made for whoever listens. */
  const hear = async (): Promise<BullEvents> => {
    const { QueueEvents } = await loadLibrary(options.bullmq);
    const heard = new QueueEvents(options.name, connectionOf(options));
    heard.on('error', () => undefined);
    heard.on('waiting', wake);
    heard.on('delayed', wake);
    closers.push(() => heard.close());
    return heard;
  };
  return {
    sealing: options.sealing,
    get durability() {
      return durability;
    },
    async with(step) {
      refuseClosed();
      try {
        const opened = await open();
        refuseClosed();
        return await step(opened);
      } catch (error) {
        throw redisFailure(error);
      }
    },
    listen(listener) {
      listeners.add(listener);
      events ??= hear();
      events.catch(() => (events = null));
      return () => void listeners.delete(listener);
    },
    wake,
    async close() {
      if (closed) return;
      closed = true;
      listeners.clear();
      await Promise.allSettled([opening, events]);
      await Promise.allSettled(closers.map((each) => each()));
    },
  };
}

function connectionOf({ connection, prefix }: StoreOptions): {
  readonly connection: BullConnection;
  readonly prefix: string;
} {
  return { connection, prefix };
}

async function openAll(
  options: StoreOptions,
  closers: (() => Promise<void>)[],
  note: (durability: Durability) => void,
): Promise<Opened> {
  const library = await loadLibrary(options.bullmq);
  const queue = new library.Queue(options.name, connectionOf(options));
  // What fails is told by the call that it fails; without a listener it would end the process.
  queue.on('error', () => undefined);
  closers.push(() => queue.close());
  const redis = await clientOf(queue);
  for (const [name, lua] of Object.entries(SCRIPTS)) {
    redis.defineCommand(commandOf(name), { numberOfKeys: 2, lua });
  }
  const bull = queue.toKey('');
  const base = `${bull.slice(0, -1)}-mail:`;
  const commands = redis as unknown as Record<string, (...words: (string | number)[]) => Promise<unknown>>;
  let worker: BullWorker | null = null;
  note(await durabilityOf(redis));
  return {
    queue,
    redis,
    base,
    limit: { perDomain: 1 },
    run: async (script, ...words) => commands[commandOf(script)]?.(base, bull, ...words),
    worker(leaseMs) {
      worker ??= openWorker(library, options, leaseMs, closers);
      return worker;
    },
  };
}

/** Scripts are methods of a client that the host may share. */
function commandOf(script: string): string {
  return `enforcedTls_${script}`;
}

function openWorker(
  { Worker }: BullLibrary,
  options: StoreOptions,
  leaseMs: number,
  closers: (() => Promise<void>)[],
): BullWorker {
  const check = Math.round(leaseMs / 4);
  const worker = new Worker(options.name, null, {
    ...connectionOf(options),
    autorun: false,
    lockDuration: leaseMs,
    stalledInterval: Math.min(LONGEST_STALL_CHECK_MS, Math.max(SHORTEST_STALL_CHECK_MS, check)),
    // Mail is never given up because processes ended: its own life ends it.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
  });
  worker.on('error', () => undefined);
  closers.push(() => worker.close(true));
  worker.startStalledCheckTimer().catch(() => undefined);
  return worker;
}
