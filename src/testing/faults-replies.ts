/**
 * Faults of the form of replies: mixed codes, bare line feeds, endless and slow ones, replies to nothing.
 */
import type { Play, Session } from './play.js';

/** Lines without end, one in each 100 ms, so that no memory fills while nobody reads. */
function sayWithoutEnd(session: Session): void {
  session.write(`250-${'x'.repeat(60)}\r\n`);
  session.later(100, () => sayWithoutEnd(session));
}

const RECEIPT = '250 2.0.0 taken\r\n';

/** By name. */
export const replyFaults = {
  mismatchedCodes: {
    says: 'the lines of the reply to MAIL have different codes',
    at: { mail: (s) => s.write('250-2.1.0 ok\r\n550 5.1.0 no\r\n') },
  },
  bareLfReplies: {
    says: 'the lines of the answer to EHLO inside TLS end in LF alone',
    at: {
      ehloInTls: (s) =>
        s.write(
          `${s
            .ehloLines()
            .map((line, i, all) => `250${i < all.length - 1 ? '-' : ' '}${line}`)
            .join('\n')}\n`,
        ),
    },
  },
  bareLfGreeting: {
    says: 'the greeting ends in LF alone',
    at: { connect: (s) => s.write(`220 ${s.host} ESMTP\n`) },
  },
  notSmtp: {
    says: 'something else than a mail server answers',
    at: { connect: (s) => s.write('SSH-2.0-OpenSSH_9.2\r\n') },
  },
  replyOf64KiB: {
    says: 'the reply to MAIL has more than 64 KiB in many lines',
    at: { mail: (s) => s.write(`${`250-${'x'.repeat(500)}\r\n`.repeat(132)}250 ok\r\n`) },
  },
  lineOf64KiB: {
    says: 'the greeting has more than 64 KiB in one line',
    at: { connect: (s) => s.say(`220 ${s.host} ${'x'.repeat(70_000)}`) },
  },
  endlessReply: {
    says: 'the answer to EHLO never ends',
    at: { ehlo: (s) => sayWithoutEnd(s) },
  },
  slowDrip: {
    says: 'every reply comes at one octet per second',
    at: {
      connect: (s, proceed) => {
        s.drip(1000);
        proceed();
      },
    },
  },
  slowEndlessReply: {
    says: 'the answer to EHLO comes at one octet per second and never ends',
    at: {
      ehlo: (s) => {
        s.drip(1000);
        s.write(`250-${'x'.repeat(60)}\r\n`.repeat(1000));
      },
    },
  },
  unsolicitedReply: {
    says: 'a second 250 follows the reply to RCPT',
    extensions: { secure: { pipelining: false } },
    at: {
      rcpt: (s) => {
        s.takeRecipient();
        s.write('250 2.1.5 ok\r\n250 2.0.0 queued\r\n');
      },
    },
  },
  unsolicitedReplyInGroup: {
    says: 'a second 250 follows the reply to RCPT, while the reply to DATA or BDAT may be due',
    at: {
      rcpt: (s) => {
        s.takeRecipient();
        s.write('250 2.1.5 ok\r\n250 2.0.0 queued\r\n');
      },
    },
  },
  code354ToMail: { says: 'MAIL is answered with 354', at: { mail: (s) => s.say('354 go ahead') } },
  code354ToRcpt: { says: 'RCPT is answered with 354', at: { rcpt: (s) => s.say('354 go ahead') } },
  code250ToData: {
    says: 'DATA is answered with 250, and BDAT with 354',
    at: { data: (s) => s.say('250 2.0.0 ok'), bdat: (s) => s.answerChunk('354 go ahead') },
  },
  code354ToDot: { says: 'the message is answered with 354', at: { dot: (s) => s.say('354 go on') } },
  code451ToDot: { says: 'the message is answered with 451', at: { dot: (s) => s.say('451 4.3.0 later') } },
  code554ToDot: { says: 'the message is answered with 554', at: { dot: (s) => s.say('554 5.6.0 no') } },
  twoReceipts: {
    says: 'a second 250 follows the receipt',
    at: {
      dot: (s) => {
        s.store();
        s.write(`${RECEIPT}${RECEIPT}`);
      },
    },
  },
  receiptBeforeRcpt: {
    says: 'the reply to RCPT comes behind the receipt',
    at: {
      rcpt: (s) => s.takeRecipient(),
      dot: (s) => {
        s.store();
        s.write(`${RECEIPT}250 2.1.5 ok\r\n`);
      },
    },
  },
  silentRcpt: { says: 'RCPT is obeyed and not answered', at: { rcpt: (s) => s.takeRecipient() } },
  silentRset: { says: 'RSET is not answered', at: { rset: () => undefined } },
  halfReply: {
    says: 'the connection is cut after two digits of the reply to MAIL',
    at: {
      mail: (s) => {
        s.write('25');
        s.drop();
      },
    },
  },
  code199: { says: 'MAIL is answered with 199', at: { mail: (s) => s.say('199 what') } },
  code600: { says: 'MAIL is answered with 600', at: { mail: (s) => s.say('600 what') } },
} as const satisfies Record<string, Play>;
