/**
 * What is tried: of the scenarios of the test world those in which one mail server goes wrong in a way that class c or d must
 * refuse before MAIL is said, and an honest one, to which mail must go: who refuses everybody proves nothing.
 */
import type { Level, Plan } from '../policy/plan.js';
import type { Scenario, WorldServerOptions } from '../testing/index.js';
import { findSuite, gradeSuite } from '../tls/suites.js';

/** One trial. */
export interface Trial {
  /** Name of the scenario. */
  readonly name: string;
  /** What the server does, one sentence. */
  readonly says: string;
  readonly server: WorldServerOptions;
  /** Whether the mail must arrive; else it must not even be announced. */
  readonly arrives: boolean;
}

const HONEST: Trial = {
  name: 'honest',
  says: 'an honest server offers STARTTLS and shows a good certificate',
  server: {},
  arrives: true,
};

/** Node warns of its own server's group on the host's standard error. */
const NOISY = 'dhe1024';

/** The trials for a plan. What only the certificate shows is no matter of class c. */
export function trialsFor(
  plan: Pick<Plan, 'ciphers' | 'name'>,
  atLeast: Extract<Level, 'mandatory' | 'verified'>,
  scenarios: readonly Scenario[],
): readonly Trial[] {
  const refused = scenarios
    .filter(mustBeRefused)
    .filter(({ name }) => atLeast === 'verified' || !name.startsWith('cert:'))
    .filter(({ name }) => name !== NOISY && !isMeant(name, plan));
  return [
    HONEST,
    ...refused.map(({ name, says, servers }): Trial => ({
      name,
      says,
      server: Object.values(servers ?? {})[0] ?? {},
      arrives: false,
    })),
  ];
}

/** Two partners may have agreed on an older suite, or on names as they once were; that is no leak. */
function isMeant(name: string, { ciphers, name: rule }: Pick<Plan, 'ciphers' | 'name'>): boolean {
  if (['cert:cnOnly', 'cert:ipOnly'].includes(name)) return rule.mode === 'san-or-cn';
  const suite = /^cipherOnly:(.+)$/.exec(name)?.[1];
  if (suite === undefined) return false;
  return ['ok', 'below-recommended'].includes(gradeSuite(findSuite(suite), ciphers));
}

/** One server, nothing said of policies, and no word of an envelope. */
function mustBeRefused({ expected, servers, ...more }: Scenario): boolean {
  const isPlain = ['options', 'zones', 'mail', 'turns'].every((key) => !(key in more));
  const isQuiet = expected.reach === undefined || expected.reach === 'session';
  return (
    isPlain &&
    isQuiet &&
    Object.keys(servers ?? {}).length === 1 &&
    expected.outcomes.every(({ state }) => state !== 'delivered')
  );
}
