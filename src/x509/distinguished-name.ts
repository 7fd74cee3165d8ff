/**
 * Names of subjects and issuers: text for people, Common Names for comparison. Values with NUL, controls or commas are
 * never names (CI-20, AT-51): they are counted, not compared.
 */
import { printable } from '../core/printable.js';
import { type DerElement, expectTag, readChildren, readOid, TAG } from './der.js';
import { ATTRIBUTES } from './oids.js';

/** A name, read. */
export interface DistinguishedName {
  readonly text: string;
  readonly commonNames: readonly string[];
  readonly invalidCommonNames: number;
}

/** True for text that may stand as a name: no controls, no NUL, no comma, no quote. */
export function isCleanName(text: string): boolean {
  return text.length > 0 && text.length <= 255 && !/[\p{Cc},"]/u.test(text);
}

/** Reads an RDNSequence. */
export function readName(element: DerElement): DistinguishedName {
  const parts: string[] = [];
  const commonNames: string[] = [];
  let invalidCommonNames = 0;
  for (const set of readChildren(element.content, 100)) {
    for (const pair of readChildren(set.content, 20)) {
      const [oid, value] = readChildren(pair.content, 2);
      const type = ATTRIBUTES[readOid(expectTag(oid, TAG.oid, 'attribute').content)] ?? '?';
      const text = value === undefined ? '' : decodeText(value);
      parts.push(`${type}=${printable(text, 100).replaceAll(/[,+"\\<>;]/g, (c) => `\\${c}`)}`);
      if (type !== 'CN') continue;
      if (isCleanName(text)) commonNames.push(text);
      else invalidCommonNames += 1;
    }
  }
  return { text: parts.slice(0, 20).reverse().join(','), commonNames, invalidCommonNames };
}

function decodeText(element: DerElement): string {
  const octets = Buffer.from(element.content.subarray(0, 4096));
  if (element.tag === 0x0c) return octets.toString('utf8');
  if (element.tag === 0x1e)
    return Buffer.from(octets.subarray(0, octets.length & ~1))
      .swap16()
      .toString('utf16le');
  return octets.toString('latin1');
}
