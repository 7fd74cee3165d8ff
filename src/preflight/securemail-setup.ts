/**
 * A SecureMail member looks at its own setup (SM-22): the name of its host, its SPF and Sender ID records, that no MX record
 * leads to a server that refuses, and the server itself by a preflight. Nothing is judged here that has a judge elsewhere.
 * Failure: lines; a DNS that does not answer is `unknown`. Only a call-off rejects, and ConfigError for input that is none.
 */
import { type Context, createContext } from '../core/context.js';
import { parseDomain } from '../core/domain.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { DnsAnswer, MxRecord, Resolver } from '../dns/resolver.js';
import { isSecureMailDomain, parseMode, type SecureMailMode } from '../scheme/securemail.js';
import { auditOwnRecords, type RecordFinding } from '../spf/audit.js';
import type { SpfResolver } from '../spf/lookups.js';
import { worst } from './compose.js';
import type { Preflight, PreflightResult } from './report.js';

/** What the member has set up. */
export interface SecureMailSetup {
  /** The mail domain. */
  readonly domain: string;
  readonly mode: SecureMailMode;
  /** Addresses from which its mail leaves. */
  readonly ips: readonly string[];
  /** The name with which its sending host says EHLO. */
  readonly ehlo: string;
}

/** What it is looked at with. */
export interface SecureMailSetupMeans {
  /** `createSystemResolver()` is one. */
  readonly resolver: SpfResolver & Pick<Resolver, 'mx'>;
  /**
   * `sender.preflight` of a sender made with `secureMailProfile('securemail')`, so that the server is asked for what members
   * ask. Default: the server is not looked at.
   */
  readonly preflight?: (domain: string) => Promise<Preflight>;
  readonly ctx?: Context;
}

/** One finding. */
export interface SecureMailSetupLine {
  readonly check: 'name' | 'spf' | 'sender-id' | 'mx' | 'server';
  /** Rows of the scheme that it is about. */
  readonly rows: readonly string[];
  readonly result: PreflightResult | 'not-asked';
  readonly text: string;
}

/** The whole. */
export interface SecureMailSetupReport {
  readonly domain: string;
  readonly mode: SecureMailMode;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly result: PreflightResult;
  readonly lines: readonly SecureMailSetupLine[];
  /** Null: not looked at. */
  readonly server: Preflight | null;
}

/**
 * Looks at the setup.
 * @throws ConfigError `option-unknown`, `domain-invalid`, `securemail-mode-unknown`, `client-address-invalid`
 */
export async function checkSecureMailSetup(
  setup: SecureMailSetup,
  means: SecureMailSetupMeans,
): Promise<SecureMailSetupReport> {
  refuseUnknownOptions(setup, ['domain', 'mode', 'ips', 'ehlo'], 'checkSecureMailSetup');
  const domain = parseDomain(setup.domain, 'checkSecureMailSetup: domain');
  const mode = parseMode(setup.mode, 'checkSecureMailSetup: mode');
  const { resolver, preflight, ctx = createContext() } = means;
  const strict = mode === 'securemail';
  const { ips, ehlo } = setup;
  const findings = await auditOwnRecords({ domain, ips, ehlo, strict }, resolver, ctx);
  const mx = await resolver.mx(domain, ctx);
  const server = preflight === undefined ? null : await preflight(domain);
  const lines = [
    checkHostName(domain, strict),
    recordLine('spf', ['SM-4', 'SM-11'], findings),
    recordLine('sender-id', ['SM-5', 'SM-12'], findings),
    checkNoMx(domain, mx, strict),
    checkOwnServer(server, strict),
  ];
  const result = worst(lines.map((line) => line.result));
  return { domain, mode, at: ctx.clock.now(), result, lines, server };
}

/** Writes it as text. Lines end in LF. */
export function writeSecureMailSetup(report: SecureMailSetupReport): string {
  const lines = [
    `${report.domain}, ${report.mode}: ${report.result.toUpperCase()}`,
    ...report.lines
      .filter(({ result }) => result !== 'not-asked')
      .map(
        ({ check, rows, result, text }) =>
          `  ${result.padEnd(8)} ${check.padEnd(10)} ${text} (${rows.join(', ')})`,
      ),
  ];
  return `${lines.join('\n')}\n`;
}

function checkHostName(domain: string, strict: boolean): SecureMailSetupLine {
  const about = { check: 'name', rows: ['SM-13'] } as const;
  if (!strict) return { ...about, result: 'not-asked', text: '' };
  return isSecureMailDomain(domain)
    ? { ...about, result: 'pass', text: 'is named as SecureMail hosts are' }
    : {
        ...about,
        result: 'warn',
        text: `${domain} does not begin with "securemail.", so nobody sees that it is one`,
      };
}

function recordLine(
  record: RecordFinding['record'],
  rows: readonly string[],
  findings: readonly RecordFinding[],
): SecureMailSetupLine {
  const own = findings.filter((each) => each.record === record);
  if (own.length === 0)
    return { check: record, rows, result: 'pass', text: 'the own hosts pass, all others do not' };
  const result = worst(
    own.map(({ key, severity }) =>
      key === 'dns-failed' ? 'unknown' : severity === 'error' ? 'fail' : 'warn',
    ),
  );
  return { check: record, rows, result, text: own.map(({ text }) => text).join('; ') };
}

/** RFC 3207 §4: a server that an MX record names must not refuse clear text; so this one has none. */
function checkNoMx(domain: string, mx: DnsAnswer<MxRecord>, strict: boolean): SecureMailSetupLine {
  const about = { check: 'mx', rows: ['SM-16'] } as const;
  if (!strict) return { ...about, result: 'not-asked', text: '' };
  switch (mx.kind) {
    case 'failed':
      return { ...about, result: 'unknown', text: `the MX records of ${domain}: ${mx.failure}` };
    case 'nxdomain':
      return { ...about, result: 'fail', text: `${domain} does not exist` };
    case 'found':
      return { ...about, result: 'fail', text: `${domain} has an MX record; take it out` };
    case 'nodata':
      return { ...about, result: 'pass', text: 'no MX record' };
  }
}

function checkOwnServer(server: Preflight | null, strict: boolean): SecureMailSetupLine {
  const about = { check: 'server', rows: strict ? ['SM-15', 'SM-22'] : ['SM-8', 'SM-22'] } as const;
  if (server === null) return { ...about, result: 'not-asked', text: '' };
  const bad = [...server.checks, ...server.hosts.flatMap(({ checks }) => checks)].filter(
    ({ result }) => result !== 'pass' && result !== 'not-asked',
  );
  const text = bad.map(({ name, got, want }) => `${name}: ${got} (asked: ${want})`).join('; ');
  return { ...about, result: server.result, text: text === '' ? 'every check holds' : text };
}
