/**
 * Which of the text records of a name is the record: at most one may be left (SPF-4, SID-2).
 *
 *   spf    `v=spf1` alone
 *   pra    `spf2.0` that names the scope; where there is none, `v=spf1` if the mode is `compatible`
 *
 * Standards: RFC 7208 §3.3, §4.5; RFC 4406 §3.1, §3.4, §4.4.
 */

/** What is asked of a record: SPF, or the purported responsible address under Sender ID. */
export type Scope = 'spf' | 'pra' | 'pra-spf2-only';

/** The terms of the one record, or why there is none. */
export type Selection =
  | { readonly kind: 'one'; readonly terms: string; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'many' };

// The version is a whole token: a space or the end follows it.
const SPF1 = /^v=spf1(?: |$)/i;
const SPF2 = /^spf2\.0\/([a-z0-9,]+)(?: |$)/i;

/** Chooses among the text records of one name. */
export function selectRecord(texts: readonly string[], scope: Scope): Selection {
  const spf1 = texts.filter((text) => SPF1.test(text));
  const spf2 = texts.filter((text) => namesPra(text));
  if (scope === 'spf') return only(spf1, SPF1);
  if (spf2.length > 0 || scope === 'pra-spf2-only') return only(spf2, SPF2);
  return only(spf1, SPF1);
}

function namesPra(text: string): boolean {
  const scopes = SPF2.exec(text)?.[1]?.toLowerCase().split(',') ?? [];
  return scopes.includes('pra');
}

function only(texts: readonly string[], version: RegExp): Selection {
  const [text, second] = texts;
  if (text === undefined) return { kind: 'none' };
  if (second !== undefined) return { kind: 'many' };
  return { kind: 'one', terms: text.replace(version, ''), text };
}
