import { expect, it } from 'vitest';
import { bundledRoots } from '../x509/roots.js';
import { createTrustStore } from '../x509/trust-store.js';
import { createSecureContexts, type ContextRequest } from './context.js';
import { bcp195Suites, secureMailSuites } from './suite-profiles.js';

const [first, second] = bundledRoots().anchors;
const storeOf = (...anchors: readonly (typeof first)[]) =>
  createTrustStore(
    'test',
    anchors.flatMap((anchor) => anchor ?? []),
  );
const request: ContextRequest = {
  store: storeOf(first),
  suites: bcp195Suites,
  minProtocol: 'TLSv1.2',
  clientCertificate: null,
};

it('one context for equal content, another for everything that changes the handshake', () => {
  const contexts = createSecureContexts();
  const base = contexts.get(request);
  expect(contexts.get({ ...request, store: storeOf(first), hybrid: true })).toBe(base);
  const changes: Partial<ContextRequest>[] = [
    { store: storeOf(second) },
    { suites: secureMailSuites },
    { minProtocol: 'TLSv1.3' },
    { minProtocol: 'TLSv1' },
    { hybrid: false },
  ];
  const made = changes.map((change) => contexts.get({ ...request, ...change }));
  expect(new Set([base, ...made]).size).toBe(changes.length + 1);
});

it('keeps no more than it may, and lets the least recently used one go', () => {
  const contexts = createSecureContexts({ max: 2 });
  const a = contexts.get(request);
  contexts.get({ ...request, minProtocol: 'TLSv1.3' });
  expect(contexts.get(request)).toBe(a);
  contexts.get({ ...request, hybrid: false });
  expect(contexts.size).toBe(2);
  expect(contexts.get(request)).toBe(a);
});
