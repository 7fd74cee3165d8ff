/**
 * Scene 3: five days pass. One partner mends its server, the other does not, and the sender of the mail gets a report.
 */
import { createSender } from 'enforced-tls';
import { createWorld, describeFault } from 'enforced-tls/testing';
import { mailTo, mailsHeard } from './mail.mjs';

const NEGLIGENT = 'mx.negligent.example';
const DILIGENT = 'mx.diligent.example';
const FAULT = 'cert:expired';
/** Tries that are shown one by one; of the others only the last is. */
const SHOWN = 6;

/** @param {import('./mail.mjs').Scene} scene */
export async function showDays({ page, clock, authority, settings }) {
  const start = clock.now();
  /** @type {{ at: number, what: string }[]} */
  const log = [];
  /** @type {import('enforced-tls').AttemptRecord[]} */
  const attempts = [];
  const note = (/** @type {string} */ what) => void log.push({ at: clock.now() - start, what });
  const world = await createWorld({
    zones: { 'negligent.example': { mx: [NEGLIGENT] }, 'diligent.example': { mx: [DILIGENT] } },
    servers: { [NEGLIGENT]: { fault: FAULT }, [DILIGENT]: { fault: FAULT } },
    clock,
    authority,
  });
  const sender = createSender({
    ...world.senderOptions({ reports: { onReport: ({ kind, to }) => note(`report (${kind}) to ${to}`) } }),
    ...settings,
    onAttempt: (record) => noteAttempt(record, attempts, note),
  });
  const mail = mailTo('anna@negligent.example', 'bo@diligent.example');
  const { receipt } = await world.deliver(sender, mail);
  sender.start();
  await clock.advance('1d');
  world.server(DILIGENT).play();
  note(`${DILIGENT} has been mended`);
  await clock.advance('4d');
  await clock.advance('1m');
  const outcomes = await receipt.settled;

  page.title(`3  Two servers: ${describeFault(FAULT)}; five days pass`);
  for (const { at, what } of log) page.line(`  ${page.faint(`day ${elapsed(at)}`)}  ${what}`);
  page.line();
  page.facts(triesOf(attempts, start));
  const last = world.ndrs.at(-1);
  if (last !== undefined) {
    page.line();
    page.quote(readable(last.message));
  }
  const heard = mailsHeard(world);
  await sender.close();
  await world.close();
  return { outcomes, reports: world.ndrs, heard, passed: elapsed(clock.now() - start) };
}

/**
 * Notes what an attempt changed; the tries in between are only counted.
 * @param {import('enforced-tls').AttemptRecord} record
 * @param {import('enforced-tls').AttemptRecord[]} attempts
 * @param {(what: string) => void} note
 */
function noteAttempt(record, attempts, note) {
  const before = attempts.findLast(({ domain }) => domain === record.domain)?.outcomes ?? [];
  attempts.push(record);
  for (const { recipient, state, reason } of record.outcomes) {
    if (before.some((outcome) => outcome.recipient === recipient && outcome.state === state)) continue;
    note([state.padEnd(9), recipient, reason ?? ''].join('  ').trimEnd());
  }
}

/** When each domain was tried. @param {readonly import('enforced-tls').AttemptRecord[]} attempts @param {number} start @returns {[string, string][]} */
function triesOf(attempts, start) {
  return [...new Set(attempts.map(({ domain }) => domain))].map((domain) => {
    const times = attempts.filter((each) => each.domain === domain).map((each) => each.startedAt - start);
    const first = times.slice(0, SHOWN).map(elapsed).join(', ');
    return [
      domain,
      `tried ${times.length} times: day ${first}, ..., ${times.slice(SHOWN).slice(-1).map(elapsed).join()}`,
    ];
  });
}

/** `1 02:30`: one day, two hours and a half. @param {number} ms */
function elapsed(ms) {
  const minutes = Math.floor(ms / 60_000);
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0');
  return `${Math.floor(minutes / 1440)} ${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

/** The report without the copy of the mail's header: subject, the part for people, the part for machines. @param {Uint8Array} message */
function readable(message) {
  const text = Buffer.from(message).toString('utf8');
  const [, boundary = ''] = /boundary="([^"]+)"/.exec(text) ?? [];
  const [head = '', people = '', machines = ''] = text.split(`--${boundary}\r\n`);
  const body = (/** @type {string} */ part) => part.slice(part.indexOf('\r\n\r\n') + 4).trimEnd();
  const fields = head.split(/\r\n(?![ \t])/).filter((field) => /^(From|To|Subject|Date):/.test(field));
  return [...fields, '', body(people), '', body(machines)].join('\r\n');
}
