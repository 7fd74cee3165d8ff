/**
 * Scenarios of the form of replies: mixed codes, bare line feeds, endless and slow ones, replies to nothing, codes that do
 * not fit. Whatever cannot be an answer ends the session and is no delivery.
 */
import { deferred, delivered, one, playing, type Scenario, unknown } from './scenario.js';

const refusal = (code: number) => ({ reach: 'message', code }) as const;

/** By name. */
export const replyScenarios: readonly Scenario[] = [
  playing('mismatchedCodes', ['SC-9'], deferred('reply-malformed', 'envelope'), { ahead: unknown }),
  playing('bareLfReplies', ['SC-11'], deferred('reply-malformed')),
  playing('bareLfGreeting', ['SC-11'], deferred('reply-malformed')),
  playing('notSmtp', ['SC-8'], deferred('reply-malformed')),
  playing('replyOf64KiB', ['AT-13', 'SC-12'], deferred('reply-too-long', 'envelope'), { ahead: unknown }),
  playing('lineOf64KiB', ['AT-13', 'SC-12'], deferred('reply-too-long')),
  playing('endlessReply', ['AT-13', 'SC-12'], deferred('reply-too-long')),
  // With the first message over the connection is too old for another.
  playing('slowDrip', ['AT-13', 'SC-37'], delivered, { ahead: null }),
  playing('slowDrip', ['AT-13', 'SC-37'], deferred('session-time-limit'), {
    name: 'slowDrip, the session is cut short',
    options: { timeouts: { session: 120_000 } },
  }),
  playing('slowEndlessReply', ['AT-13', 'SC-37'], deferred('command-timeout')),
  playing('unsolicitedReply', ['AT-7', 'SC-39'], deferred('unsolicited-reply', 'envelope'), { ahead: null }),
  playing('unsolicitedReplyInGroup', ['AT-7', 'SC-39'], deferred('reply-mismatch', 'envelope'), {
    ahead: unknown,
  }),
  playing('halfReply', ['AT-11', 'ST-19'], deferred('connection-closed', 'envelope'), { ahead: unknown }),
  playing('code451ToDot', ['SC-28', 'SC-44'], one('deferred', 'message-deferred', refusal(451))),
  playing('code554ToDot', ['SC-28', 'SC-44'], one('failed', 'message-rejected', refusal(554))),
  playing('twoReceipts', ['AT-7', 'SC-39'], delivered, { ahead: unknown }),
  playing('receiptBeforeRcpt', ['AT-7', 'SC-39'], deferred('reply-mismatch', 'envelope'), { ahead: unknown }),
  playing('silentRcpt', ['AT-7', 'SC-39'], deferred('reply-mismatch', 'envelope'), { ahead: unknown }),
  // With one message there is none to reset.
  playing('silentRset', ['AT-7', 'SC-39'], delivered, { ahead: unknown }),
  playing('code199', ['SC-10'], deferred('reply-mismatch', 'envelope'), { ahead: unknown }),
  playing('code600', ['SC-10'], deferred('reply-mismatch', 'envelope'), { ahead: unknown }),
  playing('code354ToMail', ['SC-10', 'SC-39'], deferred('reply-mismatch', 'envelope'), { ahead: unknown }),
  playing('code354ToRcpt', ['SC-10', 'SC-39'], deferred('reply-mismatch', 'envelope'), { ahead: unknown }),
  playing('code250ToData', ['SC-10', 'SC-39'], deferred('reply-mismatch', 'envelope'), { ahead: unknown }),
  playing('code354ToDot', ['Q-15', 'SC-10'], unknown),
];
