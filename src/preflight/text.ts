/**
 * A preflight on paper: plain text, one line for each check, hosts one after the other. Foreign text in it is escaped
 * already. A page in HTML and a command line come later; until then the report itself is JSON.
 */
import { formatMoment } from '../core/moment.js';
import { describeReason } from '../core/reasons.js';
import { describeExpiry } from './compose.js';
import type { Preflight, PreflightCheck, PreflightHost } from './report.js';

/** Writes the report. Lines end in LF. */
export function writePreflight(report: Preflight): string {
  const { policy } = report;
  const lines = [
    `${report.domain}: ${report.result.toUpperCase()}, ${formatMoment(report.at)}`,
    `  ${report.takesMail ? 'Mail would go out.' : 'Mail would not go out.'} Class ${policy.level}${policy.locked ? ', locked' : ''}${policy.reportOnly === null ? '' : `, trying out ${policy.reportOnly}`}.`,
    ...report.checks.flatMap(writeCheck),
    ...report.hosts.flatMap(writeHost),
  ];
  return `${lines.join('\n')}\n`;
}

function writeHost(host: PreflightHost): string[] {
  const address = host.address === null ? 'no address' : `IP ${host.address}`;
  const end = host.validUntil === null ? '' : `, valid until ${formatMoment(host.validUntil)}`;
  const certificate = host.certificates.length === 0 ? '' : `, CN ${host.cn ?? 'none'}${end}`;
  return [
    `${host.host}: ${host.result.toUpperCase()}, ${address}${certificate}`,
    ...host.checks.flatMap(writeCheck),
    ...host.certificates.map(
      (each) => `  chain    ${describeExpiry(each)}${each.used ? '' : ', not needed'}`,
    ),
    ...(host.asked === null ? [] : ['  on trial, not enforced:', ...host.asked.flatMap(writeCheck)]),
  ];
}

function writeCheck({ name, result, reason, want, got, waivedBy }: PreflightCheck): string[] {
  if (result === 'not-asked') return [];
  const head = `  ${result.padEnd(8)} ${name.padEnd(10)} ${got}`.trimEnd();
  if (result === 'pass' || reason === null) return [head];
  const { says, remedy, fixer } = describeReason(reason);
  return [
    `${head} (asked: ${want})`,
    ...(waivedBy === null ? [] : [`           waived by ${waivedBy}`]),
    ...(result === 'warn' ? [] : [`           ${says}`]),
    `           To do (${fixer}): ${remedy}`,
  ];
}
