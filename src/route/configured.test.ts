import { describe, expect, it } from 'vitest';
import { parseConfiguredRoute } from './configured.js';

describe('MX-4: a route that is written down', () => {
  it('MX-4: is brought into canonical form', () => {
    expect(parseConfiguredRoute({ type: 'direct' })).toEqual({ type: 'direct' });
    expect(parseConfiguredRoute({ type: 'direct', port: 26 })).toEqual({ type: 'direct', port: 26 });
    expect(
      parseConfiguredRoute({
        type: 'relay',
        host: 'Relay.Bücher.Test.',
        port: 587,
        tls: 'starttls',
        auth: { user: 'u', pass: 'p' },
        verifyAs: 'MX.test',
      }),
    ).toEqual({
      type: 'relay',
      host: 'relay.xn--bcher-kva.test',
      port: 587,
      tls: 'starttls',
      auth: { user: 'u', pass: 'p' },
      verifyAs: 'mx.test',
    });
  });

  it.each([
    [null, 'route-invalid', 'type: "direct"'],
    ['direct', 'route-invalid', 'type: "direct"'],
    [{}, 'route-invalid', '"direct" or "relay"'],
    [{ type: 'relai', host: 'a.test' }, 'route-invalid', 'did you mean "relay"'],
    [{ type: 'direct', host: 'a.test' }, 'option-unknown', '"host"'],
    [{ type: 'direct', port: 0 }, 'route-invalid', 'a port from 1 to 65535'],
    [{ type: 'direct', port: '25' }, 'route-invalid', 'a port from 1 to 65535'],
    [{ type: 'relay' }, 'route-invalid', 'host name'],
    [{ type: 'relay', host: 'a b' }, 'route-invalid', 'host name'],
    [{ type: 'relay', host: 'relay' }, 'domain-invalid', 'fully qualified'],
    [{ type: 'relay', host: 'a.test', prot: 25 }, 'option-unknown', 'did you mean "port"'],
    [{ type: 'relay', host: 'a.test', tls: 'startls' }, 'route-invalid', 'did you mean "starttls"'],
    [{ type: 'relay', host: 'a.test', tls: 'none' }, 'route-invalid', '"starttls" or "implicit"'],
    [{ type: 'relay', host: 'a.test', verifyAs: '' }, 'route-invalid', 'verifyAs'],
    [{ type: 'relay', host: '192.0.2.1' }, 'route-needs-verify-as', 'verifyAs'],
    [{ type: 'relay', host: 'a.test', auth: 'u:p' }, 'route-invalid', '{ user, pass }'],
    [{ type: 'relay', host: 'a.test', auth: { user: 'u', pass: '' } }, 'route-invalid', 'not empty'],
    [{ type: 'relay', host: 'a.test', auth: { user: 'u', pass: 'a\0b' } }, 'route-invalid', 'no NUL'],
  ])('MX-4: %j is refused: %s, %s', (value, code, says) => {
    expect(() => parseConfiguredRoute(value, 'p.test.route')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) }),
    );
  });

  it('AT-52: the message about a bad login does not quote it', () => {
    const value = { type: 'relay', host: 'a.test', auth: { user: 'anna', pass: 's\0ecret-word' } };
    expect(() => parseConfiguredRoute(value)).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/anna|ecret-word/) }),
    );
  });
});
