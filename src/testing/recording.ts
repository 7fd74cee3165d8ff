/**
 * What a mock server keeps of each connection: every command with whether it came inside TLS, the octets that came in
 * clear, the handshake, and the messages to the octet. Tests read it; the assertions are made from it.
 */

/** One line of a conversation. */
export interface TranscriptLine {
  readonly from: 'client' | 'server' | 'note';
  readonly secure: boolean;
  readonly text: string;
}

/** One command as it came. */
export interface RecordedCommand {
  /** Upper case. */
  readonly verb: string;
  /** The whole line without CRLF, octets as latin1. */
  readonly line: string;
  readonly secure: boolean;
}

/** What the handshake of a connection led to. */
export interface RecordedTls {
  readonly protocol: string;
  /** OpenSSL name. */
  readonly cipher: string;
  /** IANA name. */
  readonly standardName: string;
  /** The name in the client's SNI; null: none was sent. */
  readonly servername: string | null;
  /** True when the client resumed an earlier session. */
  readonly resumed: boolean;
  /** SHA-256 (hex, with colons) of the client's certificate; null: none was shown. */
  readonly clientCertificate: string | null;
}

/** One path of an envelope with its parameters. */
export interface RecordedPath {
  /** Without angle brackets; empty: the null reverse-path. */
  readonly address: string;
  /** Parameters as they came: `SIZE=120`, `NOTIFY=NEVER`. */
  readonly parameters: readonly string[];
}

/** A message that came in whole. */
export interface ReceivedMessage {
  readonly from: RecordedPath;
  readonly recipients: readonly RecordedPath[];
  /** The octets on the wire: after DATA with stuffed dots and without the line that ends them, after BDAT as counted. */
  readonly raw: Buffer;
  /** The message itself: stuffed dots taken out. */
  readonly content: Buffer;
  readonly secure: boolean;
  /** True when the server said 2yz to it, or stored it and lost the connection. */
  accepted: boolean;
  /** Name of the login; null: none. */
  readonly user: string | null;
  /** Milliseconds of the server's clock. */
  readonly at: number;
}

/** One connection. Fields change while it lasts. */
export interface RecordedConnection {
  readonly id: number;
  readonly openedAt: number;
  readonly commands: RecordedCommand[];
  readonly messages: ReceivedMessage[];
  readonly transcript: TranscriptLine[];
  /** Everything that the client sent before the handshake took over. */
  clear: Buffer;
  /** Octets that the client sent behind STARTTLS, before the 220 (RFC 3207 §4 forbids them). */
  behindStartTls: number;
  /** What the client sent after the 220 where the server never began the handshake: a ClientHello, unless it is at fault. */
  insteadOfHandshake: Buffer;
  /** null: no handshake was completed. */
  tls: RecordedTls | null;
  /** Handshakes that were completed; more than one: the session was renegotiated. */
  handshakes: number;
  /** Why the handshake failed, in OpenSSL's words; null: it did not. */
  tlsError: string | null;
  /** Offences of the client against SMTP: talking early, pipelining that was not offered, lines without CR. */
  readonly offences: string[];
  /** Octets of messages, whole or not; a lone dot behind 354 counts with its CRLF. */
  contentOctets: number;
  /** Messages by BDAT that had come whole before the first of them was answered, at most. */
  together: number;
  /** What came after the server had stopped reading: said goodbye, cut the connection, or fell silent. */
  unread: Buffer;
  open: boolean;
}

/** Starts the record of a connection. */
export function createRecording(id: number, openedAt: number): RecordedConnection {
  return {
    id,
    openedAt,
    commands: [],
    messages: [],
    transcript: [],
    clear: Buffer.alloc(0),
    behindStartTls: 0,
    insteadOfHandshake: Buffer.alloc(0),
    tls: null,
    handshakes: 0,
    tlsError: null,
    offences: [],
    contentOctets: 0,
    together: 0,
    unread: Buffer.alloc(0),
    open: true,
  };
}

/** A conversation as text, one line each: `#1 C* MAIL FROM:<a@b>`; the star marks what went inside TLS. */
export function formatTranscript(connections: readonly RecordedConnection[]): string {
  const lines = connections.flatMap((connection) =>
    connection.transcript.map(({ from, secure, text }) => {
      const who = from === 'client' ? 'C' : from === 'server' ? 'S' : '-';
      return `#${connection.id} ${who}${secure ? '*' : ' '} ${printableText(text)}`;
    }),
  );
  return lines.length === 0 ? '(no connection)' : lines.join('\n');
}

function printableText(text: string): string {
  const cut = text.length > 200 ? `${text.slice(0, 200)}... (${text.length} octets)` : text;
  return cut.replace(/[^\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
