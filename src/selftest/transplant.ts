/**
 * The policies of a host, for a world whose authority is another: what is anchored in keys of the real world is anchored in
 * the same way in those of the test. All else stays as the host wrote it. Sources are asked once, for what they know
 * already, so that no list is fetched, and none hears of the time that passes in the test.
 */
import type { Context } from '../core/context.js';
import { askSource } from '../policy/decide.js';
import type { TableRule } from '../policy/from-table.js';
import { peekingSource } from '../policy/host-sources.js';
import type { Ask } from '../policy/plan.js';
import { isSource, type PolicyRule } from '../policy/rules.js';
import type { PolicySource } from '../policy/source.js';
import type { Authority } from '../testing/index.js';
import { parseCertificates } from '../x509/parse.js';
import type { TrustStore } from '../x509/trust-store.js';

/** What takes the place of real anchors. */
export interface Anchors {
  readonly trust: TrustStore;
  readonly include: readonly string[];
  readonly pins: readonly string[];
  readonly issuer: readonly string[];
}

/** The anchors of a test authority. */
export function anchorsOf(authority: Authority, trust: TrustStore): Anchors {
  const [root] = parseCertificates(authority.root.certificate);
  const [issuer] = parseCertificates(authority.intermediate.certificate);
  return {
    trust,
    include: root === undefined ? [] : [root.sha256],
    pins: issuer === undefined ? [] : [`spki-sha256/${issuer.spkiSha256}`],
    issuer: root?.commonNames ?? [],
  };
}

/** The rules as they hold for one domain in the test. Routes are left aside: all mail goes to the servers of the test. */
export function transplantRules(
  rules: readonly PolicyRule[],
  domain: string,
  anchors: Anchors,
  ctx: Context,
): Promise<readonly PolicyRule[]> {
  return Promise.all(
    rules.map((rule) =>
      isSource(rule) ? freeze(rule, domain, anchors, ctx) : Promise.resolve(transplantRule(rule, anchors)),
    ),
  );
}

async function freeze(
  source: PolicySource,
  domain: string,
  anchors: Anchors,
  ctx: Context,
): Promise<PolicySource> {
  const [, answer] = await askSource(peekingSource(source), domain, ctx);
  const given = answer.kind === 'asks' ? { ...answer, ask: transplantAsk(answer.ask, anchors) } : answer;
  return { name: source.name, find: (asked) => (asked === domain ? given : { kind: 'none' }) };
}

function transplantRule(
  { route: _route, ...rule }: TableRule,
  { trust, include, pins, issuer }: Anchors,
): TableRule {
  return {
    ...rule,
    ...(rule.trust === undefined ? {} : { trust }),
    ...(rule.include === undefined ? {} : { include }),
    ...(rule.pins === undefined ? {} : { pins }),
    ...(rule.issuer === undefined ? {} : { issuer }),
  };
}

function transplantAsk(ask: Ask, { trust, include, pins, issuer }: Anchors): Ask {
  return {
    ...ask,
    ...(ask.store === undefined ? {} : { store: trust }),
    ...(ask.includeAnchors === undefined ? {} : { includeAnchors: include }),
    ...(ask.pins === undefined ? {} : { pins }),
    ...(ask.issuer === undefined ? {} : { issuer }),
  };
}
