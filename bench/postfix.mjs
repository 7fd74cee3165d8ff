/**
 * The whole way, compared: a message is kept so that it survives a power cut, delivered over verified TLS, and its outcome
 * is kept. This library with its SQLite queue and Postfix take turns against the same sink, on the same disk.
 *
 *   npm run bench:postfix -- [--rounds 5] [--messages 5000] [--size 4096] [--sessions 20] [--json FILE]
 *
 * As root, with Postfix installed (Debian: `apt-get install postfix`); the one that runs here has a configuration and a queue
 * of its own on loopback. It gets its mail by SMTP from `smtp-source` (so many sessions) and reuses TLS connections. The sink
 * offers CHUNKING, of which Postfix makes no use when it sends. Its time ends when the sink has the last message; ours when
 * the last outcome is kept. Quote the ratio: it is taken within a round.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createAuthority } from '../dist/testing/index.js';
import { runSender, startServer } from './children.mjs';
import { machine, median } from './figures.mjs';
import { messageOf } from './message.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    messages: { type: 'string', default: '5000' },
    size: { type: 'string', default: '4096' },
    connections: { type: 'string', default: '5' },
    sessions: { type: 'string', default: '20' },
    folder: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
  },
});
const count = Number(values.messages);
const size = Number(values.size);
const folder = mkdtempSync(join(values.folder, 'postfix-bench-'));
const file = (name, content) => {
  const path = join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** A Postfix that relays what it gets on loopback to the sink, over verified TLS. */
async function startPostfix(sinkPort) {
  const etc = file('etc');
  const port = await freePort();
  for (const name of ['etc', 'spool', 'data']) mkdirSync(file(name));
  chmodSync(folder, 0o755);
  chownSync(file('data'), Number(execFileSync('id', ['-u', 'postfix'])), statSync(folder).gid);
  writeFileSync(
    join(etc, 'main.cf'),
    `compatibility_level = 3.6
queue_directory = ${file('spool')}
data_directory = ${file('data')}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${file('log')}
maillog_file_prefixes = ${folder}
myhostname = out.bank.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtp_dns_support_level = disabled
smtp_host_lookup = native
alias_maps =
relayhost = [127.0.0.1]:${sinkPort}
smtp_tls_security_level = secure
smtp_tls_secure_cert_match = mx.sink.test
smtp_tls_CAfile = ${file('ca.pem')}
smtp_tls_connection_reuse = yes
biff = no
`,
  );
  writeFileSync(
    join(etc, 'master.cf'),
    `127.0.0.1:${port} inet n - n - - smtpd
postlog  unix-dgram n - n - 1 postlogd
qmgr     unix n - n 300 1 qmgr
tlsmgr   unix - - n 1000? 1 tlsmgr
tlsproxy unix - - n - 0 tlsproxy
scache   unix - - n - 1 scache
smtp     unix - - n - - smtp
verify   unix - - n - 1 verify
anvil    unix - - n - 1 anvil
cleanup  unix n - n - 0 cleanup
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
trace    unix - - n - 0 bounce
rewrite  unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
error    unix - - n - - error
retry    unix - - n - - error
`,
  );
  // Postfix waits for files that have just been changed.
  execFileSync('touch', ['-d', '1 minute ago', join(etc, 'main.cf'), join(etc, 'master.cf')]);
  execFileSync('postfix', ['-c', etc, 'start'], { stdio: 'pipe' });
  return { port, close: () => execFileSync('postfix', ['-c', etc, 'stop'], { stdio: 'pipe' }) };
}

/** Messages a second from the first octet in to the last message at the sink. */
async function runPostfix(postfix, sink, messages) {
  const args = [
    '-d',
    '-s',
    values.sessions,
    '-m',
    String(messages),
    '-f',
    'ops@bank.test',
    '-t',
    'anna@sink.test',
  ];
  const began = performance.now();
  const source = spawn('smtp-source', [...args, '-F', file('message'), `127.0.0.1:${postfix.port}`], {
    stdio: 'inherit',
  });
  let arrived = 0;
  while (arrived < messages) {
    if (performance.now() - began > 120_000) throw new Error(`postfix: ${arrived} of ${messages} arrived`);
    await pause(10);
    arrived += (await sink.seen()).messages;
  }
  const seconds = (performance.now() - began) / 1000;
  if (source.exitCode === null) await once(source, 'exit');
  return messages / seconds;
}

/** Messages a second from the first `send` to the last outcome that is kept. */
async function runOurs(sink, round) {
  const { rate } = await runSender('send.mjs', [
    'durable',
    sink.ready.port,
    file('ca.pem'),
    count,
    size,
    values.connections,
    file(`queue-${round}.sqlite`),
  ]);
  const { messages, digests } = await sink.seen();
  if (messages !== count || digests.length !== count) {
    throw new Error(
      `ours: ${messages} messages arrived, ${digests.length} different ones, expected ${count}`,
    );
  }
  return rate;
}

const authority = await createAuthority();
file('ca.pem', authority.trust);
// smtp-source ends the lines itself.
file('message', messageOf(0, size).toString('latin1').replaceAll('\r\n', '\n'));
const { key, chain } = authority.forHost('mx.sink.test');
const sink = await startServer('sink.mjs', [file('sink.key', key), file('sink.pem', chain), 0, 'chunking']);
const postfix = await startPostfix(sink.ready.port);
try {
  const version = execFileSync('postconf', ['-h', 'mail_version']).toString().trim();
  console.log(`${machine()}, Postfix ${version}, ${count} messages of ${size} octets`);
  await runPostfix(postfix, sink, 200);
  const rounds = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const theirs = await runPostfix(postfix, sink, count);
    const ours = await runOurs(sink, round);
    rounds.push({
      postfix: Math.round(theirs),
      ours: Math.round(ours),
      ratio: Number((ours / theirs).toFixed(2)),
    });
  }
  console.table(rounds);
  const of = (name) => median(rounds.map((round) => round[name]));
  console.log(`median: ${of('ours')}/s against ${of('postfix')}/s, ${of('ratio')} times`);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(rounds, null, 2));
} finally {
  postfix.close();
  await sink.close();
  rmSync(folder, { recursive: true, force: true });
}
