/**
 * One Received field taken apart: who handed over (`from`), who wrote the field (`by`), and what the writer says of the
 * session. What the client could have put in is kept apart from what the server wrote, because TLS counts only in the
 * server's words: a client chooses its HELO name, its host name in DNS and its addresses.
 *
 *   from HELO (host [address]) (server's words) by HOST (server's words) with PROTOCOL id X (server's words) tls SUITE; date
 *
 * Standard: RFC 5321 §4.4.
 */

/** A field, taken apart. */
export interface Clauses {
  /** The name that the client gave. */
  readonly from: string | null;
  /** Address of the client, as the server saw it. */
  readonly address: string | null;
  readonly by: string | null;
  /** What stands behind each `with`. */
  readonly protocols: readonly string[];
  /** What stands behind `tls` (RFC 8314 §4.3). */
  readonly suite: string | null;
  /** Comments that the server wrote about the session, without their brackets. */
  readonly comments: readonly string[];
  /** False: two fields in one, or brackets and quotes that do not close. Somebody put words in, so nothing counts. */
  readonly clear: boolean;
}

type Token = { readonly kind: 'word' | 'comment' | 'opaque'; readonly text: string };

const KEYWORDS = new Set(['by', 'via', 'with', 'id', 'for', 'tls']);

/** Takes a field apart; never fails. */
export function readClauses(value: string): Clauses {
  const { tokens, clear } = tokenise(value);
  const places = (keyword: string): number[] =>
    tokens.flatMap(({ kind, text }, index) =>
      kind === 'word' && text.toLowerCase() === keyword ? [index] : [],
    );
  const [by = tokens.length, ...others] = places('by');
  const origin = tokens.slice(0, by);
  const written = tokens.slice(by);
  const groups = groupWords(written);
  const wordsOf = (keyword: string): string[] =>
    groups.filter((group) => group.keyword === keyword).map(({ words }) => words.join(' '));
  const isSingle = others.length === 0 && places('from').every((place) => place === 0);
  const begins = origin[0]?.text.toLowerCase() === 'from' && origin[1]?.kind === 'word';
  const { address, comments } = readOrigin(origin);
  const told = begins ? readTold(origin) : null;
  return {
    from: told?.name ?? (begins ? (origin[1]?.text ?? null) : null),
    address: address ?? told?.address ?? null,
    by: wordsOf('by')[0]?.split(' ')[0] || null,
    protocols: wordsOf('with'),
    suite: wordsOf('tls')[0]?.split(' ')[0] || null,
    comments: [...comments, ...commentsOf(written)],
    clear: clear && isSingle,
  };
}

/** Words behind each keyword. */
function groupWords(
  tokens: readonly Token[],
): readonly { readonly keyword: string; readonly words: string[] }[] {
  const groups: { keyword: string; words: string[] }[] = [];
  for (const { kind, text } of tokens) {
    const keyword = kind === 'word' ? text.toLowerCase() : '';
    if (KEYWORDS.has(keyword)) groups.push({ keyword, words: [] });
    else if (kind === 'word') groups.at(-1)?.words.push(text);
  }
  return groups;
}

/** Only what stands behind the last address is the server's: before it the client's HELO name may stand in any form. */
function readOrigin(tokens: readonly Token[]): {
  readonly address: string | null;
  readonly comments: readonly string[];
} {
  const comments = commentsOf(tokens);
  const addresses = comments.map(addressIn);
  const last = addresses.findLastIndex((address) => address !== null);
  return { address: addresses[last] ?? null, comments: last < 0 ? [] : comments.slice(last + 1) };
}

/**
 * Exim and qmail name the host by its address or by DNS, and put what the client called itself into the comment behind:
 * `from [192.0.2.1] (helo=a.test)`, `from a.test ([192.0.2.1]:25 helo=b.test)`, `from unknown (HELO a.test)`.
 */
function readTold(
  origin: readonly Token[],
): { readonly name: string; readonly address: string | null } | null {
  const [, host, behind] = origin;
  if (behind?.kind !== 'comment') return null;
  const pattern = /^(?:HELO |(?:\[([0-9a-f.:]{2,45})\](?::\d+)? )?(?:ident=\S+ )?helo=)(\S+)$/i;
  const [, address, name] = pattern.exec(behind.text) ?? [];
  if (name === undefined) return null;
  const alone = /^\[([0-9a-f.:]{2,45})\](?::\d+)?$/i.exec(host?.text ?? '')?.[1];
  return { name, address: address ?? alone ?? null };
}

const commentsOf = (tokens: readonly Token[]): string[] =>
  tokens.filter(({ kind }) => kind === 'comment').map(({ text }) => text);

/** The address in a comment such as `host [192.0.2.1]`, `[IPv6:2001:db8::1]:25` or `192.0.2.1`. */
function addressIn(comment: string): string | null {
  const bracketed = /\[(?:IPv6:)?([0-9a-f.:]{2,45})\](?::\d+)?$/i.exec(comment)?.[1];
  return bracketed ?? (/^(?:\d{1,3}\.){3}\d{1,3}$/.test(comment) ? comment : null);
}

/** The tokens before the date, behind which nothing of a field may follow. */
function tokenise(value: string): { readonly tokens: readonly Token[]; readonly clear: boolean } {
  const tokens: Token[] = [];
  let at = 0;
  while (at < value.length && value[at] !== ';') {
    const char = value[at] ?? '';
    if (/\s/.test(char)) {
      at += 1;
      continue;
    }
    const end = char === '(' ? endOfComment(value, at) : endOfToken(value, at);
    if (end === null) return { tokens, clear: false };
    if (char === '(') tokens.push({ kind: 'comment', text: value.slice(at + 1, end - 1).trim() });
    else tokens.push({ kind: char === '"' || char === '<' ? 'opaque' : 'word', text: value.slice(at, end) });
    at = end;
  }
  const clear =
    !/(?:^|\s)(?:by|with)(?:\s|$)/i.test(value.slice(at + 1)) && commentsOf(tokens).every(isWhole);
  return { tokens, clear };
}

/** False where a bracket inside a quoted or bracketed address has ended the comment too early. */
function isWhole(comment: string): boolean {
  const bare = comment.replaceAll(/\\./g, '');
  const count = (char: string): number => bare.split(char).length;
  return count('"') % 2 === 1 && count('<') === count('>');
}

/** Behind the bracket that closes the comment, or null. */
function endOfComment(value: string, from: number): number | null {
  let depth = 0;
  for (let at = from; at < value.length; at += 1) {
    const char = value[at];
    if (char === '\\') at += 1;
    else if (char === '(') depth += 1;
    else if (char === ')') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return null;
}

/** Behind a quoted text, an address in angle brackets, or a word. A bracket that nothing opened is none of them. */
function endOfToken(value: string, from: number): number | null {
  const pattern =
    value[from] === '"'
      ? /"(?:[^"\\]|\\.)*"[^\s();]*/y
      : value[from] === '<'
        ? /<(?:[^<>"]|"(?:[^"\\]|\\.)*")*>/y
        : /[^\s();"<]+/y;
  pattern.lastIndex = from;
  const found = pattern.exec(value);
  return found === null ? null : from + found[0].length;
}
