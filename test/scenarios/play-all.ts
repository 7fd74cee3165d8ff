/**
 * A program: plays all scenarios in this process under an authority that it is given, and prints what came of them as JSON.
 *
 *   node play-all.js <file with a saved authority>
 *
 * It also asks Node itself, with Node's own defaults, so that a test knows whether the environment bites at all.
 */
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { type Authority, createAuthority } from '../../src/testing/authority.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { runScenario, type ScenarioResult } from '../../src/testing/scenario-run.js';
import { scenarios } from '../../src/testing/scenarios.js';
import { createSmtpServer, type SmtpServerOptions } from '../../src/testing/smtp-server.js';

/** What the program prints. */
export interface Played {
  /** What Node accepts by its own defaults. */
  readonly node: {
    /** A certificate of a root that nobody should trust. */
    readonly unknownCa: boolean;
    /** TLS 1.1, nothing asked. */
    readonly tls11: boolean;
    /** TLS 1.1 where the caller allows it: OpenSSL's security level must be 0. */
    readonly level0: boolean;
  };
  readonly results: readonly (ScenarioResult | { readonly name: string; readonly failed: string })[];
}

const HOST = 'mx1.partner.example';

/** Does Node connect to such a server, and believe it, when nobody tells it what to check? */
async function believes(
  server: Omit<SmtpServerOptions, 'host' | 'implicitTls'>,
  options: tls.ConnectionOptions,
): Promise<boolean> {
  const running = await createSmtpServer({ host: HOST, implicitTls: true, ...server });
  const { port, address } = running;
  const believed = await new Promise<boolean>((resolve) => {
    const socket = tls.connect({ host: address, port, servername: HOST, ...options }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
  await running.close();
  return believed;
}

async function playAll(authority: Authority): Promise<Played['results']> {
  const results: Played['results'][number][] = [];
  for (const scenario of scenarios) {
    const result = await runScenario(scenario, { authority }).catch((error: unknown) => ({
      name: scenario.name,
      failed: String(error),
    }));
    results.push(result);
  }
  return results;
}

const saved = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ReturnType<Authority['save']>;
const now = await createAuthority({ saved });
const played: Played = {
  node: {
    unknownCa: await believes({ authority: now, certificate: 'unknownCa' }, {}),
    tls11: await believes({ authority: now, fault: 'tls11Only' }, { ca: now.trust }),
    level0: await believes({ authority: now, fault: 'tls11Only' }, { ca: now.trust, minVersion: 'TLSv1' }),
  },
  results: await playAll(await createAuthority({ saved, clock: createFakeClock() })),
};
process.stdout.write(JSON.stringify(played));
