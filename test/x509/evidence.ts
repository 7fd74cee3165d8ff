/**
 * Evidence for the checks of certificates: a plan out of one rule of the host's table, facts out of a chain.
 */
import { createContext } from '../../src/core/context.js';
import { createBase } from '../../src/policy/base.js';
import { decide } from '../../src/policy/decide.js';
import { parseTable, type TableRule } from '../../src/policy/from-table.js';
import type { Plan } from '../../src/policy/plan.js';
import type { JudgeInput } from '../../src/verdict/judge.js';
import { parseCertificates, type TrustStore } from '../../src/x509/index.js';

export const HOST = 'mx1.partner.example';
const DOMAIN = 'partner.example';

/** The plan of the domain under class verified, by one rule. */
export async function planOf(
  trust: TrustStore,
  rule: Partial<TableRule> = {},
  now = Date.now(),
): Promise<Plan> {
  const table = parseTable([{ match: DOMAIN, ...rule }]);
  const ctx = { ...createContext(), clock: { now: () => now, after: () => () => undefined } };
  const base = createBase({ default: 'verified', trust });
  return decide(DOMAIN, { table, sources: [], base }, null, ctx);
}

/** A TLS session with the host that showed this chain (PEM), ready to be judged. */
export function sessionOf(plan: Plan, chain: string, suite = 'TLS_AES_256_GCM_SHA384'): JudgeInput {
  return {
    plan,
    target: {
      host: HOST,
      address: '192.0.2.1',
      port: 25,
      tls: 'starttls',
      preference: 10,
      mxAuth: 'pinned',
      auth: null,
    },
    facts: {
      protocol: suite.includes('_WITH_') ? 'TLSv1.2' : 'TLSv1.3',
      cipher: { name: suite, standardName: suite, bits: 256 },
      keyExchange: null,
      sent: parseCertificates(chain).map(({ der }) => der),
      pathError: null,
      ocspStaple: null,
      servername: HOST,
      resumed: false,
    },
    tlsFailure: null,
    now: Date.now(),
  };
}
