/**
 * Names of hosts as certificates carry them, and what they match. ASCII only: a letter that merely lower-cases to an
 * ASCII one (U+212A, the Kelvin sign) is no letter of a host name.
 * Standards: RFC 9525 §6.3, RFC 5280 §7.2.
 */

/** CI-15, CI-16: A-labels only, no trailing dot, a wildcard only as the whole left-most label above two more labels. */
export function isDnsName(text: string): boolean {
  if (text.length > 253) return false;
  const labels = text.split('.');
  if (/^[\d.]+$/.test(text)) return false;
  if (labels[0] === '*' && labels.length < 3) return false;
  return labels.every(
    (label, i) =>
      (i === 0 && label === '*') || /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label),
  );
}

/** Whether a valid name, perhaps with a wildcard, matches a canonical domain: `*` is exactly one label. */
export function matchesDnsName(presented: string, reference: string): boolean {
  const name = presented.toLowerCase();
  if (!name.startsWith('*.')) return name === reference;
  const dot = reference.indexOf('.');
  return dot > 0 && reference.slice(dot + 1) === name.slice(2);
}
