/**
 * A small internet for tests: zones, mail servers, a clock that a test moves, an authority that certifies, and the options
 * with which a sender lives in it. Nothing leaves loopback; seven days pass in milliseconds.
 *
 *   1. every mail server that a zone names stands at an address of its own in 127.0.0.0/8, honest unless told otherwise
 *   2. `dial` leads from those addresses to the ports where the servers really listen
 *   3. `deliver` hands a mail to a sender and lets time pass until each recipient has been tried once
 *
 * Failure: ConfigError for options that make no sense; AssertionError where a test's expectation does not hold.
 */
import type net from 'node:net';
import type { Context } from '../core/context.js';
import { ConfigError } from '../core/errors.js';
import { canonicalDomain } from '../core/domain.js';
import { refuseUnknownOptions } from '../core/options.js';
import type { Outcome } from '../deliver/outcome.js';
import type { Mail } from '../mail.js';
import { memoryQueue } from '../queue/memory.js';
import type { Report, SenderOptions } from '../sender-options.js';
import type { Receipt } from '../tracker.js';
import type { Endpoint } from '../smtp/endpoint.js';
import { parseCertificates } from '../x509/parse.js';
import { createTrustStore, type TrustStore } from '../x509/trust-store.js';
import { createAssertions, type ServerAssertions } from './assertions.js';
import { type Authority, createAuthority } from './authority.js';
import { createFakeClock, type FakeClock } from './clock.js';
import { formatTranscript } from './recording.js';
import { createSmtpServer, type SmtpServer, type SmtpServerOptions } from './smtp-server.js';
import { createZoneResolver, type Failures, type ZoneResolver, type Zones } from './zones.js';

/** Options of a server of a world; the world gives it host, authority and clock. */
export type WorldServerOptions = Omit<SmtpServerOptions, 'host' | 'authority' | 'clock' | 'address'>;

/** What a world is made of. */
export interface WorldOptions {
  /** Names and their records. A mail server that a zone names and that has no records of its own gets an address. */
  readonly zones: Zones;
  /** Mail servers by name; those that zones name and that are missing here are honest. */
  readonly servers?: Readonly<Record<string, WorldServerOptions>>;
  /** Questions to the DNS that fail: `{ 'partner.example/MX': 'servfail' }`. */
  readonly failures?: Failures;
  /** Default: one that stands still until the test moves it. */
  readonly clock?: FakeClock;
  /** Default: a new one. Sharing one between worlds saves some milliseconds. */
  readonly authority?: Authority;
}

/** A world. Its assertions are about all of its servers. */
export interface World extends ServerAssertions {
  readonly clock: FakeClock;
  readonly resolver: ZoneResolver;
  readonly authority: Authority;
  /** Trusts the world's authority and distrusts its `distrusted` root. */
  readonly trust: TrustStore;
  /** Reports that the senders of this world made, in order; each once. */
  readonly ndrs: readonly Report[];
  /** The server of this name. @throws ConfigError `server-unknown` */
  server(host: string): SmtpServer;
  readonly servers: readonly SmtpServer[];
  /** Opens a connection to the server at an address of this world, as the `dial` of a sender. */
  dial(endpoint: Endpoint, ctx: Context): Promise<net.Socket>;
  /**
   * Options for `createSender`: resolver, clock, dial, trust, private addresses, a queue in memory, class `verified` for
   * every domain, and work by call. What is given replaces or adds.
   */
  senderOptions(more?: Partial<SenderOptions>): SenderOptions;
  /**
   * Sends a mail and lets time pass until each recipient has been tried once: the outcomes of that attempt.
   * @throws Error when the sender never tries: the mail is not due, or suspended, and no timer waits
   */
  deliver(sender: WorldSender, mail: Mail): Promise<Delivery>;
  /** Every conversation of every server as text. */
  transcript(): string;
  /** Ends all servers. */
  close(): Promise<void>;
}

/** A mail that was tried, and what came of the attempt. */
export interface Delivery {
  readonly receipt: Receipt;
  readonly outcomes: readonly Outcome[];
}

/** What `deliver` needs of a sender. */
export interface WorldSender {
  send(mail: Mail): Promise<Receipt>;
  processOnce(): Promise<number>;
}

/**
 * Makes a world.
 * @throws ConfigError `option-unknown`, `zone-invalid`, `fault-unknown`, `peer-missing`
 */
export async function createWorld(options: WorldOptions): Promise<World> {
  refuseUnknownOptions(options, ['zones', 'servers', 'failures', 'clock', 'authority'], 'createWorld');
  const clock = options.clock ?? createFakeClock();
  const authority = options.authority ?? (await createAuthority({ clock }));
  const resolver = createZoneResolver(options.zones, options.failures);
  const byName = await startServers(options, authority, clock);
  const byAddress = addressServers(options.zones, byName, resolver);
  const servers = [...byName.values()];
  const unwatch = clock.watch(() => servers.reduce((sum, server) => sum + server.activity, 0));
  const connections = () => servers.flatMap((server) => server.connections);
  const ndrs: Report[] = [];
  const dial = (endpoint: Endpoint, ctx: Context): Promise<net.Socket> => {
    const server = byAddress.get(endpoint.address);
    if (server !== undefined) return server.dial(ctx.signal);
    const error = new Error(`no server stands at ${endpoint.address} in this world`);
    return Promise.reject(Object.assign(error, { code: 'ECONNREFUSED' }));
  };
  const trust = trustOf(authority);
  return {
    ...createAssertions(connections),
    clock,
    resolver,
    authority,
    trust,
    ndrs,
    servers,
    server: (host) => findServer(byName, host),
    dial,
    senderOptions: (more = {}) => ({
      ehloName: 'out.bank.example',
      default: 'verified',
      resolver,
      clock,
      dial,
      trust,
      allowPrivateAddresses: ['127.0.0.0/8'],
      queue: memoryQueue(),
      work: 'by-call',
      ...more,
      reports: { ...more.reports, onReport: (report) => noteReport(ndrs, report, more) },
    }),
    async deliver(sender, mail) {
      const [done] = await deliverTogether(sender, [mail], clock);
      return done as Delivery;
    },
    transcript: () => formatTranscript(connections()),
    async close() {
      unwatch();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** Servers that are named in `servers` or as an MX without records of its own. */
async function startServers(
  options: WorldOptions,
  authority: Authority,
  clock: FakeClock,
): Promise<Map<string, SmtpServer>> {
  const given = new Map(
    Object.entries(options.servers ?? {}).map(([host, server]) => [nameOf(host), server]),
  );
  const zoned = new Set(Object.keys(options.zones).map(nameOf));
  const named = Object.values(options.zones)
    .flatMap((zone) => zone.mx ?? [])
    .map((text) => nameOf(text.split(' ').at(-1) ?? ''))
    .filter((host) => host !== '' && !zoned.has(host));
  const hosts = [...new Set([...given.keys(), ...named])];
  const started = await Promise.allSettled(
    hosts.map((host) => createSmtpServer({ ...given.get(host), host, authority, clock })),
  );
  const servers = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = started.find((each) => each.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(servers.map((server) => server.close()));
    throw failed.reason;
  }
  return new Map(servers.map((server) => [nameOf(server.host), server]));
}

/** Gives each server an address of its own where its zone names none. */
function addressServers(
  zones: Zones,
  servers: ReadonlyMap<string, SmtpServer>,
  resolver: ZoneResolver,
): Map<string, SmtpServer> {
  const byName = new Map(Object.entries(zones).map(([name, zone]) => [nameOf(name), zone]));
  const byAddress = new Map<string, SmtpServer>();
  let next = 10;
  for (const [host, server] of servers) {
    const zone = byName.get(host) ?? {};
    const addresses = [...(zone.a ?? []), ...(zone.aaaa ?? [])];
    if (addresses.length === 0 && zone.cname === undefined) {
      const address = `127.0.${Math.floor(next / 250)}.${(next % 250) + 1}`;
      next += 1;
      resolver.set(host, { ...zone, a: [address] });
      addresses.push(address);
    }
    for (const address of addresses) byAddress.set(address, server);
  }
  return byAddress;
}

function nameOf(host: string): string {
  return canonicalDomain(host) ?? host.toLowerCase();
}

function findServer(servers: ReadonlyMap<string, SmtpServer>, host: string): SmtpServer {
  const server = servers.get(nameOf(host));
  if (server !== undefined) return server;
  throw new ConfigError(
    'server-unknown',
    `world.server: expected one of ${[...servers.keys()].join(', ') || 'none'}, got "${host}"`,
  );
}

function trustOf(authority: Authority): TrustStore {
  const distrusted = parseCertificates(authority.distrusted.certificate);
  const roots = [...parseCertificates(authority.trust), ...distrusted];
  return createTrustStore(
    'test world',
    roots.map((certificate) => ({ certificate, distrustAfter: null })),
    { distrusted: distrusted.map((certificate) => certificate.sha256) },
  );
}

/** Reports come again when the host's callback failed; the list has each once. */
async function noteReport(ndrs: Report[], report: Report, more: Partial<SenderOptions>): Promise<void> {
  if (!ndrs.some((known) => known.id === report.id)) ndrs.push(report);
  await more.reports?.onReport?.(report);
}

/** Sends mails at the same time and lets time pass until each has been tried once. */
export async function deliverTogether(
  sender: WorldSender,
  mails: readonly Mail[],
  clock: FakeClock,
): Promise<Delivery[]> {
  const receipts = await Promise.all(mails.map((mail) => sender.send(mail)));
  const attempted = Promise.all(
    receipts.map(async (receipt) => ({ receipt, outcomes: await receipt.attempted })),
  );
  let tried = false;
  void attempted.then(() => (tried = true));
  // One call works for a limited time: silent servers use it up, and the rest is for the next call.
  let worked = 1;
  while (!tried && worked > 0) worked = await clock.until(sender.processOnce());
  // A sender that works by itself may have taken the job first; one that does not has left it.
  return clock.until(attempted);
}
