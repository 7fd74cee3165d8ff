/**
 * What an error of PostgreSQL, or of the way there, means: whether the same may be tried again, and what to do about it.
 */
import { ConfigError, QueueError } from '../core/errors.js';
import { jobIdTaken, submissionIdTaken } from './job-record.js';

/** Name of the condition (SQLSTATE or Node's error code), or null. */
function codeOf(error: unknown): string | null {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : null;
}

/** Node's names of a way that is broken or not there yet; a socket file is missing (ENOENT) while a server restarts. */
const WAY = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];
/** What pg says of a broken connection, without a code. */
const BROKEN =
  /connection terminated|connection error|not queryable|timeout exceeded when trying to connect/i;
/**
 * Serialisation failure and deadlock, a lock that was not to be had, shutdown, too many connections, connection
 * exceptions; octets that were staged and that a fall of the server took away.
 */
const TRANSIENT = /^(40001|40P01|55P03|57P0[1235]|53300|08...)$/;

/** True when the way to the server is broken or the server had to give up: the same may succeed in a moment. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== null) return TRANSIENT.test(code) || WAY.includes(code);
  return error instanceof Error && BROKEN.test(error.message);
}

/** True for a QueueError that says: octets that were staged are gone, and have to be staged again. */
export function isStagedLost(error: unknown): boolean {
  return error instanceof QueueError && codeOf(error.cause) === 'ETC01';
}

type Advice = readonly [code: string, advice: string];

const ADVICE: readonly (readonly [RegExp, Advice])[] = [
  [
    /^ETI01$/,
    [
      'queue-isolation',
      "it relies on READ COMMITTED; set default_transaction_isolation to 'read committed' for its role",
    ],
  ],
  [/^ETC01$/, ['queue-failed', 'the server forgot octets that were just written; put the message again']],
  [
    /^(3D000|28...|08P01)$/,
    ['queue-unusable', 'check database, user and password of the pool, and pg_hba.conf'],
  ],
  [
    /^42501$/,
    [
      'queue-unusable',
      'the role of the pool lacks a privilege; let the owner of the schema use it, or grant CREATE on the database to make it',
    ],
  ],
  [
    /^25006$/,
    ['queue-read-only', 'this is a standby or a read-only session; point the pool at the primary server'],
  ],
  [/^53100$/, ['queue-disk-full', 'the disk of the server is full; free some space']],
  [/^58...$/, ['queue-disk-error', 'the disk of the server reports an error; look into its log']],
  [/^XX00[12]$/, ['queue-damaged', 'the database is damaged; stop the workers and restore it from a backup']],
  [
    /^(40001|40P01|55P03|57014)$/,
    [
      'queue-busy',
      'others hold its rows for too long; look for a transaction that does not end, and at lock_timeout and statement_timeout',
    ],
  ],
  [
    /^(42883|42P01|3F000)$/,
    ['queue-damaged', 'its schema is incomplete; restore it from a backup, or drop it to begin anew'],
  ],
];

/** What a failure means to the host. */
export function failureOf(error: unknown, what: string): unknown {
  if (error instanceof QueueError || error instanceof ConfigError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === 'ETS01') return submissionIdTaken(said);
  if (code === 'ETJ01') return jobIdTaken(said);
  const [name, advice] = adviceOf(error, code);
  return new QueueError(name, `queue: ${what}: ${advice} (${said})`, error);
}

function adviceOf(error: unknown, code: string | null): Advice {
  const known = ADVICE.find(([pattern]) => code !== null && pattern.test(code));
  if (known !== undefined) return known[1];
  if (isTransient(error)) {
    return [
      'queue-unreachable',
      'PostgreSQL does not answer; check that it runs, and host, port and size of the pool',
    ];
  }
  return ['queue-failed', 'see the cause'];
}
