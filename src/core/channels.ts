/**
 * Events, on `node:diagnostics_channel`, for logs and metrics. No recipient, body or secret is ever in them (AT-52):
 * domains, hosts, reasons and numbers only. Nobody listens: it costs nothing.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import type { Reason } from './reasons.js';

/** The events and what each carries. */
export interface Events {
  /** A sender has been made; `durable: false` says that its queue forgets at a restart. */
  'sender.started': { readonly queue: string; readonly durable: boolean; readonly enforced: number };
  'message.accepted': { readonly id: string; readonly domains: readonly string[] };
  'attempt.ended': {
    readonly job: string;
    readonly domain: string;
    readonly host: string | null;
    readonly state: string;
    readonly reason: Reason | null;
    readonly durationMs: number;
  };
  /** A message went out without TLS, or over TLS that nobody verified (FI-4). */
  'delivery.unverified': { readonly domain: string; readonly host: string; readonly encrypted: boolean };
  /** The first TLS with a domain (FAQ-5): of this process, or as far as the `once` of the options remembers. */
  'tls.first-seen': { readonly domain: string; readonly host: string };
  /** A certificate that trust rests on ends soon; once for each threshold and certificate (FAQ-16). */
  'certificate.expiring': {
    /** The partner's domain; null for an own server. */
    readonly domain: string | null;
    readonly host: string;
    readonly whose: 'partner' | 'own';
    readonly subject: string;
    readonly sha256: string;
    /** Milliseconds since the epoch. */
    readonly notAfter: number;
    /** Whole days that are left; negative when it has ended. */
    readonly days: number;
    /** The threshold that is passed, in days. */
    readonly threshold: number;
  };
  'hold.started': { readonly job: string; readonly domain: string; readonly reason: Reason };
  /** A policy still refuses a mail of whose life half (0.5) or nine tenths (0.9) have passed; once for each. */
  'hold.aging': {
    readonly job: string;
    readonly domain: string;
    readonly reason: Reason;
    readonly share: 0.5 | 0.9;
    /** When its life ends, milliseconds since the epoch. */
    readonly expiresAt: number;
  };
  /**
   * Mail to a participant of a scheme is refused because the recipient's side does not take it as the scheme asks: its
   * administrator wants to know (BITS-A3.E). Said once, and again when the reason changes or mail got through meanwhile.
   */
  'scheme.failure': {
    readonly scheme: string;
    /** Mailbox of the administrator. */
    readonly contact: string;
    readonly domain: string;
    readonly host: string | null;
    readonly reason: Reason;
  };
  'hold.cleared': { readonly job: string; readonly domain: string };
  'delivery.delayed': { readonly job: string; readonly domain: string; readonly reason: Reason };
  /** The peer may have the message although its receipt was lost, or whoever sent it ended in mid-attempt. */
  'delivery.ambiguous': { readonly job: string; readonly domain: string; readonly host: string };
  /**
   * A server's replies no longer stand where they belong: one came that nothing had asked for, in the words of another
   * command, or for content whose envelope it had refused. The connection is ended; messages in doubt are `unknown` (SC-54).
   */
  'replies.mismatched': { readonly host: string; readonly address: string };
  /** Somebody else holds the job by now; what this worker found out is discarded. */
  'lease.lost': { readonly job: string; readonly domain: string };
  /** Something threw that must not; nothing is lost. `error` is its name and code, never its text (AT-52). */
  'worker.error': {
    readonly job: string | null;
    readonly domain: string | null;
    readonly step: 'lease' | 'attempt' | 'report' | 'settle' | 'renew' | 'clean';
    readonly error: string;
  };
  'job.buried': { readonly job: string; readonly domain: string; readonly reason: Reason };
  /** Nobody may be told by mail (null reverse-path, NOTIFY=NEVER): the operator is (DSN-10, Q-28). */
  'ndr.suppressed': { readonly job: string; readonly why: 'null-reverse-path' | 'notify' };
  'ndr.undeliverable': { readonly job: string; readonly reason: Reason };
  'policy.warning': { readonly domain: string; readonly warning: string };
  'policy.waived': {
    readonly domain: string;
    readonly check: string;
    readonly approvedBy: string;
    readonly until: string;
  };
  'policy.source-unknown': { readonly domain: string; readonly source: string; readonly cause: string };
  /** This process is configured weaker than the one that accepted mail to this domain; said once by each sender and engine. */
  'policy.diverged': { readonly domain: string };
  /** Report-only: what would have been refused. */
  'policy.would-refuse': { readonly domain: string; readonly host: string; readonly reason: Reason };
  /** Said once, when a sender or transport is made: an old list of roots, a clock that cannot be right (AT-53). */
  'trust.warning': { readonly store: string; readonly warning: string };
  /** Another list of a scheme took force; `reported`: rows with problems. */
  'list.loaded': {
    readonly list: string;
    readonly sha256: string;
    readonly entries: number;
    readonly added: number;
    readonly removed: number;
    readonly changed: number;
    readonly reported: number;
  };
  /** A list could not be fetched, or is not to be trusted: the last good one stays. */
  'list.kept': { readonly list: string; readonly why: 'refused' | 'failed'; readonly cause: string };
  /** Nobody has checked the published list for 75 days (`warning`) or for 92 (`error`, BITS-P3). */
  'list.stale': { readonly list: string; readonly staleness: 'warning' | 'error'; readonly ageDays: number };
  'environment.warning': { readonly variable: string; readonly effect: string };
}

/** The name of an event; on the wire of diagnostics_channel it is `enforced-tls:<name>`. */
export type EventName = keyof Events;

/** Channels that were used before: Node finds one by a name that is put together and looked up each time. */
const channels = new Map<EventName, diagnostics.Channel>();

function channelOf(name: EventName): diagnostics.Channel {
  const known = channels.get(name);
  if (known !== undefined) return known;
  const channel = diagnostics.channel(`enforced-tls:${name}`);
  channels.set(name, channel);
  return channel;
}

/** True when somebody listens to one of these events, for what is composed only then. */
export function isHeard(...names: readonly EventName[]): boolean {
  return names.some((name) => channelOf(name).hasSubscribers);
}

/** Tells whoever listens. */
export function publish<N extends EventName>(name: N, event: Events[N]): void {
  const channel = channelOf(name);
  if (channel.hasSubscribers && quiet.getStore() !== true) channel.publish(event);
}

const quiet = new AsyncLocalStorage<true>();

/** Does something of which nobody is told: what a test does is no news of the host. */
export function quietly<T>(work: () => Promise<T>): Promise<T> {
  return quiet.run(true, work);
}

/** Listens to one event; returns the function that stops. */
export function onEvent<N extends EventName>(name: N, listener: (event: Events[N]) => void): () => void {
  const receive = (event: unknown): void => listener(event as Events[N]);
  diagnostics.subscribe(`enforced-tls:${name}`, receive);
  return () => diagnostics.unsubscribe(`enforced-tls:${name}`, receive);
}
