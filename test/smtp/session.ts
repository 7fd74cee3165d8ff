/**
 * An admitted session with a scripted server, and mail to send over it, for the tests of the transaction.
 */
import { type Context, createContext } from '../../src/core/context.js';
import { type Envelope, type EnvelopeInput, parseEnvelope } from '../../src/message/envelope.js';
import { type Message, type MessageInput, prepareMessage } from '../../src/message/source.js';
import { type Admitted, issueAdmission } from '../../src/smtp/admitted.js';
import type { Connection } from '../../src/smtp/connection.js';
import type { RecipientReply } from '../../src/smtp/transaction-result.js';
import { type Sharing, transact } from '../../src/smtp/transact.js';
import { type Bench, dialSecure, type Peer, type Script, type ScriptedServer } from './scripted-server.js';

const HEADER =
  'Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nFrom: a@sender.test\r\nTo: b@partner.test\r\nMessage-ID: <1@sender.test>\r\n';

/** A message whose body is `body`. */
export function messageOf(body: string = 'end\r\n'): Promise<Message> {
  return messageFrom(Buffer.from(`${HEADER}\r\n${body}`, 'latin1'));
}

/** A message from anything that can be one. */
export function messageFrom(input: MessageInput): Promise<Message> {
  return prepareMessage(input, { messageIdDomain: 'sender.test' }, createContext());
}

/** The header of every message here, for those that bring a body of their own. */
export const header: Buffer = Buffer.from(`${HEADER}\r\n`);

export function envelopeOf(count: number, more: Partial<EnvelopeInput> = {}): Envelope {
  const recipients = Array.from({ length: count }, (_, i) => `r${i + 1}@partner.test`);
  return parseEnvelope({ from: 'a@sender.test', recipients, ...more });
}

/** STARTTLS, and these keywords in the EHLO inside TLS; then `script` goes on. */
export function secured(keywords: readonly string[], script: Script): Script {
  return async (peer, count) => {
    await peer.secure();
    await peer.ehlo(...keywords);
    await script(peer, count);
  };
}

/** A session that is open, as the door would give it. */
export async function openSession(
  server: ScriptedServer,
  bench: Bench,
  ctx: Context = createContext(),
): Promise<Admitted & { readonly connection: Connection }> {
  return issueAdmission(await dialSecure(server, bench, ctx), null);
}

/** One mail over one session against a script; the replies in short, and all that the server heard inside TLS. */
export async function sendOnce(
  bench: Bench,
  script: Script,
  options: {
    readonly keywords?: readonly string[];
    readonly envelope?: Envelope;
    readonly message?: Message;
    readonly ctx?: Context;
    readonly sharing?: Sharing;
  } = {},
): Promise<{ results: readonly RecipientReply[]; reusable: boolean; heard: readonly string[] }> {
  const { keywords = [], envelope = envelopeOf(1), ctx = createContext() } = options;
  const message = options.message ?? (await messageOf());
  return bench.against(secured(keywords, script), async (server) => {
    const session = await openSession(server, bench, ctx);
    const result = await transact(session, envelope, message, ctx, options.sharing);
    session.connection.destroy();
    const heard = server.heard.filter((line) => line.startsWith('tls ')).map((line) => line.slice(4));
    return { results: result.recipients, reusable: result.reusable, heard: heard.slice(1) };
  });
}

/** `accepted@final:250`, `lost@data:connection-closed`. */
export function brief({ result, phase, reply, reason }: RecipientReply): string {
  return `${result}@${phase}:${reply?.code ?? reason}`;
}

/** Takes the lines of a message up to the dot. */
export async function readContent(peer: Peer): Promise<string[]> {
  const lines: string[] = [];
  for (let line = await peer.line(); line !== '.'; line = await peer.line()) lines.push(line);
  return lines;
}

/** Takes the octets of a chunk, which end with a line, and the BDAT before them. */
export async function readChunk(peer: Peer): Promise<{ readonly command: string; readonly content: string }> {
  const command = await peer.line();
  const size = Number(/^BDAT (\d+)(?: LAST)?$/.exec(command)?.[1]);
  let content = '';
  while (content.length < size) content += `${await peer.line()}\r\n`;
  return { command, content };
}

/** Where a transaction with one recipient stands. */
export type Step = 'mail' | 'rcpt' | 'data' | 'content' | 'final';

/** Lets the client read what was sent, before something else happens to the connection. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Plays a transaction with one recipient up to a step, then does something else there. */
export function until(step: Step, act: (peer: Peer) => Promise<void> | void): Script {
  return async (peer) => {
    await play(peer, step);
    await rest();
    await act(peer);
  };
}

async function play(peer: Peer, step: Step): Promise<void> {
  await peer.line();
  if (step === 'mail') return;
  peer.send('250 ok\r\n');
  await peer.line();
  if (step === 'rcpt') return;
  peer.send('250 ok\r\n');
  await peer.line();
  if (step === 'data') return;
  peer.send('354 go\r\n');
  if (step === 'final') await readContent(peer);
  else await peer.line();
}

/** Answers one transaction in order; `rcpt` gives the reply to each recipient. */
export function transaction(
  replies: {
    readonly mail?: string;
    readonly rcpt?: readonly string[];
    readonly data?: string;
    readonly final?: string;
  } = {},
): (peer: Peer) => Promise<void> {
  return async (peer) => {
    await peer.answer('MAIL', `${replies.mail ?? '250 ok'}\r\n`);
    for (const reply of replies.rcpt ?? ['250 ok']) await peer.answer('RCPT', `${reply}\r\n`);
    const data = replies.data ?? '354 go';
    await peer.answer('DATA', `${data}\r\n`);
    if (!data.startsWith('354')) return;
    await readContent(peer);
    peer.send(`${replies.final ?? '250 taken'}\r\n`);
  };
}

/** One transaction, then RSET. */
export const thenRset =
  (first: (peer: Peer) => Promise<void>): Script =>
  async (peer) => {
    await first(peer);
    await peer.answer('RSET', '250 ok\r\n');
  };
