/** Servers and senders of the benchmarks, each in a process of its own: what they say is lines of JSON. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (script) => fileURLToPath(new URL(script, import.meta.url));

/** Starts a server of this folder; `ready` is its first line, `seen` what it says of all since the last question. */
export async function startServer(script, args) {
  const child = spawn(process.execPath, [here(script), ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  return {
    ready: await next(),
    seen() {
      child.stdin.write('seen\n');
      return next();
    },
    /** Resolves when it has ended. */
    close: () => new Promise((resolve) => child.once('exit', resolve).kill()),
  };
}

/** Runs a sender of this folder to its end; what it printed. */
export async function runSender(script, args) {
  const child = spawn(process.execPath, ['--no-warnings', here(script), ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 600_000,
  });
  let text = '';
  child.stdout.on('data', (octets) => (text += octets));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${script} ${args[0]} failed`);
  return JSON.parse(text);
}
