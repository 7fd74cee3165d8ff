/**
 * What the scenes share: the mail they send, and what servers heard of it.
 */

/**
 * @typedef {object} Scene
 * @property {import('./page.mjs').Page} page
 * @property {import('enforced-tls/testing').FakeClock} clock
 * @property {import('enforced-tls/testing').Authority} authority
 * @property {Partial<import('enforced-tls').SenderOptions>} settings
 */

/**
 * A mail to these recipients.
 * @param {readonly string[]} recipients
 * @returns {import('enforced-tls').Mail}
 */
export function mailTo(...recipients) {
  return {
    from: 'ops@bank.example',
    to: recipients,
    message: Buffer.from(
      'From: ops@bank.example\r\nTo: undisclosed-recipients:;\r\nSubject: Monthly report\r\n\r\nThe figures are attached.\r\n',
    ),
  };
}

/**
 * The MAIL FROM commands that servers of this world heard; stops the demo if one word of an envelope ever went in clear.
 * @param {import('enforced-tls/testing').World} world
 */
export function mailsHeard(world) {
  world.noEnvelopeOutsideTls();
  const commands = world.servers.flatMap((server) => server.connections).flatMap((each) => each.commands);
  return commands.filter(({ verb }) => verb === 'MAIL');
}
