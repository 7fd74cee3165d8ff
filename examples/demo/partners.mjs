/**
 * The partners of scene 2 as data: what is wrong with each. What a sender then finds is not written anywhere here.
 */
import { describeFault } from 'enforced-tls/testing';

/**
 * @typedef {object} Partner
 * @property {string} domain
 * @property {string} wrong in words
 * @property {import('enforced-tls/testing').WorldServerOptions} server
 * @property {import('enforced-tls').PolicyRule} [policy] what the sender asks of this partner alone
 */

/** A partner whose server goes wrong in a named way. @param {string} label @param {import('enforced-tls/testing').Fault} fault */
const faulty = (label, fault) => ({
  domain: `${label}.example`,
  wrong: describeFault(fault),
  server: { fault },
});

/**
 * A partner whose server is in order, and of whom the sender asks something that does not hold.
 * @param {string} label
 * @param {string} wrong
 * @param {(domain: string) => import('enforced-tls').PolicyRule} policy
 */
const asked = (label, wrong, policy) => ({
  domain: `${label}.example`,
  wrong,
  server: {},
  policy: policy(`${label}.example`),
});

/** @type {readonly { title: string, partners: readonly Partner[] }[]} */
export const groups = [
  {
    title: 'Encryption cannot be had',
    partners: [
      faulty('clear', 'noStarttls'),
      faulty('stripped', 'strippedXXXX'),
      faulty('unwilling', 'starttls502'),
      faulty('unable', 'starttls454'),
      faulty('injected', 'injectAfter220'),
      faulty('closes', 'closeAfter220'),
      faulty('silent', 'hangAfter220'),
      faulty('old', 'tls11Only'),
      faulty('alert', 'alertInHandshake'),
      faulty('mutual', 'clientCertRequired:tls13'),
    ],
  },
  {
    title: 'The certificate does not hold',
    partners: [
      faulty('expired', 'cert:expired'),
      faulty('early', 'cert:notYet'),
      faulty('self-signed', 'cert:selfSigned'),
      faulty('other-name', 'cert:wrongHost'),
      faulty('half-chain', 'cert:missingIntermediate'),
      faulty('stranger', 'cert:unknownCa'),
      faulty('private', 'cert:privateRootSent'),
      faulty('distrusted', 'cert:distrustedRoot'),
      faulty('purpose', 'cert:ekuClientOnly'),
      faulty('short-key', 'cert:rsa1024'),
      faulty('constrained', 'cert:nameConstraint'),
      faulty('critical', 'cert:unknownCriticalExtension'),
      faulty('no-authority', 'cert:issuerNotCa'),
    ],
  },
  {
    title: 'The server is in order, and not what was agreed',
    partners: [
      {
        ...faulty('common-name', 'cert:sanMatchCnOther'),
        policy: { match: 'common-name.example', nameMode: 'san-and-cn' },
      },
      asked('moved', 'the MX names another host than the agreed one', (match) => ({
        match,
        mx: ['mx.agreed.example'],
      })),
      asked('unsigned', 'the rule wants MX names that more than unsigned DNS vouches for', (match) => ({
        match,
        requireMxAuth: true,
      })),
      asked('issuer', 'the rule names another issuer', (match) => ({ match, issuer: ['Agreed Authority'] })),
      asked('unread', 'the list of partners cannot be read at present', (listed) => ({
        name: 'list of partners',
        find: (domain) =>
          domain === listed ? { kind: 'unknown', cause: 'the file is locked' } : { kind: 'none' },
      })),
    ],
  },
];

const partners = groups.flatMap((group) => group.partners);

/** Each partner has one mail server. */
export const zones = Object.fromEntries(partners.map(({ domain }) => [domain, { mx: [`mx.${domain}`] }]));

/** Servers by name. */
export const servers = Object.fromEntries(partners.map(({ domain, server }) => [`mx.${domain}`, server]));

/** What the sender asks beyond its default. */
export const policies = partners.flatMap(({ policy }) => policy ?? []);
