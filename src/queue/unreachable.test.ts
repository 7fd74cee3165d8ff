import { describe, expect, it } from 'vitest';
import type { Target } from '../route/route.js';
import { createHostHealth } from './unreachable.js';

const MINUTE = 60_000;
const target = (host = 'mx1.b.example', address = '192.0.2.1'): Target =>
  ({ host, address, port: 25, tls: 'starttls' }) as Target;

describe('createHostHealth', () => {
  it('Q-4: a host that failed is left alone for a minute, then for twice as long each time, at most twenty', () => {
    const health = createHostHealth();
    let now = 0;
    const pauses: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      health.report(target(), 'f1', 'connect-timeout', now);
      const from = now;
      while (health.down(target(), 'f1', now) !== null) now += MINUTE;
      pauses.push((now - from) / MINUTE);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 20, 20]);
  });

  it('Q-4: what one policy refuses does not block another, nor another address', () => {
    const health = createHostHealth();
    health.report(target(), 'f1', 'certificate-expired', 0);
    expect(health.down(target(), 'f1', 1)).toBe('certificate-expired');
    expect(health.down(target(), 'f2', 1)).toBeNull();
    expect(health.down(target('mx1.b.example', '192.0.2.2'), 'f1', 1)).toBeNull();
  });

  it('Q-4: a success clears the host, and its next failure begins anew', () => {
    const health = createHostHealth();
    for (let i = 0; i < 5; i += 1) health.report(target(), 'f1', 'connect-timeout', 0);
    health.report(target(), 'f1', null, 0);
    expect(health.down(target(), 'f1', 0)).toBeNull();
    health.report(target(), 'f1', 'connect-timeout', 0);
    expect(health.down(target(), 'f1', MINUTE)).toBeNull();
  });

  it('Q-6, SC-29: a permanent answer is never remembered', () => {
    const health = createHostHealth();
    health.report(target(), 'f1', 'smtp-refused', 0);
    health.report(target(), 'f1', 'sender-rejected', 0);
    expect(health.down(target(), 'f1', 0)).toBeNull();
  });

  it('Q-27: a clock that jumps backwards does not keep a host away', () => {
    const health = createHostHealth();
    health.report(target(), 'f1', 'connect-timeout', 1_000_000);
    expect(health.down(target(), 'f1', 0)).toBeNull();
  });

  it('Q-4: the list is bounded, and the oldest entry goes first', () => {
    const health = createHostHealth({ maxHosts: 2 });
    for (const host of ['a.example', 'b.example', 'c.example']) {
      health.report(target(host), 'f1', 'connect-refused', 0);
    }
    const down = (host: string): boolean => health.down(target(host), 'f1', 1) !== null;
    expect(['a.example', 'b.example', 'c.example'].map(down)).toEqual([false, true, true]);
  });

  it('Q-24: an operator who wants a host tried now makes it forgotten, by name or with all others', () => {
    const health = createHostHealth();
    for (const host of ['a.example', 'b.example']) health.report(target(host), 'f1', 'connect-refused', 0);
    health.forget('a.example');
    expect(health.down(target('a.example'), 'f1', 1)).toBeNull();
    expect(health.down(target('b.example'), 'f1', 1)).toBe('connect-refused');
    health.forget();
    expect(health.down(target('b.example'), 'f1', 1)).toBeNull();
  });
});
