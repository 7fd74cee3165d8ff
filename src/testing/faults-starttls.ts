/**
 * Faults around STARTTLS, before the first TLS record: stripping, refusing, closing, and injecting (AT-1, AT-2, ST-5).
 */
import type { Play } from './play.js';

const INJECTED = '250-mx.invalid\r\n250-AUTH PLAIN\r\n250 SIZE 1\r\n';

/** By name. */
export const starttlsFaults = {
  noStarttls: {
    says: 'STARTTLS is not offered',
    extensions: { clear: { startTls: false } },
  },
  strippedXXXX: {
    says: 'a device on the way overwrites STARTTLS with XXXXXXXX and refuses the command',
    extensions: { clear: { startTls: false, lines: ['XXXXXXXX'] } },
  },
  starttlsOnFirstLine: {
    says: 'STARTTLS stands on the first line of the answer to EHLO only, where the name of the server belongs',
    at: { ehlo: (s) => s.sayMany(250, ['STARTTLS', 'PIPELINING', 'SIZE 35000000']) },
  },
  ehlo502: {
    says: 'EHLO is not known, HELO is',
    at: { ehlo: (s) => s.say('502 5.5.1 command not known') },
  },
  starttls454: {
    says: 'STARTTLS is offered and answered with 454',
    at: { starttls: (s) => s.say('454 4.7.0 TLS not available due to a temporary reason') },
  },
  starttls501: {
    says: 'STARTTLS is offered and answered with 501',
    at: { starttls: (s) => s.say('501 5.5.4 syntax error') },
  },
  starttls502: {
    says: 'STARTTLS is offered and answered with 502',
    at: { starttls: (s) => s.say('502 5.5.1 command not implemented') },
  },
  closeAfterStarttls: {
    says: 'the connection is closed in answer to STARTTLS',
    at: { starttls: (s) => s.end() },
  },
  resetAfterStarttls: {
    says: 'the connection is reset in answer to STARTTLS',
    at: { starttls: (s) => s.reset() },
  },
  closeAfter220: {
    says: 'the connection is closed when the handshake should begin',
    at: { clientHello: (s) => s.end() },
  },
  hangAfter220: {
    says: 'the handshake is never answered',
    at: { clientHello: () => undefined },
  },
  plaintextAfter220: {
    says: 'the first octets of the handshake are answered in clear text, as a command that nobody knows',
    at: { clientHello: (s) => s.say('500 5.5.1 command not known') },
  },
  multiLine220: {
    says: 'the answer to STARTTLS has two lines, which is allowed',
    at: {
      starttls: (s) => {
        s.sayMany(220, ['2.0.0 go', '2.0.0 ahead']);
        s.startTls();
      },
    },
  },
  injectAfter220: {
    says: 'replies in clear text follow the 220 in the same segment',
    at: {
      starttls: (s) => {
        s.write(`220 2.0.0 go ahead\r\n${INJECTED}`);
        s.startTls();
      },
    },
  },
  injectQueuedAfter220: {
    says: 'six times "250 queued" follows the 220 in the same segment',
    at: {
      starttls: (s) => {
        s.write(`220 2.0.0 go ahead\r\n${'250 2.0.0 queued\r\n'.repeat(6)}`);
        s.startTls();
      },
    },
  },
  injectPartialLine: {
    says: 'half a line in clear text ("25") follows the 220 in the same segment',
    at: {
      starttls: (s) => {
        s.write('220 2.0.0 go ahead\r\n25');
        s.startTls();
      },
    },
  },
  injectNextSegment: {
    says: 'replies in clear text follow the 220 in the next segment, in front of the handshake',
    at: {
      // They are held back until the client has begun the handshake, so that they can never share a segment.
      clientHello: (s) => s.write(INJECTED),
    },
  },
  injectBefore220: {
    says: 'greeting, answer to EHLO and 220 come in one segment before anything was asked',
    at: {
      connect: (s) =>
        s.write(`220 ${s.host} ESMTP\r\n250-${s.host}\r\n250 STARTTLS\r\n220 2.0.0 go ahead\r\n`),
      ehlo: () => undefined,
      starttls: (s) => s.startTls(),
    },
  },
} as const satisfies Record<string, Play>;
