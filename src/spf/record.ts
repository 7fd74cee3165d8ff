/**
 * The terms of a record: what stands behind `v=spf1` or `spf2.0/...`. All of it is read before any of it counts, so that
 * an error anywhere makes the whole record one (SPF-5).
 * Failure: the term that is wrong, as text.
 * Standard: RFC 7208 §4.6, §5, §6, §12.
 */
import { type Ip, type Network, parseIp } from '../dns/ip.js';
import { type MacroString, parseDomainSpec, parseMacroString } from './macro.js';

/** What a match says of the client. */
export type Qualifier = 'pass' | 'fail' | 'softfail' | 'neutral';

/** How clients are recognised. A target that is null is the domain of the record. */
export type Mechanism =
  | { readonly kind: 'all' }
  | { readonly kind: 'include' | 'exists'; readonly target: MacroString }
  | { readonly kind: 'ptr'; readonly target: MacroString | null }
  | {
      readonly kind: 'a' | 'mx';
      readonly target: MacroString | null;
      /** Bits of an address that must agree. */
      readonly bits: { readonly 4: number; readonly 6: number };
    }
  | { readonly kind: 'ip'; readonly network: Network };

/** One mechanism with its qualifier. */
export interface Directive {
  readonly qualifier: Qualifier;
  readonly mechanism: Mechanism;
  /** As published. */
  readonly text: string;
}

/** A record that keeps the grammar. */
export interface SpfRecord {
  readonly directives: readonly Directive[];
  readonly redirect: MacroString | null;
  readonly explanation: MacroString | null;
}

/** The record, or the first thing that is wrong with it. */
export type ParsedRecord =
  | { readonly ok: true; readonly record: SpfRecord }
  | { readonly ok: false; readonly problem: string };

const QUALIFIERS: Readonly<Record<string, Qualifier>> = {
  '': 'pass',
  '+': 'pass',
  '-': 'fail',
  '~': 'softfail',
  '?': 'neutral',
};
const MODIFIER = /^([a-z][a-z0-9\-_.]*)=([^]*)$/i;
const DIRECTIVE = /^([+\-~?]?)([a-z0-9]+)([^]*)$/i;
// RFC 7208 §5.6: no leading zeros.
const BITS = '(0|[1-9]\\d{0,2})';
const DUAL_CIDR = new RegExp(`^([^]*?)(?:/${BITS})?(?://${BITS})?$`);
const SINGLE_CIDR = new RegExp(`^:([^/]+)(?:/${BITS})?$`);

/** Reads the terms of a record. */
export function parseTerms(text: string): ParsedRecord {
  const directives: Directive[] = [];
  const modifiers = new Map<string, MacroString>();
  // Spaces alone part terms; any other blank is part of one, and breaks it.
  for (const term of text.split(' ')) {
    if (term === '') continue;
    const modifier = MODIFIER.exec(term);
    const fault =
      modifier === null
        ? addDirective(term, directives)
        : addModifier((modifier[1] ?? '').toLowerCase(), modifier[2] ?? '', modifiers);
    if (fault !== null) return { ok: false, problem: `${fault}: "${term}"` };
  }
  return {
    ok: true,
    record: {
      directives,
      redirect: modifiers.get('redirect') ?? null,
      explanation: modifiers.get('exp') ?? null,
    },
  };
}

function addModifier(name: string, value: string, modifiers: Map<string, MacroString>): string | null {
  if (name !== 'redirect' && name !== 'exp') {
    // RFC 7208 §6: unknown ones are ignored, as long as they keep the grammar.
    return parseMacroString(value, 'unknown-modifier') === null ? 'no macro string' : null;
  }
  if (modifiers.has(name)) return `${name} stands there twice`;
  const target = parseDomainSpec(value);
  if (target === null) return 'no domain';
  modifiers.set(name, target);
  return null;
}

function addDirective(term: string, directives: Directive[]): string | null {
  const [, sign = '', name = '', rest = ''] = DIRECTIVE.exec(term) ?? [];
  const mechanism = readMechanism(name.toLowerCase(), rest);
  if (typeof mechanism === 'string') return mechanism;
  directives.push({ qualifier: QUALIFIERS[sign] ?? 'pass', mechanism, text: term });
  return null;
}

/** The mechanism, or what is wrong. */
function readMechanism(name: string, rest: string): Mechanism | string {
  switch (name) {
    case 'all':
      return rest === '' ? { kind: 'all' } : 'all takes nothing behind it';
    case 'include':
    case 'exists': {
      const target = rest.startsWith(':') ? parseDomainSpec(rest.slice(1)) : null;
      return target === null ? 'no domain' : { kind: name, target };
    }
    case 'ptr': {
      if (rest === '') return { kind: name, target: null };
      const target = rest.startsWith(':') ? parseDomainSpec(rest.slice(1)) : null;
      return target === null ? 'no domain' : { kind: name, target };
    }
    case 'a':
    case 'mx':
      return readHosts(name, rest);
    case 'ip4':
      return readNetwork(4, rest);
    case 'ip6':
      return readNetwork(6, rest);
    default:
      return 'no mechanism of this name';
  }
}

function readHosts(kind: 'a' | 'mx', rest: string): Mechanism | string {
  const [, domain = '', four = '32', six = '128'] = DUAL_CIDR.exec(rest) ?? [];
  if (Number(four) > 32 || Number(six) > 128) return 'no such prefix length';
  const bits = { 4: Number(four), 6: Number(six) };
  if (domain === '') return { kind, target: null, bits };
  const target = domain.startsWith(':') ? parseDomainSpec(domain.slice(1)) : null;
  return target === null ? 'no domain' : { kind, target, bits };
}

function readNetwork(family: 4 | 6, rest: string): Mechanism | string {
  const [, address = '', prefix] = SINGLE_CIDR.exec(rest) ?? [];
  const ip: Ip | null = parseIp(address);
  const width = family === 4 ? 32 : 128;
  const bits = prefix === undefined ? width : Number(prefix);
  if (ip?.family !== family || bits > width) return 'no network';
  return { kind: 'ip', network: { family, base: ip.value, bits } };
}
