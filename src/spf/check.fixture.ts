/** Checks over zones, for tests. */
import { createContext } from '../core/context.js';
import { createZoneResolver, type Failures, type ZoneResolver, type Zones } from '../testing/zones.js';
import { checkSpf, type SpfOutcome, type SpfSession } from './check.js';

export const ctx = createContext();

/** The outcome for a@send.test from a client whose own name has no record. */
export async function check(
  zones: Zones,
  session: Partial<SpfSession> = {},
  failures: Failures = {},
): Promise<SpfOutcome & { readonly dns: ZoneResolver }> {
  const dns = createZoneResolver(zones, failures);
  const outcome = await checkSpf(
    { ip: '192.0.2.9', ehlo: 'client.test', mailFrom: 'a@send.test', ...session },
    dns,
    ctx,
  );
  return { ...outcome, dns };
}

/** The result for a record at send.test. */
export async function resultOf(
  record: string,
  zones: Zones = {},
  session: Partial<SpfSession> = {},
): Promise<string> {
  const sending = { ...zones['send.test'], txt: [record] };
  return (await check({ ...zones, 'send.test': sending }, session)).result;
}
