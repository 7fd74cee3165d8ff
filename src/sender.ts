/**
 * The composition root: `createSender` puts engine, queue, worker and reports together.
 *
 *   send      reads and checks the mail, puts one job per recipient domain, resolves when they are kept
 *   work      the worker leases what is due, the engine attempts it, the outcome is settled with its reports
 *   reports   are jobs of the queue themselves, kept in the same atomic step: first the callback, then mail if wanted
 */
import { randomUUID } from 'node:crypto';
import { publish } from './core/channels.js';
import { createContext } from './core/context.js';
import { type Duration, parseDuration } from './core/duration.js';
import { attempted } from './deliver/attempt.js';
import type { DryRun } from './deliver/dry-run.js';
import type { Job } from './deliver/job.js';
import type { Outcome } from './deliver/outcome.js';
import type { Settled } from './deliver/settle.js';
import { composeEngine, type Engine } from './engine.js';
import type { ExamineOptions, OwnServer } from './examine.js';
import type { Mail } from './mail.js';
import type { CertificateExpiry } from './preflight/expiry.js';
import type { Preflight } from './preflight/report.js';
import { composeTestMail, type TestMail } from './preflight/test-mail.js';
import type { MessageAsk } from './policy/from-message.js';
import { parseSchedule } from './queue/backoff.js';
import type { Cancellation, CancelRequest } from './queue/cancel.js';
import type { JobView, QueueDriver } from './queue/driver.js';
import { createRate, parseRate, type RateLimit } from './queue/rate.js';
import { sqliteQueue } from './queue/sqlite.js';
import { createHostHealth } from './queue/unreachable.js';
import { createWorker, type Worker } from './queue/worker.js';
import { createReporter } from './reporter.js';
import { checkSenderOptions, type SenderOptions } from './sender-options.js';
import { createTracker, type Receipt } from './tracker.js';
import { warnOfError } from './warning.js';

/** A test mail: who writes to whom; `minLevel` and its like raise what must hold. */
export interface TestMailInput extends MessageAsk {
  readonly from: string;
  readonly to: string;
}

/** A test mail that was handed in. */
export interface SentTest {
  /** What `judgeReturned` needs; plain data, to be kept until the copy is back. */
  readonly test: TestMail;
  readonly receipt: Receipt;
}

/** A sender of enforced-TLS mail. */
export interface Sender {
  /** Takes a mail; resolves when the queue keeps it. @throws ConfigError, QueueError: then nothing was accepted */
  send(mail: Mail, options?: { readonly signal?: AbortSignal }): Promise<Receipt>;
  /** Works the queue off in this process until `drain` or `close`. */
  start(): void;
  /** Works off what is due now; the number of attempts. */
  processOnce(options?: { readonly maxMs?: number }): Promise<number>;
  /** For SIGTERM: takes no new work, waits for what runs, at most `timeout` (default 30 seconds), gives leases back. */
  drain(options?: { readonly timeout?: Duration }): Promise<void>;
  /** All jobs of a message as they stand. */
  status(id: string): Promise<readonly JobView[]>;
  /** What must hold for an address or a domain, in words. */
  explain(addressOrDomain: string): Promise<string>;
  /** Goes through every check with every host of a domain, says QUIT, and sends nothing (FAQ-14). */
  dryRun(addressOrDomain: string, options?: ExamineOptions): Promise<DryRun>;
  /**
   * The same as a report: every check of every host, and how long each certificate lasts (FAQ-1, FI-3). `minLevel:
   * 'verified'` asks what would be if the domain were enforced. `writePreflight` makes text of it.
   * @throws ConfigError `address-invalid`, `domain-invalid`, `policy-lowered`, `option-unknown`
   */
  preflight(addressOrDomain: string, options?: ExamineOptions): Promise<Preflight>;
  /**
   * The same report on one of the host's own servers, by every check of class d (FAQ-15, FAQ-16).
   * @throws ConfigError `route-invalid`, `route-needs-verify-as`, `domain-invalid`, `option-unknown`
   */
  checkServer(server: OwnServer, options?: { readonly signal?: AbortSignal }): Promise<Preflight>;
  /**
   * How long the certificates of a PEM file last that the own server `host` sends; those that end soon are told.
   * @throws ConfigError `certificate-unreadable`, `domain-invalid`
   */
  checkCertificates(host: string, pem: string): Promise<readonly CertificateExpiry[]>;
  /**
   * Sends a mail by which the way can be told afterwards: `judgeReturned` reads the copy that the partner sends back
   * (FAQ-13). Through the queue, like any other mail.
   * @throws ConfigError, QueueError
   */
  sendTest(mail: TestMailInput): Promise<SentTest>;
  /** Makes all waiting mail of a domain due now, for when the partner says that it is mended. */
  flush(domain: string): Promise<number>;
  /**
   * Takes a message back: whoever waits for it fails as `cancelled`, and its sender gets the report. One result for
   * each job; what is being attempted at this moment is told as `leased` and goes on.
   * @throws ConfigError, QueueError
   */
  cancel(id: string, request: CancelRequest): Promise<readonly Cancellation[]>;
  /** The queue, for everything else an operator does: find, suspend, resume, acceptFloor, clean. */
  readonly queue: QueueDriver;
  /** Drains, ends kept connections, closes the queue. */
  close(): Promise<void>;
}

/**
 * Makes a sender.
 * @throws ConfigError for unknown, missing and contradictory options
 */
export function createSender(options: SenderOptions): Sender {
  checkSenderOptions(options);
  const queue = typeof options.queue === 'string' ? sqliteQueue(options.queue) : options.queue;
  const message = {
    ...(options.complete === undefined ? {} : { complete: options.complete }),
    ...(options.stripBcc === undefined ? {} : { stripBcc: options.stripBcc }),
    ...(options.sign === undefined ? {} : { sign: options.sign }),
    ...(options.spoolDirectory === undefined ? {} : { spoolDirectory: options.spoolDirectory }),
  };
  const holdForMs = options.holdFor === undefined ? null : parseDuration(options.holdFor, 'holdFor');
  const rate = options.rate === undefined ? undefined : parseRate(options.rate);
  const engine = composeEngine(
    { ...options, health: options.health ?? createHostHealth() },
    { holdForMs, message },
    rate?.perHost === undefined ? null : createRate(rate.perHost),
  );
  const tracker = createTracker();
  const worker = composeWorker({ ...options, queue }, engine, tracker.note, rate?.perDomain);
  warnOfEnvironment();
  const enforced = (options.policies ?? []).length;
  publish('sender.started', { queue: queue.name, durable: queue.supports.durable, enforced });
  const sender: Sender = {
    queue,
    async send(mail, given) {
      const submission = await engine.prepare(mail, given);
      const receipt = tracker.follow(submission);
      let kept: Awaited<ReturnType<QueueDriver['put']>> | null = null;
      try {
        kept = await queue.put(submission);
      } finally {
        // What the queue does not keep nobody follows, nor reads again.
        if (kept?.existing !== false) {
          tracker.forget(submission.id);
          await submission.message.dispose?.();
        }
      }
      const { id, existing } = kept;
      if (!existing) publish('message.accepted', { id, domains: submission.jobs.map((job) => job.domain) });
      if (options.work !== 'by-call') worker.start();
      return existing ? tracker.known(id) : receipt;
    },
    start: () => worker.start(),
    processOnce: (given) => worker.processOnce(given),
    drain: (given) => worker.drain(given),
    status: (id) => queue.find({ submissionId: id }),
    explain: (text) => engine.explain(text),
    dryRun: (text, given) => engine.dryRun(text, given),
    preflight: (text, given) => engine.preflight(text, given),
    checkServer: (server, given) => engine.checkServer(server, given),
    checkCertificates: (host, pem) => engine.checkCertificates(host, pem),
    async sendTest({ from, to, ...more }) {
      const test = composeTestMail({ from, to }, engine.clock.now());
      return { test, receipt: await sender.send({ ...more, from, to: [to], message: test.message }) };
    },
    flush: (domain) => queue.flush(domain, engine.clock.now()),
    cancel: (id, request) => worker.cancel(id, request),
    async close() {
      await worker.drain();
      await engine.close();
      await queue.close();
    },
  };
  return sender;
}

function composeWorker(
  options: SenderOptions & { readonly queue: QueueDriver },
  engine: Engine,
  note: (job: Job, settled: Settled, outcomes: readonly Outcome[]) => void,
  rate: RateLimit | undefined,
): Worker {
  const reporter = createReporter(options, engine);
  return createWorker({
    driver: options.queue,
    owner: randomUUID(),
    clock: engine.clock,
    ...(options.random === undefined ? {} : { random: options.random }),
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
    ...(options.perDomain === undefined ? {} : { perDomain: options.perDomain }),
    ...(rate === undefined ? {} : { rate }),
    ...(options.schedule === undefined ? {} : { schedule: parseSchedule(options.schedule) }),
    ...(options.keepFinishedFor === undefined
      ? {}
      : { keepFinishedMs: parseDuration(options.keepFinishedFor, 'keepFinishedFor') }),
    attempt: async (job, signal) =>
      job.kind === 'report'
        ? reporter.deliver(job, signal)
        : attempted(await engine.attempt(job, { signal })),
    reports: (job, settled) => reporter.compose(job, settled, createContext({ clock: engine.clock })),
    onSettled: note,
    onError: warnOfError,
  });
}

/** The variable changes nothing here, but whoever set it believes that it does. */
function warnOfEnvironment(): void {
  if (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    publish('environment.warning', {
      variable: 'NODE_TLS_REJECT_UNAUTHORIZED',
      effect: 'none: certificates are judged all the same',
    });
  }
}
