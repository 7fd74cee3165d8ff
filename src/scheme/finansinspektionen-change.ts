/**
 * "Ensure that all verification steps passes before" MX records, the name in a certificate, or the certificate itself
 * change (FI-14): a proposal is judged offline, by the profile and by the checks that judge real sessions.
 *
 *   file     a chain begins at each certificate that is no authority's; the first chain that passes stands for a host
 *   facts    each host of the proposal shows its chain in a session that is assumed, not seen
 *   lines    what only a session shows (STARTTLS, version, suite, stapled answer) is `not-judged`, and never a pass
 *
 * Failure of a check is a value; ConfigError for a proposal that cannot be meant.
 */
import { isIP } from 'node:net';
import { createContext } from '../core/context.js';
import { parseDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';
import { systemClock } from '../core/clock.js';
import { refuseUnknownOptions } from '../core/options.js';
import { createBase } from '../policy/base.js';
import { decide } from '../policy/decide.js';
import type { CheckName, Plan } from '../policy/plan.js';
import type { Target } from '../route/route.js';
import type { PeerFacts } from '../tls/facts.js';
import { judge } from '../verdict/judge.js';
import type { Check, Verdict } from '../verdict/verdict.js';
import type { Certificate } from '../x509/certificate.js';
import type { NameMode } from '../x509/names.js';
import { parseCertificates } from '../x509/parse.js';
import type { TrustStore } from '../x509/trust-store.js';
import { type CertificateFacts, certificateFacts } from './finansinspektionen-facts.js';
import { finansinspektionen } from './finansinspektionen.js';

/** A mail server as it shall be. */
export interface ProposedHost {
  readonly host: string;
  /** Only for the questionnaire and for the warning about addresses that are known otherwise. */
  readonly address?: string;
}

/** What shall hold after the change. */
export interface ProposedChange {
  /** The domain whose mail servers or certificates change. */
  readonly domain: string;
  /** All its mail servers after the change. */
  readonly mx: readonly (string | ProposedHost)[];
  /** PEM as the servers will send it, leaf first: one text for all hosts, or one for each host by name. */
  readonly certificates: string | Readonly<Record<string, string>>;
  /** The list of roots that the other side uses (FI-9). */
  readonly trust: TrustStore;
  /** The authority that the two sides agreed on, as in the questionnaire (FI-6). */
  readonly issuer: readonly string[];
  /** Names of mail servers that the other side knows; default: those of the proposal, to be told anew. */
  readonly agreedMx?: readonly string[];
  /** Default `san-and-cn`, as FI-20 wants it. */
  readonly nameMode?: NameMode;
  /** The moment that is judged, milliseconds since the epoch; default now. A later one shows what will have lapsed. */
  readonly at?: number;
}

/** One check of one host. */
export interface ChangeLine extends Omit<Check, 'result' | 'waivedBy'> {
  readonly host: string;
  /** `not-judged`: only a session shows it; ask `sender.dryRun` after the change. */
  readonly result: Check['result'] | 'not-judged';
}

/** What became of a proposal. */
export interface ChangeVerdict {
  readonly domain: string;
  readonly at: number;
  /** No line refuses: `fail` and `unknown` do. */
  readonly passed: boolean;
  /** One for each host and check, hosts in the order of the proposal. */
  readonly lines: readonly ChangeLine[];
  /** For `fillQuestionnaire`. */
  readonly facts: CertificateFacts;
}

const KEYS: readonly (keyof ProposedChange)[] = [
  'domain',
  'mx',
  'certificates',
  'trust',
  'issuer',
  'agreedMx',
  'nameMode',
  'at',
];
const SESSION_ONLY: readonly CheckName[] = ['starttls', 'protocol', 'cipher', 'revocation'];

/**
 * Judges a proposal; every check of every host gives its line (FI-3, FI-14).
 * @throws ConfigError `change-invalid`, `domain-invalid`, `certificate-unreadable`, `option-unknown`
 */
export async function judgeChange(change: ProposedChange): Promise<ChangeVerdict> {
  refuseUnknownOptions(change, KEYS, 'judgeChange');
  const domain = parseDomain(change.domain, 'judgeChange: domain');
  const hosts = parseHosts(change.mx);
  const chains = parseChains(change.certificates, hosts);
  const at = change.at ?? systemClock.now();
  const plan = await planOf(change, domain, hosts);
  const judged = hosts.map((host) => {
    // The addresses that the notice prints say nothing of a host whose address is not told.
    const asked = host.address === '' ? { ...plan, mxAddresses: {} } : plan;
    const verdicts = chains(host.host).map((chain) => judgeChain(host, chain, asked, at));
    return { target: host, verdict: choose(verdicts) };
  });
  const lines = judged.flatMap(({ target, verdict }) =>
    verdict.checks.map((check) => lineOf(target.host, check)),
  );
  const passed = lines.every(({ result }) => result !== 'fail' && result !== 'unknown');
  return { domain, at, passed, lines, facts: certificateFacts({ plan, hosts: judged }) };
}

/** The chain that a server would choose: one that passes, else one that bears the name, else the first. */
function choose(verdicts: readonly Verdict[]): Verdict {
  const found =
    verdicts.find(({ passed }) => passed) ??
    verdicts.find(({ identity }) => identity !== null) ??
    verdicts[0];
  return found as Verdict;
}

function planOf(change: ProposedChange, domain: string, hosts: readonly Target[]): Promise<Plan> {
  const { trust, issuer, nameMode } = change;
  if (issuer.length === 0) throw invalid('issuer', 'expected the name of at least one authority, got none');
  const mx = change.agreedMx?.map((name) => parseDomain(name, 'judgeChange: agreedMx'));
  const profile = finansinspektionen({
    domains: [domain],
    mx: mx ?? hosts.map(({ host }) => host),
    issuer,
    trust,
    ...(nameMode === undefined ? {} : { nameMode }),
  });
  const base = createBase({ default: 'verified', trust });
  return decide(domain, { table: [], sources: [profile], base }, null, createContext());
}

function judgeChain(target: Target, chain: readonly Certificate[], plan: Plan, now: number): Verdict {
  const facts: PeerFacts = {
    ...ASSUMED_SESSION,
    sent: chain.map(({ der }) => der),
    servername: target.host,
  };
  return judge({ plan, target, facts, tlsFailure: null, now });
}

/** A session of TLS 1.3, so that the key of the leaf must be one that signs; OpenSSL has said nothing of the chain. */
const ASSUMED_SESSION: Omit<PeerFacts, 'sent' | 'servername'> = {
  protocol: 'TLSv1.3',
  cipher: { name: 'TLS_AES_256_GCM_SHA384', standardName: 'TLS_AES_256_GCM_SHA384', bits: 256 },
  keyExchange: null,
  pathError: null,
  ocspStaple: null,
  resumed: false,
};

function lineOf(host: string, { name, result, reason, want, got }: Check): ChangeLine {
  return SESSION_ONLY.includes(name)
    ? { host, name, result: 'not-judged', reason: null, want, got: 'not seen: no session was made' }
    : { host, name, result, reason, want, got };
}

function parseHosts(mx: ProposedChange['mx']): readonly Target[] {
  if (mx.length === 0) throw invalid('mx', 'expected at least one mail server, got none');
  const hosts = mx.map((entry, index) =>
    parseHost(typeof entry === 'string' ? { host: entry } : entry, index),
  );
  const doubled = hosts.find(({ host }, index) => hosts.findIndex((each) => each.host === host) !== index);
  if (doubled !== undefined) throw invalid('mx', `"${doubled.host}" is named twice`);
  return hosts;
}

function parseHost(entry: ProposedHost, index: number): Target {
  refuseUnknownOptions(entry, ['host', 'address'], `judgeChange: mx[${index}]`);
  const { address = '' } = entry;
  if (address !== '' && isIP(address) === 0)
    throw invalid(`mx[${index}].address`, `expected an IP address, got ${JSON.stringify(address)}`);
  const host = parseDomain(entry.host, `judgeChange: mx[${index}]`);
  return { host, address, port: 25, tls: 'starttls', preference: index, mxAuth: 'pinned', auth: null };
}

type Chains = (host: string) => readonly (readonly Certificate[])[];

function parseChains(certificates: ProposedChange['certificates'], hosts: readonly Target[]): Chains {
  if (typeof certificates === 'string') {
    const chains = splitChains(parseCertificates(certificates));
    return () => chains;
  }
  const named = new Map(
    Object.entries(certificates).map(([name, pem]) => [
      parseDomain(name, 'judgeChange: certificates'),
      splitChains(parseCertificates(pem)),
    ]),
  );
  refuseUnknownOptions(
    Object.fromEntries(named),
    hosts.map(({ host }) => host),
    'judgeChange: certificates',
  );
  const bare = hosts.find(({ host }) => !named.has(host));
  if (bare !== undefined) throw invalid('certificates', `none for "${bare.host}"`);
  return (host) => named.get(host) ?? [];
}

/** A server sends its leaf and then what leads to the root (RFC 8446 §4.4.2), so each leaf begins a chain. */
function splitChains(certificates: readonly Certificate[]): readonly (readonly Certificate[])[] {
  const chains: Certificate[][] = [];
  for (const certificate of certificates) {
    const current = chains.at(-1);
    if (current === undefined || certificate.basicConstraints?.ca !== true) chains.push([certificate]);
    else current.push(certificate);
  }
  return chains;
}

function invalid(where: string, why: string): ConfigError {
  return new ConfigError('change-invalid', `judgeChange: ${where}: ${why}`);
}
