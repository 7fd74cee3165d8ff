/**
 * A list at a web address. Only https, with certificates judged by a list of roots that the environment cannot widen;
 * only to addresses that the address guard lets through, and to exactly the address that was judged, so that a name
 * which changes its address meanwhile gains nothing. Bounded in time, size and redirects; credentials go to the
 * host for which they were given and never along with a redirect to another one.
 * Failure: a value `failed`. Standards: RFC 9110 §8.8.3 (ETag), §15.4 (redirection), §11.6.2 (Authorization).
 */
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import { type Context, within } from '../core/context.js';
import { ConfigError } from '../core/errors.js';
import { printable } from '../core/printable.js';
import { type AddressAllowance, judgeAddress } from '../dns/address-guard.js';
import type { Resolver } from '../dns/resolver.js';
import { type Fetched, type ListOrigin, LONGEST_LIST } from './domain-list-origin.js';

/** How a list is fetched. */
export interface HttpsOptions {
  readonly resolver: Resolver;
  readonly allowed: AddressAllowance;
  readonly secureContext: SecureContext;
  /** Value of the Authorization field for the host of the address itself; null: none. */
  readonly authorization: string | null;
  /** For the whole fetch, redirects included. */
  readonly timeoutMs: number;
}

const MOST_REDIRECTS = 5;
const MOST_ADDRESSES = 4;
const REDIRECTS = [301, 302, 303, 307, 308];

/** A failure that is told as a value. */
class FetchFailure extends Error {}

/** A list at an https address. @throws ConfigError `list-url-invalid` */
export function httpsOrigin(address: string, options: HttpsOptions): ListOrigin {
  const start = readUrl(address);
  if (start === null) {
    throw new ConfigError(
      'list-url-invalid',
      `list: expected an https address without user name and password (use "authorization"), got ${JSON.stringify(printable(address, 200))}`,
    );
  }
  return {
    place: start.href,
    async fetch(etag, ctx) {
      const calledOff = new AbortController();
      const signal = AbortSignal.any([ctx.signal, calledOff.signal]);
      try {
        const work = follow(start, { ...options, etag, ctx: { clock: ctx.clock, signal } });
        return await within(work, options.timeoutMs, ctx, () => new FetchFailure('took too long'));
      } catch (error) {
        ctx.signal.throwIfAborted();
        return { kind: 'failed', cause: causeOf(error) };
      } finally {
        calledOff.abort();
      }
    },
  };
}

function readUrl(text: string, base?: URL): URL | null {
  const url = URL.parse(text, base?.href);
  const isPlain = url !== null && url.protocol === 'https:' && url.username === '' && url.password === '';
  return isPlain ? url : null;
}

interface Asking extends HttpsOptions {
  readonly etag: string | null;
  readonly ctx: Context;
}

async function follow(start: URL, asking: Asking): Promise<Fetched> {
  let url = start;
  for (let step = 0; step <= MOST_REDIRECTS; step += 1) {
    const response = await ask(url, {
      ...asking,
      authorization: url.origin === start.origin ? asking.authorization : null,
    });
    const status = response.statusCode ?? 0;
    if (status === 304 && asking.etag !== null) return { kind: 'unchanged', asOf: asking.ctx.clock.now() };
    if (status === 200) return readContent(response, asking.ctx.clock.now());
    response.destroy();
    if (!REDIRECTS.includes(status)) throw new FetchFailure(`answer ${status}`);
    const { location } = response.headers;
    const next = location === undefined ? null : readUrl(location, url);
    if (next === null) throw new FetchFailure('a redirect to what is no plain https address');
    url = next;
  }
  throw new FetchFailure(`more than ${MOST_REDIRECTS} redirects`);
}

/** The answer of the first address that takes the connection. */
async function ask(url: URL, asking: Asking): Promise<IncomingMessage> {
  let last: unknown = null;
  for (const address of await judgedAddresses(url, asking)) {
    try {
      return await askAt(address, url, asking);
    } catch (error) {
      asking.ctx.signal.throwIfAborted();
      last = error;
    }
  }
  throw last;
}

async function judgedAddresses(url: URL, { resolver, allowed, ctx }: Asking): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const found: string[] = isIP(host) === 0 ? [] : [host];
  if (found.length === 0) {
    const answers = await Promise.all(
      ([4, 6] as const).map((family) => resolver.addresses(host, family, ctx)),
    );
    found.push(...answers.flatMap((answer) => (answer.kind === 'found' ? answer.records : [])));
  }
  const judged = found.map((address) => ({ address, ...judgeAddress(address, allowed) }));
  const usable = judged.filter((each) => each.allowed).map((each) => each.address);
  if (usable.length > 0) return usable.slice(0, MOST_ADDRESSES);
  const [first] = judged;
  throw new FetchFailure(
    first === undefined ? `${host} has no address` : `${host}: its address is ${first.why}`,
  );
}

function askAt(address: string, url: URL, asking: Asking): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({
      host: address,
      port: url.port === '' ? 443 : Number(url.port),
      path: `${url.pathname}${url.search}`,
      ...(isIP(url.hostname) === 0 ? { servername: url.hostname } : {}),
      agent: new Agent({ secureContext: asking.secureContext, keepAlive: false, maxCachedSessions: 0 }),
      // Said, because NODE_TLS_REJECT_UNAUTHORIZED changes the default.
      rejectUnauthorized: true,
      signal: asking.ctx.signal,
      headers: {
        host: url.host,
        accept: 'text/csv, text/html, text/plain, */*;q=0.1',
        'accept-encoding': 'identity',
        ...(asking.etag === null ? {} : { 'if-none-match': asking.etag }),
        ...(asking.authorization === null ? {} : { authorization: asking.authorization }),
      },
    })
      .on('response', resolve)
      .on('error', reject)
      .end();
  });
}

async function readContent(response: IncomingMessage, asOf: number): Promise<Fetched> {
  const coding = response.headers['content-encoding'] ?? 'identity';
  if (coding !== 'identity')
    throw new FetchFailure(`content coding ${printable(coding, 40)}, which was not asked for`);
  const blocks: Uint8Array[] = [];
  let size = Number(response.headers['content-length'] ?? 0);
  if (size <= LONGEST_LIST) {
    size = 0;
    for await (const block of response as AsyncIterable<Uint8Array>) {
      size += block.length;
      if (size > LONGEST_LIST) break;
      blocks.push(block);
    }
  }
  if (size > LONGEST_LIST) throw new FetchFailure(`more than ${LONGEST_LIST} octets`);
  return { kind: 'content', octets: Buffer.concat(blocks), etag: response.headers.etag ?? null, asOf };
}

function causeOf(error: unknown): string {
  if (error instanceof FetchFailure) return error.message;
  const code = error instanceof Error && 'code' in error ? `${String(error.code)}: ` : '';
  return printable(`${code}${error instanceof Error ? error.message : String(error)}`, 200);
}
