/**
 * The ways in which a mock server can go wrong, by name.
 */
import { ConfigError } from '../core/errors.js';
import { nearest } from '../core/options.js';
import { certificateFaults, describeCertificateFault, type CertificateFault } from './certificate-faults.js';
import { handshakeFaults } from './faults-handshake.js';
import { replyFaults } from './faults-replies.js';
import { sessionFaults } from './faults-session.js';
import { starttlsFaults } from './faults-starttls.js';
import type { Play } from './play.js';

const table = { ...starttlsFaults, ...handshakeFaults, ...sessionFaults, ...replyFaults } as const;

/** The name of a way to go wrong; `cert:` and the name of a faulty certificate is one too. */
export type Fault = keyof typeof table | `cert:${CertificateFault}`;

/** All of them. */
export const faults: readonly Fault[] = [
  ...(Object.keys(table) as (keyof typeof table)[]),
  ...certificateFaults.map((name) => `cert:${name}` as const),
];

/** What a client sees of the fault, one sentence. */
export function describeFault(fault: Fault): string {
  return findPlay(fault).says;
}

/**
 * What the fault does.
 * @throws ConfigError `fault-unknown`
 */
export function findPlay(fault: Fault): Play {
  const [, certificate] = /^cert:(.*)$/.exec(fault) ?? [];
  if (certificateFaults.includes(certificate as CertificateFault)) {
    const name = certificate as CertificateFault;
    return { says: describeCertificateFault(name), certificate: name };
  }
  const play: Play | undefined = (table as Readonly<Record<string, Play>>)[fault];
  if (play !== undefined) return play;
  const near = nearest(fault, faults);
  throw new ConfigError(
    'fault-unknown',
    `unknown fault "${fault}"${near === null ? '' : `; did you mean "${near}"?`} Known: ${faults.join(', ')}`,
  );
}
