/**
 * Login at a relay: where, with what, and that nobody else hears the secret.
 */
import { inspect } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../src/core/context.js';
import { issueAdmission } from '../../src/smtp/admitted.js';
import { authenticate } from '../../src/smtp/authenticate.js';
import { type Bench, createBench, dialIn, failureOf, type Script } from './scripted-server.js';
import { openSession, secured } from './session.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
const ctx = createContext();
const LOGIN = { user: 'anna@bank.test', pass: 'correct horse' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const PLAIN = base64(`\0${LOGIN.user}\0${LOGIN.pass}`);

/** Logs in against a script, and gives what was said inside TLS and the failure, if any. */
function logIn(
  keyword: string,
  script: Script,
): Promise<{ heard: readonly string[]; failure: Awaited<ReturnType<typeof failureOf>> | null }> {
  return bench.against(secured([keyword], script), async (server) => {
    const session = await openSession(server, bench);
    let failure: Awaited<ReturnType<typeof failureOf>> | null = null;
    await authenticate(session, LOGIN, ctx).catch((error: unknown) => (failure = error as never));
    session.connection.destroy();
    return { heard: server.heard.slice(3), failure };
  });
}

describe('a login', () => {
  it('ST-18: PLAIN in one line, as RFC 4616 has it', async () => {
    const { heard, failure } = await logIn('AUTH LOGIN PLAIN', async (peer) => {
      await peer.answer('AUTH', '235 welcome\r\n');
    });
    expect(failure).toBe(null);
    expect(heard).toEqual([`tls AUTH PLAIN ${PLAIN}`]);
  });

  it('ST-18: LOGIN where PLAIN is not offered, each answer to its own 334', async () => {
    const { heard, failure } = await logIn('AUTH LOGIN', async (peer) => {
      await peer.answer('AUTH', `334 ${base64('Username:')}\r\n`);
      await peer.answer(base64(LOGIN.user), `334 ${base64('Password:')}\r\n`);
      await peer.answer(base64(LOGIN.pass), '235 welcome\r\n');
    });
    expect(failure).toBe(null);
    expect(heard).toEqual(['tls AUTH LOGIN', `tls ${base64(LOGIN.user)}`, `tls ${base64(LOGIN.pass)}`]);
  });

  it('ST-18: a mechanism that was not offered inside TLS is not used', async () => {
    for (const keyword of ['AUTH CRAM-MD5', 'AUTH', 'XAUTH PLAIN', 'AUTHPLAIN']) {
      const { heard, failure } = await logIn(keyword, (peer) => peer.closed());
      expect(failure).toMatchObject({ code: 'auth-not-offered', phase: 'auth' });
      expect(heard).toEqual([]);
    }
  });

  it('ST-18, AT-4: offered in clear only, it is never said: not in clear, and not inside TLS', async () => {
    await bench.against(
      (peer) => peer.hello('STARTTLS', 'AUTH PLAIN'),
      async (server) => {
        const connection = await dialIn(server);
        const failure = await failureOf(authenticate(issueAdmission(connection, null), LOGIN, ctx));
        expect(failure).toMatchObject({ code: 'auth-not-offered' });
        expect(server.heard).toHaveLength(1);
        connection.destroy();
      },
    );
    await bench.against(
      async (peer) => {
        await peer.hello('STARTTLS', 'AUTH PLAIN');
        await peer.answer('STARTTLS', '220 go\r\n');
        await peer.startTls();
        await peer.ehlo('PIPELINING');
        await peer.closed();
      },
      async (server) => {
        const session = await openSession(server, bench);
        expect(await failureOf(authenticate(session, LOGIN, ctx))).toMatchObject({
          code: 'auth-not-offered',
        });
        session.connection.destroy();
        expect(server.heard.some((line) => line.includes('AUTH'))).toBe(false);
      },
    );
  });

  it('ST-18: what nobody admitted is not logged in on', async () => {
    await bench.against(
      secured(['AUTH PLAIN'], (peer) => peer.closed()),
      async (server) => {
        const session = await openSession(server, bench);
        const forged = { ...session };
        expect(await failureOf(authenticate(forged, LOGIN, ctx))).toMatchObject({ code: 'not-admitted' });
        session.connection.destroy();
        expect(server.heard).toHaveLength(3);
      },
    );
  });

  for (const [reply, code] of [
    ['535 5.7.8 no', 'auth-rejected'],
    ['534 too weak', 'auth-rejected'],
    ['454 later', 'peer-busy'],
    ['421 bye', 'peer-busy'],
    ['334 more', 'auth-rejected'],
    ['250 fine', 'auth-rejected'],
  ] as const) {
    it(`ST-18: "${reply}" is ${code}, and QUIT ends the session`, async () => {
      const { heard, failure } = await logIn('AUTH PLAIN', async (peer) => {
        await peer.answer('AUTH', `${reply}\r\n`);
        await peer.line();
        peer.layer.end('221 bye\r\n');
      });
      expect(failure).toMatchObject({ code, phase: 'auth', command: 'AUTH' });
      expect(heard.at(-1)).toBe('tls QUIT');
    });
  }

  it('ST-18: LOGIN sends the password to nobody who did not ask for it', async () => {
    for (const reply of ['235 welcome', '250 ok', '535 no']) {
      const { heard, failure } = await logIn('AUTH LOGIN', async (peer) => {
        await peer.answer('AUTH', `334 ${base64('Username:')}\r\n`);
        await peer.line();
        peer.send(`${reply}\r\n`);
        await peer.line();
        peer.layer.end('221 bye\r\n');
      });
      expect(failure?.code).toBe('auth-rejected');
      expect(heard.join()).not.toContain(base64(LOGIN.pass));
    }
  });
});

describe('the secret', () => {
  const secrets = [LOGIN.pass, base64(LOGIN.pass), PLAIN];

  it('AT-52: is in no error, however the login fails, not even where the server repeats it', async () => {
    const scripts: readonly (readonly [string, Script])[] = [
      ['AUTH PLAIN', async (peer) => void (await peer.line(), peer.socket.destroy())],
      [
        'AUTH PLAIN',
        async (peer) => {
          const line = await peer.line();
          peer.send(`535-what is\r\n535-${line}\r\n535 ${LOGIN.pass}?\r\n`);
        },
      ],
      [
        'AUTH LOGIN',
        async (peer) => {
          await peer.answer('AUTH', '334 x\r\n');
          await peer.line();
          peer.send('334 x\r\n');
          peer.send(`500 ${await peer.line()} not known\r\n`);
        },
      ],
      [
        'AUTH LOGIN',
        async (peer) => {
          await peer.answer('AUTH', '334 x\r\n');
          await peer.line();
          peer.send('334 x\r\n');
          await peer.line();
          peer.send('junk\r\n');
        },
      ],
    ];
    for (const [keyword, script] of scripts) {
      const { failure } = await logIn(keyword, async (peer, count) => {
        await script(peer, count);
        await peer.line();
        peer.layer.end('221 bye\r\n');
      });
      const text = `${inspect(failure, { depth: 10, showHidden: true })} ${String((failure as unknown as Error).stack)}`;
      expect(failure).not.toBe(null);
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
  });

  it('AT-52: a line of a refusal that does not repeat it stays', async () => {
    const { failure } = await logIn('AUTH PLAIN', async (peer) => {
      await peer.answer('AUTH', '535-5.7.8 call the desk\r\n535 5.7.8 and ask\r\n');
      await peer.line();
      peer.layer.end('221 bye\r\n');
    });
    expect(failure?.reply?.lines).toEqual(['5.7.8 call the desk', '5.7.8 and ask']);
  });
});
