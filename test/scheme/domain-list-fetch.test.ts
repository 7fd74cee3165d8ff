import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { bits } from '../../src/scheme/bits.js';
import type { ListOptions } from '../../src/scheme/domain-list-options.js';
import { type Authority, createAuthority } from '../../src/testing/authority.js';
import { createFakeClock } from '../../src/testing/clock.js';
import { createZoneResolver } from '../../src/testing/zones.js';
import { pemStore } from '../../src/x509/roots.js';
import { csv } from './lists.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const LIST = csv(['A;1;a.test;2024-02-01;Ja']);
const resolver = createZoneResolver({
  'list.example': { a: ['127.0.0.1'] },
  'other.example': { a: ['127.0.0.1'] },
  'inside.example': { a: ['10.0.0.1'] },
  'wrong.example': { a: ['127.0.0.1'] },
});

let authority: Authority;
let server: Server;
let answer: Answer;
const seen: IncomingMessage[] = [];

beforeAll(async () => {
  authority = await createAuthority();
  const { chain: cert, key } = authority.issue({
    cn: 'list.example',
    dns: ['list.example', 'other.example'],
  });
  server = createServer({ cert, key }, (request, response) => {
    seen.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const at = (host: string, path = '/list.csv'): string =>
  `https://${host}:${(server.address() as AddressInfo).port}${path}`;

function sourceAt(list: string, options: Partial<ListOptions> = {}) {
  seen.length = 0;
  return bits({
    list,
    resolver,
    trust: pemStore(authority.trust),
    allowPrivateAddresses: ['127.0.0.0/8'],
    ...options,
  });
}

const send =
  (status: number, fields: Record<string, string> = {}, body: string | Buffer = ''): Answer =>
  (_request, response) =>
    void response.writeHead(status, fields).end(body);

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(64 * 1024, 'x');
}

describe('a list at a web address', () => {
  it('BITS-P2: is fetched, and asked for by its ETag the next time', async () => {
    const source = sourceAt(at('list.example'));
    answer = send(200, { etag: '"one"' }, LIST);
    expect(await source.refresh()).toMatchObject({ kind: 'loaded', list: { accepted: 1 } });
    answer = (request, response) =>
      void response.writeHead(request.headers['if-none-match'] === '"one"' ? 304 : 500).end();
    expect(await source.refresh()).toEqual({ kind: 'unchanged' });
    expect(
      seen.map(({ headers }) => [headers.host, headers['if-none-match'], headers['accept-encoding']]),
    ).toEqual([
      [new URL(at('list.example')).host, undefined, 'identity'],
      [new URL(at('list.example')).host, '"one"', 'identity'],
    ]);
  });

  it('AT-52: credentials do not go along with a redirect to another host', async () => {
    answer = ({ headers, url }, response) => {
      const { host = '' } = headers;
      if (url === '/list.csv') response.writeHead(302, { location: '/second' }).end();
      else if (host.startsWith('list.example'))
        response.writeHead(307, { location: at('other.example').replace('list.csv', 'third') }).end();
      else response.end(LIST);
    };
    const source = sourceAt(at('list.example'), { authorization: 'Bearer secret' });
    expect(await source.refresh()).toMatchObject({ kind: 'loaded' });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer secret',
      'Bearer secret',
      undefined,
    ]);
  });

  it.each([
    ['an answer that is none', send(404), 'answer 404'],
    ['an answer to a question that was not asked', send(304), 'answer 304'],
    ['a redirect to http', send(302, { location: 'http://list.example/' }), 'no plain https address'],
    [
      'a redirect with credentials',
      send(302, { location: 'https://a:b@list.example/' }),
      'no plain https address',
    ],
    ['a redirect to nowhere', send(302), 'no plain https address'],
    ['a redirect to a private address', send(302, { location: 'https://10.0.0.1/' }), 'private (RFC 1918)'],
    [
      'a redirect to a name with one',
      send(302, { location: 'https://inside.example/' }),
      'private (RFC 1918)',
    ],
    ['a redirect to a metadata service', send(302, { location: 'https://169.254.169.254/' }), 'link-local'],
    [
      'a redirect to the host itself, written as IPv6',
      send(302, { location: 'https://[::ffff:10.0.0.1]/' }),
      'private',
    ],
    ['a redirect to itself', send(302, { location: '/list.csv' }), 'more than 5 redirects'],
    [
      'a list that says it is too long',
      send(200, { 'content-length': '20000001' }),
      'more than 20000000 octets',
    ],
    ['a list that is too long', send(200, {}, Buffer.alloc(20_000_001, 'x')), 'more than 20000000 octets'],
    ['a coding', send(200, { 'content-encoding': 'gzip' }, 'x'), 'content coding gzip'],
    [
      'a connection that is lost',
      ((_request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write(LIST);
        setImmediate(() => response.destroy());
      }) as Answer,
      'aborted|ECONNRESET|hang up',
    ],
  ])('BITS-P2: %s is a failed look', async (_title, how, cause) => {
    answer = how;
    expect(await sourceAt(at('list.example')).refresh()).toMatchObject({
      kind: 'failed',
      cause: expect.stringMatching(cause.replaceAll(/[()]/g, '\\$&')),
    });
  });

  it('BITS-P2: an address without permission, an unknown root and a wrong name are failed looks', async () => {
    answer = send(200, {}, LIST);
    const causeAt = async (source: ReturnType<typeof sourceAt>) => {
      const refresh = await source.refresh();
      return refresh.kind === 'failed' ? refresh.cause : refresh.kind;
    };
    expect(await causeAt(sourceAt(at('list.example'), { allowPrivateAddresses: false }))).toContain(
      'loopback',
    );
    expect(await causeAt(sourceAt(at('nowhere.example')))).toContain('no address');
    expect(await causeAt(sourceAt(at('wrong.example')))).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    const other = pemStore((await createAuthority({ name: 'Other' })).trust);
    expect(await causeAt(sourceAt(at('list.example'), { trust: other }))).toMatch(/SELF_SIGNED|UNABLE_TO/);
    expect(seen).toHaveLength(0);
  });

  it('AT-54: the environment does not switch the check of certificates off', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      answer = send(200, {}, LIST);
      expect(await sourceAt(at('wrong.example')).refresh()).toMatchObject({ kind: 'failed' });
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  it('BITS-P2: a list without end is left where it gets too long', async () => {
    answer = (_request, response) =>
      void pipeline(Readable.from(endless()), response.writeHead(200)).catch(() => undefined);
    const timeout = '1h';
    expect(await sourceAt(at('list.example'), { timeout }).refresh()).toMatchObject({
      kind: 'failed',
      cause: 'more than 20000000 octets',
    });
  });

  it('BITS-P2: a server that never comes to an end is left after the time-out', async () => {
    const clock = createFakeClock();
    answer = (_request, response) => void response.writeHead(200).write('a');
    const looking = sourceAt(at('list.example'), { timeout: '10s' }).refresh({
      ctx: createContext({ clock }),
    });
    await clock.advance('9s');
    let over = false;
    void looking.then(() => (over = true));
    await clock.settle();
    expect(over).toBe(false);
    expect(await clock.until(looking)).toEqual({ kind: 'failed', cause: 'took too long' });
  });

  it.each(['http://list.example/', 'https://a:b@list.example/', 'ftp://list.example/', 'https://'])(
    'AT-54: %s is refused when it is written',
    (list) => {
      expect(() => sourceAt(list)).toThrowError(expect.objectContaining({ code: 'list-url-invalid' }));
    },
  );
});
