/**
 * Faults around STARTTLS, before the first TLS record: stripping, refusing, closing, and injecting (AT-1, AT-2).
 */
import type { Play } from './play.js';

/** By name. */
export const starttlsFaults = {
  noStarttls: {
    says: 'STARTTLS is not offered',
    extensions: { clear: { startTls: false } },
  },
  strippedXXXX: {
    says: 'a device on the way overwrites STARTTLS with XXXXXXXX and refuses the command',
    extensions: { clear: { startTls: false, lines: ['XXXXXXXX'] } },
    at: { starttls: (s) => s.say('502 5.5.1 command not known') },
  },
  starttls454: {
    says: 'STARTTLS is offered and answered with 454',
    at: { starttls: (s) => s.say('454 4.7.0 TLS not available due to a temporary reason') },
  },
} as const satisfies Record<string, Play>;
