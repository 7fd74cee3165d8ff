/**
 * Every message is signed with DKIM when it is put, reports of the sender too. The signature is made by mailauth; what it
 * signs goes out to the octet.
 */
import { Readable } from 'node:stream';
import { createContext, createSender } from 'enforced-tls';
import { dkimSign } from 'mailauth';

/**
 * A hook for `sign`.
 * @param {{ domain: string, selector: string, privateKey: string }} key `privateKey`: PEM
 * @returns {import('enforced-tls').SignHook}
 */
export function signWithDkim({ domain, selector, privateKey }) {
  return async (message) => {
    const octets = Readable.from(message.open(createContext()));
    // mailauth reads `signatureData`; its types ask for the same beside it.
    const signature = { signingDomain: domain, selector, privateKey };
    const { signatures, errors } = await dkimSign(octets, { ...signature, signatureData: [signature] });
    // An unsigned message would go out all the same: `send` rejects instead.
    if (errors.length > 0) throw new Error('the message cannot be signed', { cause: errors });
    return signatures;
  };
}

/**
 * @param {{ domain: string, selector: string, privateKey: string }} key
 * @param {Partial<import('enforced-tls').SenderOptions>} surroundings for tests
 */
export function createSigningSender(key, surroundings = {}) {
  return createSender({
    ehloName: 'out.bank.example',
    queue: './mail.sqlite',
    default: 'verified',
    complete: true,
    sign: signWithDkim(key),
    ...surroundings,
  });
}
