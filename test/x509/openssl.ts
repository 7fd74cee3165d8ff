/**
 * The openssl command line as a second opinion on chains.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Identity } from '../../src/testing/certificate-request.js';

/** What `openssl verify` says of the chain that a server with this identity sends: `OK`, or its error text. */
export function opensslVerify(identity: Identity, roots: string, ...options: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'openssl-'));
  const put = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const command = ['verify', '-purpose', 'sslserver', '-CAfile', put('roots', roots)];
  const chain = ['-untrusted', put('chain', identity.chain), put('leaf', identity.certificate)];
  const { status, stderr } = spawnSync('openssl', [...command, ...options, ...chain], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return status === 0 ? 'OK' : (/depth lookup: (.*)/.exec(stderr)?.[1] ?? stderr);
}
