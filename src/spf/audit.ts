/**
 * What is wrong with the records of one's own domain, before somebody else finds it (SM-4, SM-5, SM-11, SM-12): no record,
 * two of them, an error in it, an end that forbids nobody, an own host that does not pass.
 * Failure: findings; a DNS that does not answer is one. Only a call-off rejects.
 */
import type { Context } from '../core/context.js';
import { parseDomain } from '../core/domain.js';
import { questionOf } from './check.js';
import { checkHost } from './check-host.js';
import type { MacroString } from './macro.js';
import type { SpfResolver } from './lookups.js';
import { parseTerms, type Qualifier, type SpfRecord } from './record.js';
import { type Scope, selectRecord } from './select.js';

/** One thing that is wrong. */
export interface RecordFinding {
  readonly record: 'spf' | 'sender-id';
  readonly key:
    | 'dns-failed'
    | 'no-record'
    | 'many-records'
    | 'record-invalid'
    | 'not-strict'
    | 'host-refused';
  /** `warning`: works, but forbids nobody outright. */
  readonly severity: 'error' | 'warning';
  readonly text: string;
}

/** What is audited. */
export interface RecordAudit {
  readonly domain: string;
  /** Addresses from which the domain's mail is sent. */
  readonly ips: readonly string[];
  /** The name that the sending host gives. */
  readonly ehlo: string;
  /** Others must be forbidden (`-all`), as SecureMail asks. Default true; false: a warning. */
  readonly strict?: boolean;
}

/**
 * Audits the SPF record and the Sender ID record, for which `v=spf1` stands where there is no other.
 * @throws ConfigError `domain-invalid`, `client-address-invalid`
 */
export async function auditOwnRecords(
  audit: RecordAudit,
  resolver: SpfResolver,
  ctx: Context,
): Promise<readonly RecordFinding[]> {
  const domain = parseDomain(audit.domain);
  const spf = await auditScope({ ...audit, domain }, 'spf', resolver, ctx);
  const senderId = await auditScope({ ...audit, domain }, 'pra', resolver, ctx);
  return [...spf, ...senderId];
}

async function auditScope(
  audit: RecordAudit,
  scope: Extract<Scope, 'spf' | 'pra'>,
  resolver: SpfResolver,
  ctx: Context,
): Promise<RecordFinding[]> {
  const { domain, ehlo, strict = true } = audit;
  const found = (
    key: RecordFinding['key'],
    text: string,
    severity: RecordFinding['severity'] = 'error',
  ): RecordFinding => ({ record: scope === 'spf' ? 'spf' : 'sender-id', key, severity, text });
  const answer = await resolver.txt(domain, ctx);
  if (answer.kind === 'failed') return [found('dns-failed', `${domain}: ${answer.failure}`)];
  const selection = selectRecord(answer.kind === 'found' ? answer.records : [], scope);
  if (selection.kind === 'none') return [found('no-record', `${domain} has no record`)];
  if (selection.kind === 'many') return [found('many-records', `${domain} has more than one record`)];
  const parsed = parseTerms(selection.terms);
  if (!parsed.ok) return [found('record-invalid', `${domain}: ${parsed.problem}`)];
  const findings: RecordFinding[] = [];
  const rest = await judgeOfOthers(parsed.record, scope, resolver, ctx);
  if (rest !== 'fail') {
    const text = `${domain}: mail from other hosts is ${rest}; end the record with -all`;
    findings.push(found('not-strict', text, strict || rest === 'pass' ? 'error' : 'warning'));
  }
  for (const ip of audit.ips) {
    const question = questionOf({ ip, ehlo, mailFrom: '' });
    const sender = { local: 'postmaster', domain };
    const { result, problem } = await checkHost(
      { ...question, identity: scope === 'spf' ? 'mailfrom' : 'pra', scope, domain, sender },
      resolver,
      ctx,
    );
    if (result === 'pass') continue;
    const why = problem === null ? '' : ` (${problem})`;
    findings.push(found('host-refused', `${domain}: ${ip} gets ${result}${why}, expected pass`));
  }
  return findings;
}

// RFC 7208 §4.6.4: no chain of records is longer.
const MOST_REDIRECTS = 10;

/** What a record, or the one that it leads to, says of hosts that nothing else matches. */
async function judgeOfOthers(
  first: SpfRecord,
  scope: Scope,
  resolver: SpfResolver,
  ctx: Context,
): Promise<Qualifier> {
  let record = first;
  for (let step = 0; step <= MOST_REDIRECTS; step += 1) {
    const all = record.directives.find(({ mechanism }) => mechanism.kind === 'all');
    if (all !== undefined) return all.qualifier;
    const target = record.redirect === null ? null : literalName(record.redirect);
    if (target === null) return 'neutral';
    const answer = await resolver.txt(target, ctx);
    const selection = selectRecord(answer.kind === 'found' ? answer.records : [], scope);
    const parsed = selection.kind === 'one' ? parseTerms(selection.terms) : null;
    if (parsed?.ok !== true) return 'neutral';
    ({ record } = parsed);
  }
  return 'neutral';
}

/** The name in a redirect, or null where it depends on the session. */
function literalName(target: MacroString): string | null {
  const parts = target.map((token) => (token.kind === 'macro' ? null : token.text));
  return parts.includes(null) ? null : parts.join('').replace(/\.$/, '');
}
