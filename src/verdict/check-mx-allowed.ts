/**
 * May this host take mail for the domain at all? Names outside the agreed list refuse (FI-5); a name that unsigned DNS
 * alone vouches for warns, and refuses where the plan asks for more (MX-20, AT-30). A changed address only warns (MX-22).
 */
import { isLevel, line } from './check.js';
import type { Check, Evidence } from './verdict.js';

export function checkMxAllowed(evidence: Evidence): Check {
  const { plan, target } = evidence;
  if (isLevel(evidence, 'plain')) return line('mx-allowed', 'not-asked');
  if (plan.mxAllowed !== null && !plan.mxAllowed.includes(target.host)) {
    return line('mx-allowed', 'fail', {
      reason: 'mx-not-allowed',
      want: plan.mxAllowed.join(', '),
      got: target.host,
    });
  }
  if (target.mxAuth === 'none' && plan.mxAllowed === null) {
    const result = plan.requireMxAuth ? 'fail' : isLevel(evidence, 'verified') ? 'warn' : 'not-asked';
    const details = {
      want: 'a name that more than unsigned DNS vouches for',
      got: `${target.host}, from unsigned DNS`,
    };
    return line(
      'mx-allowed',
      result,
      result === 'not-asked' ? details : { ...details, reason: 'mx-not-authenticated' },
    );
  }
  const known = plan.mxAddresses[target.host];
  if (known !== undefined && !known.includes(target.address)) {
    return line('mx-allowed', 'warn', {
      reason: 'mx-not-allowed',
      want: known.join(', '),
      got: target.address,
    });
  }
  return line('mx-allowed', 'pass', {
    want: plan.mxAllowed?.join(', ') ?? 'a host of the route',
    got: `${target.host} (${target.mxAuth})`,
  });
}
