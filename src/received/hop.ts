/**
 * What one Received field says of TLS, from all its phrases together. TLS is stated by the server in its own words or it is
 * not stated; where phrases contradict each other, or the field is not clear, nothing is.
 */
import { gradeSuite, type Suite } from '../tls/suites.js';
import { bcp195Suites } from '../tls/suite-profiles.js';
import { isVersionAtLeast } from '../tls/versions.js';
import type { Clauses } from './clauses.js';
import { readSuite, readVersion } from './tls-names.js';
import {
  type Phrase,
  readCertificateWord,
  readComment,
  readProtocol,
  readSuiteClause,
} from './tls-phrases.js';

/** TLS as a field tells it. */
export type HopTls =
  | {
      readonly kind: 'not-stated';
      /** `silent`: the field says nothing of TLS, which is no proof that there was none. */
      readonly why: 'silent' | 'unclear' | 'contradictory';
    }
  | {
      readonly kind: 'stated';
      /** By OpenSSL's name, such as `TLSv1.3`. */
      readonly version: string | null;
      /** As written. */
      readonly versionText: string | null;
      /** As known here. */
      readonly suite: Suite | null;
      /** As written. */
      readonly suiteText: string | null;
      readonly bits: number | null;
      /**
       * What the server made of the certificate of its client. It says nothing of the server's own certificate, which only
       * the client can judge.
       */
      readonly clientCertificate: 'verified' | 'not-verified' | 'not-stated';
      /** The server's word for that, as written. */
      readonly word: string | null;
      /** By RFC 9325; `not-stated` where version or suite are not known well enough. */
      readonly strength: 'good' | 'weak' | 'not-stated';
    };

/** Reads TLS out of a field. */
export function readHopTls(clauses: Clauses): HopTls {
  if (!clauses.clear) return { kind: 'not-stated', why: 'unclear' };
  const phrases = phrasesOf(clauses);
  if (phrases.length === 0) return { kind: 'not-stated', why: 'silent' };
  const versions = told(phrases, 'version');
  const names = told(phrases, 'suite');
  if (new Set(versions.map((text) => readVersion(text) ?? text)).size > 1 || new Set(names).size > 1) {
    return { kind: 'not-stated', why: 'contradictory' };
  }
  const [versionText = null] = versions;
  const [suiteText = null] = names;
  const version = versionText === null ? null : readVersion(versionText);
  const suite = suiteText === null ? null : readSuite(suiteText);
  const [word = null] = [
    ...told(phrases, 'word'),
    ...clauses.comments.map(readCertificateWord).filter((text) => text !== null),
  ];
  return {
    kind: 'stated',
    version,
    versionText,
    suite,
    suiteText,
    bits: told(phrases, 'bits')[0] ?? null,
    clientCertificate: word === null ? 'not-stated' : readWord(word),
    word,
    strength: strengthOf(version, suite),
  };
}

function phrasesOf(clauses: Clauses): readonly Phrase[] {
  return [
    ...clauses.protocols.map(readProtocol),
    ...clauses.comments.map(readComment),
    clauses.suite === null ? null : readSuiteClause(clauses.suite),
  ].filter((phrase) => phrase !== null);
}

function told<K extends keyof Phrase>(phrases: readonly Phrase[], key: K): NonNullable<Phrase[K]>[] {
  return phrases
    .map((phrase) => phrase[key])
    .filter((value): value is NonNullable<Phrase[K]> => value !== null);
}

/** Words of sendmail and OpenSMTPD, and those of Postfix. */
function readWord(word: string): 'verified' | 'not-verified' {
  return /^(?:OK|TRUSTED|YES|verified(?: OK)?)$/i.test(word) ? 'verified' : 'not-verified';
}

function strengthOf(version: string | null, suite: Suite | null): 'good' | 'weak' | 'not-stated' {
  const grade = suite === null ? null : gradeSuite(suite, bcp195Suites);
  const isOld = version !== null && !isVersionAtLeast(version, 'TLSv1.2');
  if (isOld || (grade !== null && grade !== 'ok' && grade !== 'below-recommended')) return 'weak';
  // Without a version as well: the suites that are good enough have AEAD, and those exist from TLS 1.2 on (RFC 5246 §6.2.3.3).
  return grade === null ? 'not-stated' : 'good';
}
