/**
 * A server at the other end of a wire in memory that answers each command as a script says: takes, refuses, says goodbye,
 * breaks off before or after it has done what it was told. It notes what it has really taken, and under which sender.
 */
import type net from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';

/** What the server does about one command. */
export type Act =
  | 'take'
  | 'defer'
  | 'refuse'
  | 'goodbye'
  | 'drop before'
  | 'drop after'
  | 'take against itself'
  | 'goodbye, open'
  | 'nonsense'
  | 'too many'
  | 'take and one more'
  | 'refuse and one more'
  | 'take and say nothing';

/** What it has taken. */
export interface Taken {
  readonly from: string;
  readonly to: readonly string[];
  readonly content: string;
  /** It had refused sender or recipients, and took the content all the same. */
  readonly against: boolean;
}

export interface ServerScript {
  readonly keywords: readonly string[];
  /** One for each RSET, MAIL, RCPT, DATA and content, over all connections; then it takes everything. */
  readonly acts?: readonly Act[];
  /** Lengths of the pieces in which its replies leave, over and over; default: whole. */
  readonly splits?: readonly number[];
  /** False: this recipient is refused, whatever is next in `acts`. */
  readonly recipients?: (path: string) => boolean;
  /** What it says when it has taken content of this sender; default `250 2.0.0 taken`. */
  readonly receipt?: (sender: string) => string;
  /** Waits before it does what it was told; `line` is the command, `BDAT` too once its octets are here. */
  readonly before?: (line: string) => Promise<void> | undefined;
}

export interface WindowServer {
  readonly taken: readonly Taken[];
  /** Offences of the client against RFC 5321 and RFC 3030. */
  readonly offences: readonly string[];
  /** Commands, in their order, of all connections. */
  readonly heard: readonly string[];
  /** Everything that has come in, done or not. */
  readonly arrived: string;
  readonly connections: number;
  /** Contents that had come whole and were not answered yet, at most. */
  readonly deepest: number;
  /** Replies that nothing had asked for or that were left out; one on each connection at most. */
  readonly shifts: number;
  /** Connections with such a reply that are still open. */
  readonly shifted: number;
  dial(): Promise<net.Socket>;
  /** Reads no more than so many octets, and those that come with the last of them, on the last connection. */
  stall(octets: number): void;
  /** Breaks the last connection off. */
  drop(): void;
}

export function createWindowServer(script: ServerScript): WindowServer {
  const taken: Taken[] = [];
  const offences: string[] = [];
  const acts = (script.acts ?? []).values();
  const heard: string[] = [];
  let arrived = '';
  let connections = 0;
  let stallAt = Number.POSITIVE_INFINITY;
  let deepest = 0;
  let last: readonly Duplex[] = [];
  const shifted: Duplex[] = [];
  const nextAct = (): Act => acts.next().value ?? 'take';
  return {
    taken,
    offences,
    heard,
    get arrived() {
      return arrived;
    },
    get connections() {
      return connections;
    },
    get deepest() {
      return deepest;
    },
    get shifts() {
      return shifted.length;
    },
    get shifted() {
      return shifted.filter(({ destroyed }) => !destroyed).length;
    },
    stall(octets) {
      stallAt = arrived.length + octets;
      if (octets === 0) last[1]?.pause();
    },
    drop() {
      for (const end of last) end.destroy(new Error('reset'));
    },
    dial() {
      const [near, far] = duplexPair();
      const pieces = script.splits?.length ? script.splits : [1_000_000];
      connections += 1;
      last = [near, far];
      stallAt = Number.POSITIVE_INFINITY;
      far.on('data', (octets: Buffer) => {
        arrived += octets.toString('latin1');
        if (arrived.length >= stallAt) far.pause();
      });
      serve(near, far, {
        keywords: script.keywords,
        takes: script.recipients ?? (() => true),
        before: script.before ?? (() => undefined),
        receipt: script.receipt ?? (() => '250 2.0.0 taken'),
        nextAct,
        pieces,
        taken,
        offences,
        heard,
        depth: (depth) => (deepest = Math.max(deepest, depth)),
        shift: () => !shifted.includes(near) && shifted.push(near) > 0,
      });
      return Promise.resolve(Object.assign(near, { setNoDelay: () => near }) as unknown as net.Socket);
    },
  };
}

interface House {
  readonly keywords: readonly string[];
  readonly nextAct: () => Act;
  readonly pieces: readonly number[];
  readonly taken: Taken[];
  readonly offences: string[];
  readonly heard: string[];
  readonly takes: (path: string) => boolean;
  readonly before: (line: string) => Promise<void> | undefined;
  readonly receipt: (sender: string) => string;
  readonly depth: (depth: number) => void;
  /** False: this connection has had its reply too many or too few. */
  readonly shift: () => boolean;
}

/** What it says: after it has done it, where it cannot be done (null: it can), and where a script wants nonsense. */
interface Answer {
  readonly ok: string;
  readonly no: string | null;
  readonly nonsense?: number;
}

const CODES: Partial<Record<Act, number>> = {
  defer: 451,
  refuse: 550,
  goodbye: 421,
  'goodbye, open': 421,
  'too many': 452,
  'refuse and one more': 550,
};

/** Serves one connection. */
function serve(near: Duplex, far: Duplex, house: House): void {
  let held = Buffer.alloc(0);
  let over = false;
  let sender: string | null = null;
  let open = false;
  let recipients: string[] = [];
  let chunks: Buffer[] = [];
  let isResetRefused = false;
  let isSenderRefused = false;
  let isReading = false;
  let isWorking = false;
  let at = 0;

  const drop = (): void => {
    over = true;
    far.destroy();
    near.destroy(new Error('reset'));
  };
  /** Piece by piece, so that replies are cut anywhere. */
  const say = (text: string): void => {
    for (let rest = text; rest !== '';) {
      const length = house.pieces[at % house.pieces.length] as number;
      at += 1;
      far.write(rest.slice(0, length));
      rest = rest.slice(length);
    }
  };
  const act = (does: () => void, answer: Answer): void => {
    const next = answer.no === null ? house.nextAct() : 'refuse';
    const more = next.endsWith('one more') && house.shift() ? '250 2.0.0 queued\r\n' : '';
    if (next === 'drop before') drop();
    else if (next.startsWith('take')) {
      does();
      if (next !== 'take and say nothing' || !house.shift()) say(`${answer.ok}${more}`);
    } else if (next === 'drop after') {
      does();
      drop();
    } else {
      say(answer.no ?? `${next === 'nonsense' ? (answer.nonsense ?? 354) : CODES[next]} no\r\n${more}`);
      if (next === 'goodbye' || next === 'goodbye, open') over = true;
      if (next === 'goodbye') far.end();
    }
  };
  const clear = (): void => {
    sender = null;
    recipients = [];
    chunks = [];
  };
  const take = (against: boolean): void => {
    const content = Buffer.concat(chunks).toString();
    house.taken.push({ from: sender ?? '', to: recipients, content, against });
    clear();
  };
  const finish = (): void => {
    const fits = sender !== null && recipients.length > 0;
    if (fits) {
      // Where MAIL was refused and the transaction before it is still open, it is taken as part of that.
      const ok = `${house.receipt(sender ?? '')}\r\n`;
      act(() => take(isSenderRefused), { ok, no: null });
      chunks = [];
      return;
    }
    chunks = [];
    if (house.nextAct() === 'take against itself') {
      house.taken.push({ from: '', to: [], content: '', against: true });
      clear();
      say('250 2.0.0 taken\r\n');
    } else say('503 5.5.1 nothing to take it for\r\n');
  };
  const command = (line: string): void => {
    const verb = line.slice(0, 4).toUpperCase();
    const path = /<(.*?)>/.exec(line)?.[1] ?? '';
    if (verb === 'EHLO') {
      const lines = ['mx.partner.test', ...house.keywords];
      say(lines.map((each, i) => `250${i === lines.length - 1 ? ' ' : '-'}${each}\r\n`).join(''));
    } else if (verb === 'QUIT') {
      say('221 bye\r\n');
      over = true;
      far.end();
    } else if (verb === 'RSET') {
      act(clear, { ok: '250 2.0.0 reset\r\n', no: null });
      // A client that has MAIL in the same flight cannot know that.
      isResetRefused = sender !== null;
    } else if (verb === 'MAIL') {
      if (sender !== null && !isResetRefused) house.offences.push('MAIL within a transaction');
      // RFC 5321 §4.1.1.2: whatever was there before is forgotten.
      const begin = (): void => {
        clear();
        sender = path;
        isSenderRefused = false;
      };
      open = true;
      isSenderRefused = true;
      act(begin, { ok: '250 2.1.0 ok\r\n', no: null });
    } else if (verb === 'RCPT') {
      const refusal = house.takes(path) ? null : '550 5.1.1 nobody\r\n';
      const no = sender === null ? '503 5.5.1 no sender\r\n' : refusal;
      act(() => recipients.push(path), { ok: '250-2.1.5 ok\r\n250 2.1.5 really\r\n', no });
    } else if (verb === 'DATA') {
      const no = recipients.length === 0 ? '503 5.5.1 no recipients\r\n' : null;
      act(() => (isReading = true), { ok: '354 go\r\n', no, nonsense: 250 });
    } else house.offences.push(`unknown: ${line}`);
  };
  /** What is to be done next, taken out of what is held; null: more is needed. */
  const readNext = (): { readonly line: string; readonly does: () => void } | null => {
    const line = held.subarray(0, Math.max(0, held.indexOf('\r\n'))).toString();
    if (isReading) {
      const end = held.indexOf('\r\n.\r\n');
      if (end < 0) return null;
      const content = held
        .subarray(0, end + 2)
        .toString()
        .replaceAll(/^\.\./gm, '.');
      held = held.subarray(end + 5);
      isReading = false;
      chunks.push(Buffer.from(content));
      return { line: '.', does: finish };
    }
    if (!held.includes('\r\n')) return null;
    const chunk = /^BDAT (\d+)( LAST)?$/.exec(line);
    const size = Number(chunk?.[1] ?? 0);
    const start = line.length + 2;
    if (held.length < start + size) return null;
    const content = held.subarray(start, start + size);
    held = held.subarray(start + size);
    if (chunk === null) return { line, does: () => command(line) };
    const does = (): void => {
      if (!open) house.offences.push('BDAT without MAIL');
      chunks.push(content);
      if (chunk[2] !== undefined) finish();
      else act(() => undefined, { ok: '250 2.0.0 chunk\r\n', no: null });
    };
    return { line, does };
  };
  const whole = (): number => held.toString('latin1').split(' LAST\r\n').length - 1;
  // One thing in each turn: what the client writes meanwhile stands in a queue here.
  const work = async (): Promise<void> => {
    house.depth(whole());
    const next = over ? null : readNext();
    if (next === null) {
      isWorking = false;
      return;
    }
    house.heard.push(next.line);
    await house.before(next.line);
    if (!over) next.does();
    setImmediate(() => void work());
  };
  far.on('data', (octets: Buffer) => {
    held = Buffer.concat([held, octets]);
    if (!isWorking) setImmediate(() => void work());
    isWorking = true;
  });
  far.on('error', () => undefined);
  say('220 mx.partner.test ESMTP\r\n');
}
