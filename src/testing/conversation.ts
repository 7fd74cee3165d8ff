/**
 * What an honest mail server says, step by step, with the replies that a test scripted in place of its own. It knows no
 * sockets: it reads commands and talks through the `Talk` that the session gives it.
 * Standards: RFC 5321 §4.1, RFC 3207 §4, RFC 4954, RFC 3030.
 */
import { DEFAULT_SIZE, type Extensions, formatExtensions } from './extensions.js';
import type { Step } from './play.js';
import type { RecordedPath } from './recording.js';

/** Commands and moments whose reply a test may script. */
export type ReplyKey =
  | 'GREETING'
  | 'EHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  /** A chunk that is not the last; the reply to that is `DOT`. */
  | 'BDAT'
  | 'DOT'
  | 'RSET'
  | 'NOOP'
  | 'QUIT';

/** A transaction under way. */
export interface Transaction {
  readonly from: RecordedPath;
  readonly recipients: RecordedPath[];
  asked: number;
  /** Chunks of BDAT so far; DATA and BDAT do not go together (RFC 3030 §2). */
  readonly chunks: Buffer[];
  chunked: boolean;
}

/** What the conversation needs of the session around it. */
export interface Talk {
  readonly host: string;
  readonly secure: boolean;
  readonly offered: Extensions;
  readonly say: (line: string) => void;
  readonly sayMany: (code: number, lines: readonly string[]) => void;
  readonly end: () => void;
  readonly startTls: () => void;
  readonly expectContent: () => void;
  /** The next `octets` belong to a chunk; then `whole` is told. */
  readonly expectChunk: (octets: number, whole: (chunk: Buffer) => void) => void;
  /** A message has come by BDAT: the step `dot` is due. */
  readonly finish: (message: Buffer) => void;
  readonly offence: (text: string) => void;
  /** The next line is no command but an answer in a login. */
  readonly expectLine: (read: (line: string) => void) => void;
  readonly store: () => void;
  /** The scripted reply that is next, or null. */
  readonly scripted: (key: ReplyKey, address?: string) => string | null;
  /** True when these are the credentials of a user. */
  readonly mayLogIn: (user: string, password: string) => boolean;
}

/** The conversation of one layer; a new one begins after STARTTLS. */
export interface Conversation {
  /** The name in the last EHLO or HELO; null: none yet. */
  greeted: string | null;
  transaction: Transaction | null;
  user: string | null;
  /** A chunk was refused: nothing but RSET helps (RFC 3030 §2). */
  mustReset: boolean;
  /** Octets of the message that the step `dot` is about. */
  lastSize: number;
  /** What the step does when nobody interferes. */
  act(step: Step, argument: string): void;
}

/** Which step a command is. */
export function stepOf(verb: string, secure: boolean): Step | null {
  if (verb === 'EHLO') return secure ? 'ehloInTls' : 'ehlo';
  return STEPS[verb] ?? null;
}

const STEPS: Readonly<Record<string, Step>> = {
  HELO: 'helo',
  STARTTLS: 'starttls',
  AUTH: 'auth',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
  BDAT: 'bdat',
  RSET: 'rset',
  NOOP: 'noop',
  QUIT: 'quit',
};

/** Says the scripted reply or the usual one; true when it is positive. */
type Answer = (key: ReplyKey, usual: string, address?: string) => boolean;
type Acts = Partial<Record<Step, (argument: string) => void>>;

/** Starts a conversation. */
export function createConversation(talk: Talk): Conversation {
  const answer: Answer = (key, usual, address) => {
    const line = talk.scripted(key, address) ?? usual;
    talk.say(line);
    if (line.startsWith('421')) talk.end();
    return /^[23]/.test(line);
  };
  const self: Conversation = {
    greeted: null,
    transaction: null,
    user: null,
    mustReset: false,
    lastSize: 0,
    act(step, argument) {
      acts[step]?.(argument);
    },
  };
  const acts: Acts = { ...sessionActs(talk, self, answer), ...transactionActs(talk, self, answer) };
  return self;
}

function sessionActs(talk: Talk, self: Conversation, answer: Answer): Acts {
  const greet = (name: string): void => {
    if (name === '') {
      talk.say('501 5.5.4 a name is needed');
      return;
    }
    self.transaction = null;
    self.mustReset = false;
    const scripted = talk.scripted('EHLO');
    if (scripted === null) talk.sayMany(250, [talk.host, ...formatExtensions(talk.offered, talk.secure)]);
    else talk.say(scripted);
    if (scripted === null || scripted.startsWith('2')) self.greeted = name;
  };
  return {
    connect: () => void answer('GREETING', `220 ${talk.host} ESMTP`),
    helo: (name) => {
      if (answer('HELO', `250 ${talk.host}`)) self.greeted = name;
    },
    ehlo: greet,
    ehloInTls: greet,
    starttls: (argument) => {
      if (talk.secure) talk.say('503 5.5.1 TLS is active');
      else if (talk.offered.startTls === false) talk.say('502 5.5.1 command not known');
      else if (argument !== '') talk.say('501 5.5.4 no parameters allowed');
      else if (answer('STARTTLS', '220 2.0.0 go ahead')) talk.startTls();
    },
    auth: (argument) => logIn(argument, talk, self, answer),
    noop: () => void answer('NOOP', '250 2.0.0 ok'),
    quit: () => {
      answer('QUIT', `221 2.0.0 ${talk.host} closing`);
      talk.end();
    },
  };
}

function transactionActs(talk: Talk, self: Conversation, answer: Answer): Acts {
  const isOpen = (): boolean => self.transaction !== null && !self.mustReset;
  return {
    mail: (argument) => {
      const from = parsePath(argument, 'FROM:');
      if (self.greeted === null) talk.say('503 5.5.1 EHLO first');
      else if (self.mustReset) talk.say('503 5.5.1 RSET first');
      else if (self.transaction !== null) talk.say('503 5.5.1 a transaction is open');
      else if (from === null) talk.say('501 5.5.4 syntax: MAIL FROM:<address>');
      else if (isTooBig(talk, sizeOf(from))) talk.say(TOO_BIG);
      else if (answer('MAIL', '250 2.1.0 ok', from.address)) {
        self.transaction = { from, recipients: [], asked: 0, chunks: [], chunked: false };
      }
    },
    rcpt: (argument) => {
      const to = parsePath(argument, 'TO:');
      const { transaction } = self;
      if (transaction === null || !isOpen() || transaction.chunked) talk.say('503 5.5.1 MAIL first');
      else if (to === null || to.address === '') talk.say('501 5.5.4 syntax: RCPT TO:<address>');
      else if (answer('RCPT', '250 2.1.5 ok', to.address)) transaction.recipients.push(to);
    },
    data: (argument) => {
      const { transaction } = self;
      if (argument !== '') talk.say('501 5.5.4 no parameters allowed');
      else if (transaction === null || !isOpen() || transaction.chunked) talk.say('503 5.5.1 MAIL first');
      else if (transaction.recipients.length === 0) talk.say('554 5.5.1 no valid recipients');
      else if (answer('DATA', '354 go ahead')) talk.expectContent();
    },
    bdat: (argument) => takeChunk(argument, talk, self, answer),
    dot: () => {
      if (isTooBig(talk, self.lastSize)) talk.say(TOO_BIG);
      else if (answer('DOT', '250 2.0.0 taken')) talk.store();
    },
    rset: () => {
      self.transaction = null;
      self.mustReset = false;
      answer('RSET', '250 2.0.0 ok');
    },
  };
}

const TOO_BIG = '552 5.3.4 too big';

/** RFC 3030 §2: `BDAT n [LAST]`. Its octets are read whatever the answer is. */
function takeChunk(argument: string, talk: Talk, self: Conversation, answer: Answer): void {
  const [, octets, last] = /^(\d{1,9})( LAST)?$/i.exec(argument) ?? [];
  if (talk.offered.chunking !== true) {
    talk.offence('BDAT without CHUNKING');
    talk.say('502 5.5.1 command not known');
  } else if (octets === undefined) talk.say('501 5.5.4 syntax: BDAT octets [LAST]');
  else
    talk.expectChunk(Number(octets), (chunk) => {
      const { transaction } = self;
      if (transaction === null || self.mustReset || transaction.recipients.length === 0) {
        talk.say('503 5.5.1 no valid recipients');
        return;
      }
      transaction.chunked = true;
      transaction.chunks.push(chunk);
      if (last !== undefined) talk.finish(Buffer.concat(transaction.chunks));
      else if (!answer('BDAT', '250 2.0.0 chunk taken')) self.mustReset = true;
    });
}

/** RFC 1870 §6.1: what the client says of it, and what comes. */
function isTooBig({ offered }: Talk, octets: number): boolean {
  const limit = offered.size === undefined ? DEFAULT_SIZE : (offered.size ?? 0);
  return limit > 0 && octets > limit;
}

function sizeOf({ parameters }: RecordedPath): number {
  return Number(parameters.find((each) => each.startsWith('SIZE='))?.slice('SIZE='.length) ?? 0);
}

/** `FROM:<a@b> SIZE=1`: the address and the parameters; null: not of this form. */
export function parsePath(argument: string, keyword: 'FROM:' | 'TO:'): RecordedPath | null {
  if (argument.slice(0, keyword.length).toUpperCase() !== keyword) return null;
  const match = /^<((?:"(?:[^"\\]|\\.)*"|[^<>"])*)>(?: (.*))?$/.exec(argument.slice(keyword.length));
  if (match === null) return null;
  return { address: match[1] ?? '', parameters: (match[2] ?? '').split(' ').filter((word) => word !== '') };
}

/** RFC 4954 PLAIN and LOGIN, with or without an initial response. */
function logIn(argument: string, talk: Talk, self: Conversation, answer: Answer): void {
  const [mechanism = '', initial] = argument.split(' ');
  const offered: readonly string[] = talk.offered.auth ?? [];
  const judge = (user: string, password: string): void => {
    const known = talk.mayLogIn(user, password);
    if (answer('AUTH', known ? '235 2.7.0 welcome' : '535 5.7.8 credentials invalid') && known)
      self.user = user;
  };
  const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8');
  const ask = (prompt: string, read: (line: string) => void): void => {
    talk.say(`334 ${prompt}`);
    talk.expectLine((line) => {
      if (line === '*') talk.say('501 5.0.0 cancelled');
      else read(line);
    });
  };
  const plain = (response: string): void => {
    const [, user = '', password = ''] = decode(response).split('\0');
    judge(user, password);
  };
  const login = (user: string): void =>
    ask(Buffer.from('Password:').toString('base64'), (line) => judge(decode(user), decode(line)));
  if (!offered.includes(mechanism.toUpperCase())) talk.say('504 5.5.4 mechanism not offered');
  else if (mechanism.toUpperCase() === 'PLAIN') {
    if (initial === undefined) ask('', plain);
    else plain(initial);
  } else if (initial === undefined) ask(Buffer.from('Username:').toString('base64'), login);
  else login(initial);
}
