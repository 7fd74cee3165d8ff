/**
 * `npm run demo`: a small internet on loopback, one delivery, one refusal of each kind, and what five days do to a mail
 * that cannot go out. Every line about a result is made from what the package returned.
 *
 *   --distrust   the sender does not trust the authority of this world: see what becomes of the delivery
 *
 * The exit code is 0 when the honest server, and no other, was told of a message.
 */
import { parseArgs } from 'node:util';
import { createPage } from './page.mjs';
import { runDemo } from './run.mjs';

const { values } = parseArgs({ options: { distrust: { type: 'boolean', default: false } } });
const { asItShould } = await runDemo({ ...values, page: createPage(process.stdout) });
process.exitCode = asItShould ? 0 : 1;
