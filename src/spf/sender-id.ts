/**
 * Sender ID: the check of SPF on the address that the header of a message shows. An experiment that has ended: RFC 7208
 * §2.2 advises against asking `v=spf1` records for other identities, since it breaks lists and forwarding. So it is off
 * unless a host turns it on (SID-1).
 * Standards: RFC 4406, RFC 4407.
 */
import type { Context } from '../core/context.js';
import type { Address } from '../message/address.js';
import { questionOf, type SpfSession } from './check.js';
import { checkHost, type SpfCheck } from './check-host.js';
import type { SpfResult } from './evaluate.js';
import type { SpfResolver } from './lookups.js';
import { findPra, type PraField } from './pra.js';

/**
 * Which records count: `spf2-only` those that name the scope `pra`; `compatible` also `v=spf1` where there is none of
 * those (RFC 4406 §3.4).
 */
export type SenderIdMode = 'spf2-only' | 'compatible';

/** What came out; `no-pra`: the header names nobody, or several. */
export type SenderIdOutcome =
  | { readonly result: 'no-pra'; readonly pra: null; readonly check: null }
  | { readonly result: SpfResult; readonly pra: Address; readonly check: SpfCheck };

/**
 * Checks the purported responsible address of a message.
 * @throws ConfigError `client-address-invalid`, `time-limit-invalid`
 */
export async function checkSenderId(
  session: Omit<SpfSession, 'mailFrom'>,
  fields: readonly PraField[],
  mode: SenderIdMode,
  resolver: SpfResolver,
  ctx: Context,
): Promise<SenderIdOutcome> {
  const question = questionOf({ ...session, mailFrom: '' });
  const pra = findPra(fields);
  if (pra === null) return { result: 'no-pra', pra: null, check: null };
  const check = await checkHost(
    {
      ...question,
      identity: 'pra',
      scope: mode === 'compatible' ? 'pra' : 'pra-spf2-only',
      domain: pra.domain,
      sender: { local: pra.local, domain: pra.domain },
    },
    resolver,
    ctx,
  );
  // RFC 4406 §4.3: nobody can be responsible at a domain that does not exist.
  return { result: check.nxdomain ? 'fail' : check.result, pra, check };
}
