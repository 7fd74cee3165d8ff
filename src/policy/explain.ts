/**
 * A plan in words: what holds in the end, and which source asked for what.
 */
import { describeFloor } from '../tls/suites.js';
import type { Ask, Plan } from './plan.js';

/** Some lines for people. */
export function explainPlan(plan: Plan): string {
  const holds = [
    `${plan.domain}: ${plan.level}${plan.locked ? ', locked' : ''}`,
    `  TLS         ${plan.minProtocol} or later, ${describeFloor(plan.ciphers.minimum)}`,
    `  name        ${plan.name.mode}, ${plan.name.reference === 'names' ? (plan.name.accepted ?? []).join(', ') : plan.name.reference}`,
    `  mail hosts  ${plan.mxAllowed === null ? `as in DNS${plan.requireMxAuth ? ', only if authenticated' : ''}` : plan.mxAllowed.join(', ')}`,
    `  on failure  ${plan.onPolicyFailure}, kept for ${Math.round(plan.holdForMs / 86_400_000)} days`,
  ];
  const asked = plan.because.map(
    (each) =>
      `  asked by    ${each.source} (${each.ref}): ${describeAsk(each.asked)}${each.contact === undefined ? '' : `; tell ${each.contact} when mail fails`}`,
  );
  const stops = [
    ...plan.contradictions.map(
      (each) => `  STOP        ${each.sources.join(' and ')} contradict each other in ${each.field}`,
    ),
    ...plan.unknown.map((each) => `  STOP        ${each.source} cannot be read: ${each.cause}`),
    ...plan.waivers.map(
      (each) =>
        `  waived      ${each.check} until ${new Date(each.until).toISOString()}, by ${each.approvedBy}: ${each.reason}`,
    ),
    ...(plan.reportOnly === null ? [] : [`  report only would be: ${plan.reportOnly.level}`]),
    ...plan.warnings.map((each) => `  warning     ${each}`),
  ];
  return [
    ...holds,
    ...(asked.length === 0 ? ['  asked by    nobody: the default of this sender'] : asked),
    ...stops,
  ].join('\n');
}

function describeAsk(ask: Ask): string {
  return Object.entries(ask)
    .map(([key, value]) =>
      typeof value === 'object'
        ? Array.isArray(value)
          ? `${key} ${value.join(' ')}`
          : key
        : `${key} ${String(value)}`,
    )
    .join(', ');
}
