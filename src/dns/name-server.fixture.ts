/** A name server on loopback for tests: real packets over UDP and TCP, answers chosen by the test. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import packets, { type Answer } from 'dns-packet';

/** What the server says to a question. */
export type Reply =
  | { readonly answers: readonly Answer[]; readonly truncated?: boolean }
  | { readonly rcode: number }
  /** These octets behind the two of the id, as they are. */
  | { readonly octets: readonly number[] }
  | 'silence';

/** A running server. */
export interface NameServer {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** Questions as `MX p.test`, over TCP as `tcp MX p.test`. */
  readonly asked: string[];
  /** Resolves when the next question has come. */
  next(): Promise<void>;
  close(): Promise<void>;
}

/** Response codes of RFC 1035 §4.1.1. */
export const RCODES = { FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

function encodeReply(query: Buffer, reply: Exclude<Reply, 'silence'>): Buffer {
  const { id, questions } = packets.decode(query);
  if ('octets' in reply) return Buffer.from([...query.subarray(0, 2), ...reply.octets]);
  const rcode = 'rcode' in reply ? reply.rcode : 0;
  const isTruncated = 'answers' in reply && reply.truncated === true;
  return packets.encode({
    type: 'response',
    id,
    flags:
      packets.RECURSION_DESIRED |
      packets.RECURSION_AVAILABLE |
      (isTruncated ? packets.TRUNCATED_RESPONSE : 0) |
      rcode,
    questions,
    answers: 'answers' in reply && !isTruncated ? reply.answers : [],
  });
}

/** Starts a server; `answer` gets questions as `MX p.test` and whether they came over TCP. */
export async function startNameServer(
  answer: (question: string, isTcp: boolean) => Reply,
): Promise<NameServer> {
  const asked: string[] = [];
  let waiting: (() => void)[] = [];
  const respond = (query: Buffer, isTcp: boolean): Buffer | null => {
    const { questions } = packets.decode(query);
    const question = `${questions[0]?.type ?? ''} ${questions[0]?.name ?? ''}`;
    asked.push(isTcp ? `tcp ${question}` : question);
    const reply = answer(question, isTcp);
    for (const wake of waiting) wake();
    waiting = [];
    return reply === 'silence' ? null : encodeReply(query, reply);
  };
  const tcp = createServer((socket) => {
    let octets = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      octets = Buffer.concat([octets, chunk]);
      // RFC 1035 §4.2.2: two octets of length before the message.
      if (octets.length < 2 || octets.length < 2 + octets.readUInt16BE()) return;
      const reply = respond(octets.subarray(2, 2 + octets.readUInt16BE()), true);
      if (reply === null) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.end(Buffer.concat([length, reply]));
    });
  });
  const udp = await bindBoth(tcp);
  const { port } = udp.address();
  udp.on('message', (query, peer) => {
    const reply = respond(query, false);
    if (reply !== null) udp.send(reply, peer.port, peer.address);
  });
  return {
    address: `127.0.0.1:${port}`,
    asked,
    next: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
    close: async () => {
      await new Promise<void>((resolve) => {
        udp.close(() => resolve());
      });
      await new Promise<void>((resolve) => {
        tcp.close(() => resolve());
      });
    },
  };
}

/** One port for both; a free one of TCP may be taken on UDP, so it is tried until both are had. */
async function bindBoth(tcp: Server): Promise<Socket> {
  for (;;) {
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const udp = createSocket('udp4');
    udp.bind((tcp.address() as AddressInfo).port, '127.0.0.1');
    try {
      await once(udp, 'listening');
      return udp;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      udp.close();
      tcp.close();
      await once(tcp, 'close');
    }
  }
}
