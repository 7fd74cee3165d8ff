/**
 * The steps of a delivery by hand: policy, route, connection, STARTTLS, verdict, the door, transaction. Each piece stands
 * alone; `transact` takes nothing but what `admit` gave.
 */
import { createContext, parseEnvelope, prepareMessage } from 'enforced-tls';
import { createBase, decide, parseTable } from 'enforced-tls/policy';
import { createSystemResolver, resolveRoute } from 'enforced-tls/route';
import { connect, createSecureContexts, greet, startTls, transact } from 'enforced-tls/smtp';
import { admit, judge } from 'enforced-tls/verdict';
import { bundledRoots } from 'enforced-tls/x509';

const EHLO_NAME = 'out.bank.example';

/**
 * Sends a mail to one recipient domain, to the first of its hosts. A sender would go on to the next host, and try again.
 * @param {{ from: string, to: string, text: string }} mail
 * @param {Surroundings} surroundings
 *
 * @typedef {object} Surroundings what a test puts in place of DNS, network, roots and clock
 * @property {import('enforced-tls/route').Resolver} [resolver]
 * @property {import('enforced-tls/smtp').Dial} [dial]
 * @property {import('enforced-tls/x509').TrustStore} [trust]
 * @property {import('enforced-tls').Clock} [clock]
 * @property {import('enforced-tls/route').RouteOptions} [route]
 */
export async function deliverByHand({ from, to, text }, surroundings = {}) {
  const {
    resolver = createSystemResolver(),
    trust = bundledRoots(),
    clock,
    route: routeOptions = {},
  } = surroundings;
  const ctx = createContext(clock === undefined ? {} : { clock });
  const domain = to.slice(to.lastIndexOf('@') + 1);

  // What must hold.
  const table = parseTable([{ match: 'partner.example', level: 'verified' }]);
  const base = createBase({ default: 'verified', trust });
  const plan = await decide(domain, { table, sources: [], base }, null, ctx);

  // Where to go.
  const route = await resolveRoute({ domain, plan, configured: null }, routeOptions, resolver, ctx);
  if (route.kind === 'unroutable') return { delivered: false, reason: route.reason, checks: [] };
  const [target] = route.targets;

  // Connect, in clear: the greeting, EHLO, and nothing else.
  const dial = surroundings.dial === undefined ? {} : { dial: surroundings.dial };
  const connection = await connect(target, { ehloName: EHLO_NAME, ...dial }, ctx);
  try {
    // Encrypt, and see what the server shows.
    const secureContext = createSecureContexts().get({
      store: trust,
      suites: plan.ciphers,
      minProtocol: plan.minProtocol,
      clientCertificate: null,
    });
    const facts = await startTls(connection, { secureContext, servername: target.host }, ctx);

    // Judge it. Without a pass there is no session, and without a session no mail.
    const verdict = judge({ plan, target, facts, tlsFailure: null, now: ctx.clock.now() });
    if (!verdict.passed) return { delivered: false, reason: verdict.reason, checks: verdict.checks };
    await greet(connection, ctx);
    const session = admit(connection, verdict);
    if (session === null) throw new Error('a verdict that passed opens the door');

    // Send.
    const envelope = parseEnvelope({ from, recipients: to });
    const message = await prepareMessage(
      Buffer.from(text),
      { complete: true, messageIdDomain: EHLO_NAME },
      ctx,
    );
    const result = await transact(session, envelope, message, ctx);
    const [recipient] = result.recipients;
    return { delivered: recipient.result === 'accepted', reason: recipient.reason, checks: verdict.checks };
  } finally {
    await connection.quit(ctx);
  }
}
