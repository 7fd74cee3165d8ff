/**
 * A plugin for Haraka 3: copy it to `plugins/enforced_tls.js`, name it in `config/plugins` behind `tls`, fill in the list,
 * and install `enforced-tls` where Haraka is installed. Mail from the listed partners is refused unless it comes over TLS,
 * and so is what fails SPF.
 */
const { createSystemResolver } = require('enforced-tls/route');
const { bits } = require('enforced-tls/scheme');
const { createInboundGuard } = require('enforced-tls/inbound');

/** Replies of Haraka with codes of one's own. @param {import('enforced-tls/inbound').Refusal} refusal */
function replyOf({ code, enhanced, text }) {
  const [, subject, detail] = enhanced.split('.');
  return require('haraka-dsn').create(code, text, Number(subject), Number(detail));
}

/** Haraka calls this once; `this` is the plugin. */
exports.register = function () {
  this.guard = exports.createGuard();
  this.register_hook('mail', 'judge_mail');
  this.register_hook('data_post', 'judge_message');
};

/** What is asked of clients; options of `createInboundGuard` replace what stands here. */
exports.createGuard = (options = {}) =>
  createInboundGuard({
    resolver: createSystemResolver(),
    profile: 'best-efforts',
    policies: [bits({ domains: ['partner.example'] })],
    name: 'mx.bank.example',
    ...options,
  });

/** The facts of a connection. */
function sessionOf(connection) {
  const { cipher, enabled } = connection.tls;
  return {
    ip: connection.remote.ip,
    ehlo: connection.hello.host ?? '',
    tls: enabled
      ? { protocol: cipher.version ?? 'unknown', cipher: cipher.standardName ?? cipher.name ?? 'unknown' }
      : null,
  };
}

/**
 * Haraka goes on as if nothing had been said when a plugin throws, so whatever goes wrong here refuses for now.
 * @param {() => Promise<import('enforced-tls/inbound').InboundVerdict>} judge
 */
async function answer(next, connection, judge) {
  try {
    const verdict = await judge();
    if (!verdict.accept) return next(DENY, replyOf(verdict));
    // One field a line, folded lines begin with a tab.
    for (const field of verdict.fields.split(/\r\n(?!\t)/).filter(Boolean)) {
      const colon = field.indexOf(':');
      connection.transaction.add_leading_header(field.slice(0, colon), field.slice(colon + 1).trim());
    }
    return next();
  } catch (error) {
    connection.logerror(String(error));
    return next(DENYSOFT, 'Cannot check the session now');
  }
}

/** At MAIL: TLS, policies of the domain, SPF. */
exports.judge_mail = function (next, connection, [sender]) {
  return answer(next, connection, async () =>
    this.guard.mail(sender.format().slice(1, -1), sessionOf(connection)),
  );
};

/** After DATA: Sender ID, where the guard is told to check it. */
exports.judge_message = function (next, connection) {
  if (!this.guard.readsHeader) return next();
  return answer(next, connection, async () => {
    // Haraka keeps lines with LF; the guard reads them as they came.
    const lines = connection.transaction.header.lines().join('').replaceAll(/\r?\n/g, '\r\n');
    return this.guard.message(Buffer.from(lines), sessionOf(connection));
  });
};
