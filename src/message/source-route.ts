/**
 * Routes hidden in a local part: `anna%partner.example@relay.example` and its like ask the server at the domain to pass
 * the mail on. Whoever writes them chooses another way to a domain, and with it another policy.
 * Standards: RFC 1123 §5.2.16, RFC 5321 §4.1.2 and appendix C.
 */
import { canonicalDomain } from '../core/domain.js';

/** The domains (canonical) to which a server might pass mail on for the sake of this local part (unquoted). */
export function routedDomains(local: string): readonly string[] {
  if (!/[%@!]/.test(local)) return [];
  // The last of several `%` or `@` names the next hop; `host!user` names it in front. All of them are looked at.
  const names = local.split(/[%@!,:]/).flatMap((part) => canonicalDomain(part.trim()) ?? []);
  return [...new Set(names.filter((name) => name.includes('.')))];
}
