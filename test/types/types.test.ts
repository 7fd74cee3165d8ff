/**
 * What must not compile. Each mistake stands beside the right line that it was made from, so that it fails for what it is.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { compile } from './compile.js';

const PIECES = `
  import type { Context } from '../../src/index.js';
  import type { Envelope, Mail, Message, Outcome, Reason, SenderOptions } from '../../src/index.js';
  import { ConnectionError, createSender, memoryQueue } from '../../src/index.js';
  import { type Connection, transact } from '../../src/smtp/index.js';
  import { admit, judge, type JudgeInput, type Verdict } from '../../src/verdict/index.js';
  import type { TableRule } from '../../src/policy/index.js';
  import type { LanguageTexts } from '../../src/dsn/texts.js';
  declare const connection: Connection;
  declare const envelope: Envelope;
  declare const message: Message;
  declare const verdict: Verdict;
  declare const input: JudgeInput;
  declare const ctx: Context;
  declare const outcome: Outcome;
  declare const texts: LanguageTexts['reasons'];
  export const settings = { ehloName: 'out.bank.example', default: 'verified', queue: memoryQueue() } as const;
  export const mail = { from: 'a@bank.example', to: 'b@partner.example', message: Buffer.from('') };
`;

const mistakes: readonly { what: string; right: string; wrong: string; says: RegExp }[] = [
  {
    what: 'ST-8, FI-2: mail on a connection that nobody admitted',
    right: 'const pass = admit(connection, verdict); if (pass) void transact(pass, envelope, message, ctx);',
    wrong: 'void transact(connection, envelope, message, ctx);',
    says: /'Connection' is missing the following properties from type 'Admitted/,
  },
  {
    what: 'ST-8: mail on what only looks like a pass',
    right: 'const pass = admit(connection, verdict); if (pass) void transact(pass, envelope, message, ctx);',
    wrong: 'void transact({ connection, proof: verdict }, envelope, message, ctx);',
    says: /Property ''~admitted'' is missing/,
  },
  {
    what: 'ST-7: mail through a door that stayed shut',
    right: 'const pass = admit(connection, verdict); if (pass) void transact(pass, envelope, message, ctx);',
    wrong: 'void transact(admit(connection, verdict), envelope, message, ctx);',
    says: /Type 'null' is not assignable to type 'Admitted/,
  },
  {
    what: 'a verdict that is made better afterwards',
    right: 'export const passed: boolean = judge(input).passed;',
    wrong: 'judge(input).passed = true;',
    says: /'passed' because it is a read-only property/,
  },
  {
    what: 'AT-54: a sender without a class for everybody else',
    right: 'createSender(settings);',
    wrong: 'createSender({ ehloName: settings.ehloName, queue: settings.queue });',
    says: /Property 'default' is missing/,
  },
  {
    what: 'Q-8: a sender without a queue, as if nothing could be lost',
    right: 'createSender(settings);',
    wrong: "createSender({ ehloName: settings.ehloName, default: 'verified' });",
    says: /Property 'queue' is missing/,
  },
  {
    what: 'SC-5: a sender without a name',
    right: 'createSender(settings);',
    wrong: "createSender({ queue: settings.queue, default: 'verified' });",
    says: /Property 'ehloName' is missing/,
  },
  {
    what: 'AT-54: an option with a slip of the pen',
    right: "export const options: SenderOptions = { ...settings, holdFor: '6d' };",
    wrong: "export const options: SenderOptions = { ...settings, holdfor: '6d' };",
    says: /'holdfor' does not exist in type 'SenderOptions'/,
  },
  {
    what: 'FI-7, BITS-5.2.3: a message that sets its class instead of raising it',
    right: "export const asked: Mail = { ...mail, minLevel: 'verified' };",
    wrong: "export const asked: Mail = { ...mail, level: 'plain' };",
    says: /'level' does not exist in type 'Mail'/,
  },
  {
    what: 'a waiver without an end',
    right:
      "export const rule: TableRule = { match: 'a.example', level: 'verified', waive: [{ check: 'validity', reason: 'r', approvedBy: 'ciso', until: '2027-01-31' }] };",
    wrong:
      "export const rule: TableRule = { match: 'a.example', level: 'verified', waive: [{ check: 'validity', reason: 'r', approvedBy: 'ciso' }] };",
    says: /Property 'until' is missing/,
  },
  {
    what: 'a reason that the table does not have',
    right: "export const why: Reason = 'certificate-expired';",
    wrong: "export const why: Reason = 'certificate-outdated';",
    says: /'"certificate-outdated"' is not assignable to type/,
  },
  {
    what: 'an error of a session with a code of its own',
    right: "new ConnectionError({ code: 'connect-refused', phase: 'connect', message: '' });",
    wrong: "new ConnectionError({ code: 'ECONNREFUSED', phase: 'connect', message: '' });",
    says: /'"ECONNREFUSED"' is not assignable to type/,
  },
  {
    what: 'DSN-26: a reason without words in some language',
    right: "export const words: LanguageTexts['reasons'] = { ...texts };",
    wrong:
      "const { 'certificate-expired': _, ...rest } = texts; export const words: LanguageTexts['reasons'] = rest;",
    says: /Property '"certificate-expired"' is missing/,
  },
  {
    what: 'a state of mail that nobody thinks of',
    right:
      "export const seen: Record<Outcome['state'], string> = { delivered: '', deferred: '', held: '', failed: '', unknown: '' };",
    wrong:
      "export const seen: Record<Outcome['state'], string> = { delivered: '', deferred: '', held: '', failed: '' };",
    says: /Property 'unknown' is missing/,
  },
];

describe('what must not compile', () => {
  let found: string[][] = [];
  beforeAll(() => {
    found = compile(mistakes.flatMap(({ right, wrong }) => [PIECES + right, PIECES + wrong]));
  }, 120_000);

  it.each(mistakes)('$what', (mistake) => {
    const i = 2 * mistakes.indexOf(mistake);
    expect(found[i]).toEqual([]);
    expect(found[i + 1]?.join('\n')).toMatch(mistake.says);
  });
});
