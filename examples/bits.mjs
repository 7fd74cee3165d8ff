/**
 * A member of the Norwegian scheme of forced TLS (Bits): from the published list to policies that are proven, the checklist of
 * the scheme, and the papers that people sign and send.
 */
import { createContext, createSender } from 'enforced-tls';
import {
  bits,
  bitsChecklist,
  fillBitsDeclaration,
  fillBitsRegistration,
  verifyPolicies,
  writeBitsChecklist,
  writeBitsDocument,
} from 'enforced-tls/scheme';
import { runSelfTest, writeSelfTest } from 'enforced-tls/selftest';

/** What the forms ask. @type {import('enforced-tls/scheme').BitsParticipant} */
export const member = {
  organization: 'Medlem AS',
  organizationNumber: '916960190',
  administrator: { name: 'TLS-forvalter', email: 'tls@medlem.example' },
  technical: { email: 'drift@medlem.example', telephone: '+47 22 00 00 00' },
  enrolled: '2026-09-01',
  domains: ['medlem.example'],
  rejectsPlaintext: true,
  signature: { name: 'Kari Nordmann', date: '2026-08-15' },
};

/**
 * The policies of this host: everybody on the list is forced; the own domains are held to the same, so that a dry run from
 * outside shows what the others will see.
 * @param {string | import('enforced-tls/scheme').BitsListOptions} list where the list is, or all options of it
 */
export function createPolicies(list) {
  const listed = bits(typeof list === 'string' ? { list } : list);
  const level = /** @type {const} */ ('verified');
  return { listed, policies: [listed, ...member.domains.map((match) => ({ match, level }))] };
}

/**
 * Does what appendix 3 asks before enrolment, and says how this host stands. Run it after each change of servers or
 * configuration, and each quarter.
 * @param {ReturnType<typeof createPolicies>} from
 * @param {import('enforced-tls').SenderOptions} host options of the sender, `policies` among them
 */
export async function standing({ listed, policies }, host) {
  const { clock } = host;
  const ctx = createContext(clock === undefined ? {} : { clock });
  await listed.refresh({ ctx });
  const list = await listed.status(ctx);
  if (list === null) throw new Error('no list has been read');
  const { entries } = list.list;
  const timed = clock === undefined ? {} : { clock };

  // Does every plan cover what the list says, for mail that goes out and for mail that comes in?
  const outgoing = await verifyPolicies({ listed: entries, host, ...timed });
  const guard = { default: /** @type {const} */ ('opportunistic'), policies };
  const incoming = await verifyPolicies({ listed: entries, host: guard, ...timed });

  // Does this configuration hold against servers that go wrong? On loopback, with a queue of its own.
  const selfTest = await runSelfTest({ listed: entries, host, ...timed });

  // What do others see of the own domains?
  const sender = createSender(host);
  const ownDomains = [];
  for (const domain of member.domains) {
    ownDomains.push({ ...(await sender.dryRun(domain)), at: ctx.clock.now() });
  }
  await sender.close();

  const checklist = bitsChecklist({
    at: ctx.clock.now(),
    enrolled: null,
    rejectsPlaintext: member.rejectsPlaintext,
    list,
    outgoing,
    incoming,
    ownDomains,
    selfTest,
    schemeContact: 'tls@bits.no',
  });
  return {
    checklist,
    selfTest,
    text: writeBitsChecklist(checklist, 'text') + writeSelfTest(selfTest, 'text'),
  };
}

/** Appendices 1 and 2, ready to be signed and sent. */
export function papers() {
  return {
    declaration: writeBitsDocument(fillBitsDeclaration(member), 'text'),
    registration: writeBitsDocument(fillBitsRegistration(member), 'text'),
  };
}
