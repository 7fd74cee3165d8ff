/**
 * What a test asks of mock servers: what was said, what never was, and that nothing of a message ever went in clear.
 * Failure: AssertionError with the whole conversation.
 */
import { AssertionError } from 'node:assert';
import { formatTranscript, type RecordedCommand, type RecordedConnection } from './recording.js';

/** Assertions about one server, or about all servers of a world. */
export interface ServerAssertions {
  /** The commands with this verb that came; at least one (or exactly `times`) must have. @throws AssertionError */
  saw(verb: string, times?: number): RecordedCommand[];
  /** No such command came. @throws AssertionError */
  never(verb: string): void;
  /** Outside TLS came nothing but EHLO, HELO, STARTTLS, NOOP, RSET and QUIT. @throws AssertionError */
  noEnvelopeOutsideTls(): void;
  /** Clients broke no rule of SMTP that the server watches. @throws AssertionError */
  noOffences(): void;
}

/** Verbs that tell nobody anything about a message. */
const HARMLESS = /^(EHLO|HELO|STARTTLS|NOOP|RSET|QUIT)( |$)/i;

/** Assertions over whatever `connections` gives at the time. */
export function createAssertions(connections: () => readonly RecordedConnection[]): ServerAssertions {
  const commands = (verb: string): RecordedCommand[] =>
    connections()
      .flatMap((connection) => connection.commands)
      .filter((command) => command.verb === verb.toUpperCase());
  const refuse = (message: string): never => {
    throw new AssertionError({ message: `${message}\n${formatTranscript(connections())}` });
  };
  return {
    saw(verb, times) {
      const found = commands(verb);
      if (times === undefined ? found.length === 0 : found.length !== times) {
        refuse(
          `expected ${verb} ${times === undefined ? 'at least once' : `${times} times`}, saw it ${found.length} times`,
        );
      }
      return found;
    },
    never(verb) {
      const [first] = commands(verb);
      if (first !== undefined) refuse(`expected no ${verb}, saw "${first.line}"`);
    },
    noEnvelopeOutsideTls() {
      for (const connection of connections()) {
        for (const line of linesInClear(connection)) {
          if (!HARMLESS.test(line))
            refuse(`connection #${connection.id}: outside TLS came ${JSON.stringify(line)}`);
        }
      }
    },
    noOffences() {
      for (const { id, offences } of connections()) {
        if (offences.length > 0) refuse(`connection #${id}: ${offences.join('; ')}`);
      }
    },
  };
}

/** Everything that came in clear, cut at any line end; TLS records that nobody answered are not in clear. */
function linesInClear({ clear, insteadOfHandshake }: RecordedConnection): string[] {
  const isTls = insteadOfHandshake[0] === 0x16;
  return [clear, isTls ? Buffer.alloc(0) : insteadOfHandshake]
    .flatMap((octets) => octets.toString('latin1').split(/\r\n|\r|\n/))
    .filter((line) => line !== '');
}
