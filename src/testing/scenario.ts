/**
 * A scenario: mail servers that go wrong in one way, what the sender is told to ask, and what must come of it. As data, so
 * that a host can play all of them against its own options, and a test can play them anywhere.
 */
import type { Reason } from '../core/reasons.js';
import type { State } from '../deliver/outcome.js';
import type { Mail } from '../mail.js';
import type { SenderOptions } from '../sender-options.js';
import { describeFault, type Fault } from './faults.js';
import type { World, WorldOptions } from './world.js';

/** The domain that mail of a scenario goes to unless it says otherwise, and its mail servers in order. */
export const PARTNER = 'partner.example';
export const MX1 = 'mx1.partner.example';
export const MX2 = 'mx2.partner.example';

/**
 * How far a message may come at a server. `session`: it hears no MAIL; `envelope`: it hears the envelope inside TLS and no
 * octet of the message; `message`: it gets octets of the message, inside TLS; `clear`: the policy allows clear text.
 */
export type Reach = 'session' | 'envelope' | 'message' | 'clear';

/** What must become of one recipient. */
export interface ExpectedOutcome {
  readonly state: State;
  /** null: delivered. */
  readonly reason: Reason | null;
  /** The host that the outcome is about; left out: not looked at. */
  readonly host?: string;
  /** The code of the reply that decided; null: none did; left out: not looked at. */
  readonly code?: number | null;
}

/** What must be true after one mail. */
export interface Expected {
  /** In the order of the recipients of the mail. */
  readonly outcomes: readonly ExpectedOutcome[];
  /** How far the message comes, at all servers together. Default `message` when something is delivered, else `session`. */
  readonly reach?: Reach;
}

/** A further mail of a scenario, after something has changed. */
export interface Turn {
  readonly change: (world: World) => void | Promise<void>;
  readonly expected: Expected;
}

/** One scenario. */
export interface Scenario {
  /** Unique; the name of the fault where there is one. */
  readonly name: string;
  /** What the servers do, one sentence. */
  readonly says: string;
  /** The rules that it proves, by their ids in docs/requirements.md. */
  readonly rules: readonly string[];
  /** Default: one domain with one mail server. */
  readonly zones?: WorldOptions['zones'];
  readonly servers?: WorldOptions['servers'];
  /** Options of the sender beyond those of the world. */
  readonly options?: Partial<SenderOptions>;
  /** The mail beyond a short message to one recipient. */
  readonly mail?: Partial<Mail>;
  readonly expected: Expected;
  /**
   * What must come of it instead where several messages have been written ahead of the replies, so that a loss is one
   * after the last octet. null: there is no such case, because the server or the mail does not allow it.
   */
  readonly ahead?: Expected | null;
  /** Further mails, one after the other. */
  readonly turns?: readonly Turn[];
  /** What else must be true at the end; `before` messages went before those of the scenario. @throws AssertionError */
  readonly holds?: (world: World, before: number) => void;
}

/** One recipient, one outcome. */
export function one(
  state: State,
  reason: Reason | null,
  more: Omit<ExpectedOutcome, 'state' | 'reason'> & Pick<Expected, 'reach'> = {},
): Expected {
  const { reach, ...rest } = more;
  return { outcomes: [{ state, reason, ...rest }], ...(reach === undefined ? {} : { reach }) };
}

/** The mail arrives. */
export const delivered: Expected = one('delivered', null);

/** The server may have it, and nobody knows. */
export const unknown: Expected = one('unknown', 'delivery-unknown', { reach: 'message' });

/** The policy refuses: the mail is held, and the server hears nothing of it. */
export function held(reason: Reason): Expected {
  return one('held', reason);
}

/** It is tried again later. */
export function deferred(reason: Reason, reach: Reach = 'session'): Expected {
  return one('deferred', reason, { reach });
}

/** A scenario with one mail server that goes wrong in one named way, or in several at once. */
export function playing(
  fault: Fault | readonly Fault[],
  rules: readonly string[],
  expected: Expected,
  more: Partial<Scenario> = {},
): Scenario {
  const all = [fault].flat();
  return {
    name: all.join(' + '),
    says: all.map(describeFault).join('; '),
    rules,
    servers: { [MX1]: { fault } },
    expected,
    ...more,
  };
}
