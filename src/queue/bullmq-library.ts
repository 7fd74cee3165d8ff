/**
 * What this package uses of BullMQ (version 5 or 6) and of ioredis below it, as structural types; loading it, opening its
 * connections, closing them. BullMQ is an optional peer: it is loaded when the queue is first used.
 *
 * Failure: ConfigError `bullmq-missing`, `bullmq-client`; QueueError of `redisFailure`.
 */
import { ConfigError, isConfigError, isQueueError, QueueError } from '../core/errors.js';

/** The commands of an ioredis client that are used here; scripts become methods of it. */
export interface RedisClient {
  hset(key: string, field: string, value: Uint8Array): Promise<unknown>;
  hgetBuffer(key: string, field: string): Promise<Uint8Array | null>;
  pexpire(key: string, ms: number): Promise<unknown>;
  del(key: string): Promise<unknown>;
  call(command: string, ...words: string[]): Promise<unknown>;
  info(): Promise<string>;
  defineCommand(name: string, definition: { readonly numberOfKeys: number; readonly lua: string }): void;
}

/** A job of BullMQ; what it carries is only to be looked at by people. */
export interface BullJob {
  readonly id?: string | undefined;
  extendLock(token: string, ms: number): Promise<number>;
  moveToDelayed(at: number, token?: string): Promise<void>;
  moveToCompleted(value: unknown, token: string, fetchNext?: boolean): Promise<unknown>;
  moveToFailed(error: Error, token: string, fetchNext?: boolean): Promise<unknown>;
  promote(): Promise<void>;
}

/** One job for `addBulk`. */
export interface BullNewJob {
  readonly name: string;
  readonly data: object;
  readonly opts: {
    readonly jobId: string;
    readonly timestamp: number;
    readonly delay: number;
    readonly priority: number;
  };
}

interface Emitter {
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(force?: boolean): Promise<void>;
}

/** A queue of BullMQ. */
export interface BullQueue extends Emitter {
  toKey(type: string): string;
  addBulk(jobs: BullNewJob[]): Promise<unknown>;
  getJob(id: string): Promise<BullJob | undefined>;
  remove(id: string): Promise<number>;
}

/** A worker of BullMQ that processes nothing by itself. */
export interface BullWorker extends Emitter {
  getNextJob(token: string, options: { readonly block: boolean }): Promise<BullJob | undefined>;
  startStalledCheckTimer(): Promise<void>;
}

/** The events of a queue of BullMQ, from all processes. */
export interface BullEvents {
  on(event: 'error' | 'waiting' | 'delayed', listener: () => void): unknown;
  close(): Promise<void>;
}

/** Where Redis is: what BullMQ takes for ioredis, options or a client with `maxRetriesPerRequest: null`. */
export type BullConnection = object;

interface Options {
  readonly connection: BullConnection;
  readonly prefix: string;
}

interface WorkerOptions extends Options {
  readonly autorun: false;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
}

/** The module `bullmq`. */
export interface BullLibrary {
  readonly Queue: new (name: string, options: Options) => BullQueue;
  readonly Worker: new (name: string, processor: null, options: WorkerOptions) => BullWorker;
  readonly QueueEvents: new (name: string, options: Options) => BullEvents;
}

/**
 * The module, or what the host passed in its place.
 * @throws ConfigError `bullmq-missing`
 */
export async function loadLibrary(given: unknown): Promise<BullLibrary> {
  if (given !== undefined) return given as BullLibrary;
  try {
    return (await import('bullmq')) as unknown as BullLibrary;
  } catch (error) {
    throw new ConfigError(
      'bullmq-missing',
      'bullmqQueue: the package bullmq cannot be loaded; install it and the client that it uses: npm install bullmq ioredis',
      error,
    );
  }
}

/**
 * The ioredis client of a queue; version 6 keeps it behind its backend.
 * @throws ConfigError `bullmq-client`
 */
export async function clientOf(queue: BullQueue): Promise<RedisClient> {
  const { client, getBackend } = queue as {
    client?: Promise<RedisClient>;
    getBackend?: () => { readonly client: Promise<RedisClient> };
  };
  const found = await (client ?? getBackend?.call(queue).client);
  if (typeof found?.hgetBuffer === 'function') return found;
  throw new ConfigError(
    'bullmq-client',
    'bullmqQueue: expected BullMQ to work over ioredis, because octets of messages go in and out as they are; install ioredis and pass its options as connection',
  );
}

const ADVICE: readonly (readonly [words: RegExp, code: string, advice: string])[] = [
  [/\bOOM\b/, 'queue-full', 'Redis has no memory left; give it more (maxmemory), nothing was accepted'],
  [/\bMISCONF\b/, 'queue-disk-error', 'Redis cannot write to its disk; look for its free space and its log'],
  [/\bREADONLY\b/, 'queue-read-only', 'this Redis is a replica; connect to the primary'],
  [
    /\b(NOAUTH|WRONGPASS|NOPERM)\b/,
    'queue-unusable',
    'Redis refuses the user; check name, password and rights',
  ],
  [
    /ECONN|ENOTFOUND|ETIMEDOUT|Connection is closed|max retries/i,
    'queue-unreachable',
    'Redis cannot be reached; check its address, and that it runs',
  ],
];

/** What an error of Redis or BullMQ means for the queue; errors of this package stay as they are. */
export function redisFailure(error: unknown): Error {
  if (isQueueError(error) || isConfigError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  const [, code, advice] = ADVICE.find(([words]) => words.test(text)) ?? [
    null,
    'queue-failed',
    'nothing that is kept was lost; try again, and look at the log of Redis',
  ];
  return new QueueError(code, `queue: ${advice} (${text})`, error);
}
