/**
 * The host's own table: which domain, what must hold. Exact names win over a first label (`securemail.*`), that over
 * `*.example`, longer over shorter (FAQ-8);
 * every form of a name is one name (AT-39). What cannot be meant is refused when the table is made.
 * Failure: ConfigError that names the rule, what was expected and what to do.
 */
import { parseDomain } from '../core/domain.js';
import { type Duration, parseDuration } from '../core/duration.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { parseWindow } from '../smtp/window.js';
import type { SuiteRules } from '../tls/suites.js';
import type { NameMode } from '../x509/names.js';
import type { TrustStore } from '../x509/trust-store.js';
import { faultOfAsk } from './ask-check.js';
import { parseLevel } from './base.js';
import type { Ask, CheckName, ClientCertificate, Level, MinProtocol, Waiver } from './plan.js';
import {
  invalid,
  parseDate,
  parseExclusion,
  parseFingerprint,
  parseSuiteRules,
  parseTexts,
} from './rule-values.js';

/** A waiver as a host writes it. */
export interface WaiverInput {
  readonly check: CheckName;
  readonly reason: string;
  readonly approvedBy: string;
  /** ISO date or date-time; from then on it has no effect. */
  readonly until: string;
}

/** One rule of the table. */
export interface TableRule {
  /** A domain; `*.domain`: all domains below it (not itself); `label.*`: all domains whose left-most label is this (SM-13). */
  readonly match: string;
  readonly level?: Level;
  readonly minProtocol?: MinProtocol;
  readonly ciphers?: SuiteRules;
  readonly nameMode?: NameMode;
  /** Names that the certificate must carry, instead of the name of the mail server. */
  readonly verifyAs?: string | readonly string[];
  /** Names of the mail servers that alone count. */
  readonly mx?: readonly string[];
  readonly issuer?: readonly string[];
  /** `spki-sha256/<base64>`, current and next. */
  readonly pins?: readonly string[];
  /** Hold certificates to their promise of a stapled OCSP response (RFC 7633). Default false. */
  readonly mustStaple?: boolean;
  readonly trust?: TrustStore;
  /** SHA-256 (hex) of the roots that alone count, out of those that are trusted. */
  readonly include?: readonly string[];
  /** Certificates that never count: SHA-256 (hex) or `serial:<hex>`; colons and case do not matter. */
  readonly exclude?: readonly string[];
  readonly requireMxAuth?: boolean;
  readonly minRsaBits?: number;
  readonly minEcBits?: number;
  readonly clientCertificate?: ClientCertificate;
  readonly locked?: boolean;
  /** A route instead of the MX records; read by `route/configured`. */
  readonly route?: unknown;
  /**
   * Messages under way at the same time on one connection; 1: each waits for the receipt of the one before. Default: the
   * option `window` of the sender.
   */
  readonly window?: number;
  readonly onPolicyFailure?: 'hold' | 'bounce';
  /** 5 to 7 days are sensible (FI-21). */
  readonly holdFor?: Duration;
  readonly waive?: readonly WaiverInput[];
  /** ISO date or date-time from which the rule holds; before it the rule says nothing (FI-23). */
  readonly effectiveFrom?: string;
  /** Judge and record, but deliver as if the rule were not there. */
  readonly reportOnly?: boolean;
}

/** A rule, read. */
export interface ParsedRule {
  /** Canonical name or label, without the star. */
  readonly match: string;
  readonly kind: 'exact' | 'label' | 'below';
  readonly ask: Ask;
  readonly route: unknown;
  readonly window: number | null;
  readonly onPolicyFailure: 'hold' | 'bounce' | null;
  readonly holdForMs: number | null;
  readonly waivers: readonly Waiver[];
  readonly effectiveFrom: number | null;
  readonly reportOnly: boolean;
  readonly warnings: readonly string[];
}

const KEYS: readonly (keyof TableRule)[] = [
  'match',
  'level',
  'minProtocol',
  'ciphers',
  'nameMode',
  'verifyAs',
  'mx',
  'issuer',
  'pins',
  'mustStaple',
  'trust',
  'include',
  'exclude',
  'requireMxAuth',
  'minRsaBits',
  'minEcBits',
  'clientCertificate',
  'locked',
  'route',
  'window',
  'onPolicyFailure',
  'holdFor',
  'waive',
  'effectiveFrom',
  'reportOnly',
];
const CHECKS: readonly CheckName[] = [
  'starttls',
  'protocol',
  'cipher',
  'chain',
  'validity',
  'name',
  'key',
  'revocation',
  'mx-allowed',
];
const DAY = 86_400_000;

/** Reads a table. @throws ConfigError */
export function parseTable(rules: readonly TableRule[]): readonly ParsedRule[] {
  const parsed = rules.map(parseRule);
  const seen = new Set<string>();
  for (const rule of parsed) {
    const key = writeMatch(rule);
    if (seen.has(key)) throw new ConfigError('rule-doubled', `policies: "${key}" has two rules; write one`);
    seen.add(key);
  }
  return parsed;
}

const indexes = new WeakMap<readonly ParsedRule[], ReadonlyMap<string, ParsedRule>>();

/** A table by what its rules match, made once: a host may have thousands of them. */
function indexOf(table: readonly ParsedRule[]): ReadonlyMap<string, ParsedRule> {
  const known = indexes.get(table);
  if (known !== undefined) return known;
  const index = new Map(table.map((rule) => [writeMatch(rule), rule]));
  indexes.set(table, index);
  return index;
}

/** The match of a rule as it is written, in canonical form. */
export function writeMatch({ kind, match }: Pick<ParsedRule, 'kind' | 'match'>): string {
  return { exact: match, label: `${match}.*`, below: `*.${match}` }[kind];
}

/** True where the mail of a rule goes through a relay, behind which nothing is seen. */
export function isRelayed({ route }: Pick<ParsedRule, 'route'>): boolean {
  return (route as { readonly type?: unknown } | null)?.type === 'relay';
}

/** The most specific rule for a canonical domain, or null (FAQ-8). */
export function findRule(table: readonly ParsedRule[], domain: string): ParsedRule | null {
  const index = indexOf(table);
  const exact = index.get(domain);
  if (exact !== undefined) return exact;
  const dotAfterLabel = domain.indexOf('.');
  const label = dotAfterLabel < 0 ? undefined : index.get(`${domain.slice(0, dotAfterLabel)}.*`);
  if (label !== undefined) return label;
  for (let dot = dotAfterLabel; dot >= 0; dot = domain.indexOf('.', dot + 1)) {
    const wildcard = index.get(`*${domain.slice(dot)}`);
    if (wildcard !== undefined) return wildcard;
  }
  return null;
}

function parseRule(rule: TableRule, index: number): ParsedRule {
  const where = `policies[${index}]`;
  refuseUnknownOptions(rule, KEYS, where);
  if (typeof rule.match !== 'string')
    throw invalid(where, '"match" is required: a domain, "*.domain" or "label.*"');
  const { kind, match } = parseMatch(rule.match, `${where}.match`);
  const level = rule.level === undefined ? undefined : parseLevel(rule.level, `${where}.level`);
  const verifies =
    rule.verifyAs !== undefined ||
    rule.pins !== undefined ||
    rule.issuer !== undefined ||
    rule.nameMode !== undefined;
  if (verifies && level !== undefined && level !== 'verified') {
    throw invalid(
      where,
      `names, issuers and pins are only looked at under level "verified", got "${level}"; raise the level or leave them out`,
    );
  }
  const holdForMs = rule.holdFor === undefined ? null : parseDuration(rule.holdFor, `${where}.holdFor`);
  const outside = holdForMs !== null && (holdForMs < 5 * DAY || holdForMs > 7 * DAY);
  const ask = askOf(rule, level, where);
  const fault = faultOfAsk(ask);
  if (fault !== null) throw invalid(where, fault);
  if (rule.reportOnly !== undefined && typeof rule.reportOnly !== 'boolean')
    throw invalid(where, `reportOnly: expected true or false, got ${JSON.stringify(rule.reportOnly)}`);
  if (rule.onPolicyFailure !== undefined && !['hold', 'bounce'].includes(rule.onPolicyFailure))
    throw invalid(
      where,
      `onPolicyFailure: expected "hold" or "bounce", got ${JSON.stringify(rule.onPolicyFailure)}`,
    );
  return {
    match,
    kind,
    ask,
    route: rule.route ?? null,
    window: rule.window === undefined ? null : parseWindow(rule.window, `${where}.window`),
    onPolicyFailure: rule.onPolicyFailure ?? null,
    holdForMs,
    waivers: (rule.waive ?? []).map((waiver) => parseWaiver(waiver, rule, where)),
    effectiveFrom:
      rule.effectiveFrom === undefined ? null : parseDate(rule.effectiveFrom, `${where}.effectiveFrom`),
    reportOnly: rule.reportOnly === true,
    warnings: outside
      ? [`${where}: mail is held for less than 5 or more than 7 days (FI-21 says 5 to 7)`]
      : [],
  };
}

function parseMatch(text: string, where: string): Pick<ParsedRule, 'kind' | 'match'> {
  if (text.startsWith('*.')) return { kind: 'below', match: parseDomain(text.slice(2), where) };
  const label = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.\*$/i.exec(text)?.[1];
  if (label !== undefined) return { kind: 'label', match: label.toLowerCase() };
  return { kind: 'exact', match: parseDomain(text, where) };
}

function askOf(rule: TableRule, level: Level | undefined, where: string): Ask {
  for (const pin of rule.pins ?? []) {
    if (!/^spki-sha256\/[A-Za-z0-9+/]{43}=$/.test(pin))
      throw invalid(where, `pins: expected "spki-sha256/<base64>", got ${JSON.stringify(pin)}`);
  }
  const names = typeof rule.verifyAs === 'string' ? [rule.verifyAs] : rule.verifyAs;
  return defined({
    level,
    minProtocol: rule.minProtocol,
    ciphers: rule.ciphers === undefined ? undefined : parseSuiteRules(rule.ciphers, where),
    nameMode: rule.nameMode,
    nameReference: names === undefined ? undefined : ('names' as const),
    acceptedNames: names?.map((name) => parseDomain(name, `${where}.verifyAs`)),
    mxAllowed: parseTexts(rule.mx, `${where}.mx`, (name) => parseDomain(name, `${where}.mx`)),
    issuer: parseTexts(rule.issuer, `${where}.issuer`, (name) => name),
    pins: parseTexts(rule.pins, `${where}.pins`, (pin) => pin),
    mustStaple: rule.mustStaple,
    store: rule.trust,
    includeAnchors: parseTexts(rule.include, `${where}.include`, (entry) =>
      parseFingerprint(entry, `${where}.include`),
    ),
    excludeAnchors: parseTexts(rule.exclude, `${where}.exclude`, (entry) =>
      parseExclusion(entry, `${where}.exclude`),
    ),
    requireMxAuth: rule.requireMxAuth,
    minRsaBits: rule.minRsaBits,
    minEcBits: rule.minEcBits,
    clientCertificate: rule.clientCertificate,
    locked: rule.locked,
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function parseWaiver(waiver: WaiverInput, rule: TableRule, where: string): Waiver {
  refuseUnknownOptions(waiver, ['check', 'reason', 'approvedBy', 'until'], `${where}.waive`);
  if (rule.locked === true) throw invalid(where, 'a locked rule cannot be waived');
  if (!CHECKS.includes(waiver.check))
    throw invalid(
      where,
      `waive: expected a check, one of ${CHECKS.join(', ')}, got ${JSON.stringify(waiver.check)}`,
    );
  if (!waiver.reason?.trim() || !waiver.approvedBy?.trim())
    throw invalid(where, 'waive: "reason" and "approvedBy" are required');
  return {
    check: waiver.check,
    reason: waiver.reason,
    approvedBy: waiver.approvedBy,
    until: parseDate(waiver.until, `${where}.waive.until`),
  };
}
