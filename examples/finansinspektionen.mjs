/**
 * A company that Finansinspektionen supervises: a change is judged before it is made, the questionnaire is filled from what
 * the servers show, and the authority's gateways are looked at before mail depends on them.
 *
 * In a program of yours nothing is passed as `surroundings`: the test of this file puts a small internet in their place.
 */
import { createSender, writePreflight } from 'enforced-tls';
import { fillQuestionnaire, finansinspektionen, judgeChange, writeQuestionnaire } from 'enforced-tls/scheme';
import { bundledRoots } from 'enforced-tls/x509';

const DOMAIN = 'member.example';
const contact = {
  name: 'Anna Berg',
  email: 'anna@member.example',
  role: 'Head of operations',
  telephone: '+46 8 000 00 00',
  department: 'IT',
};
const record = {
  company: {
    name: 'Member AB',
    organizationNumber: '556000-0000',
    streetAddress: 'Storgatan 1',
    postcode: '111 11 Stockholm',
    country: 'Sweden',
  },
  administrative: contact,
  technical: contact,
  domains: [DOMAIN],
  implementation: '2027-02-01T09:00Z',
};

/**
 * May the new mail servers and certificates be put in place? The lines that refuse, and the questionnaire to send if none does.
 * @param {{ mx: readonly { host: string, address: string }[], certificates: string }} proposal `certificates` is PEM
 * @param {{ trust?: import('enforced-tls/x509').TrustStore, issuer?: readonly string[], at?: number }} surroundings
 */
export async function planChange({ mx, certificates }, surroundings = {}) {
  const { trust = bundledRoots(), issuer = ['DigiCert'], at = Date.now() } = surroundings;
  const verdict = await judgeChange({ domain: DOMAIN, mx, certificates, trust, issuer, at });
  const refusals = verdict.lines
    .filter(({ result }) => result === 'fail' || result === 'unknown')
    .map(({ host, name, reason }) => `${host}: ${name}, ${reason}`);
  if (refusals.length > 0) return { refusals, letter: null };
  const filled = fillQuestionnaire(record, { certificates: verdict.facts });
  return { refusals, letter: writeQuestionnaire(filled, 'text') };
}

/** @param {Partial<import('enforced-tls').SenderOptions>} surroundings */
export function createMemberSender(surroundings = {}) {
  return createSender({
    ehloName: 'out.member.example',
    queue: './mail.sqlite',
    default: 'opportunistic',
    policies: [finansinspektionen()],
    ...surroundings,
  });
}

/**
 * Every check with every gateway of the authority, as text; no mail is sent.
 * @param {import('enforced-tls').Sender} sender
 */
export async function lookAtAuthority(sender) {
  const report = await sender.preflight('fi.se');
  return { ready: report.takesMail, text: writePreflight(report) };
}
