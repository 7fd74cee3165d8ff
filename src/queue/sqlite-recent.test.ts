import { expect, it } from 'vitest';
import { makeSubmission, START } from '../testing/queue-suite-mail.js';
import { packSubmission } from './sqlite-jobs.js';
import { createRecent, type Recent, type Written } from './sqlite-recent.js';
import type { StoredRow } from './stored-job.js';

async function written(id: string): Promise<Written> {
  return packSubmission(await makeSubmission({ id, domains: ['b.example', 'c.example'] }));
}

/** The row of the second job, as the file has it. */
function rowOf({ submission, facts, jobs }: Written, change: Partial<StoredRow> = {}): StoredRow {
  const [, job] = submission.jobs;
  const [, packed] = jobs;
  if (job === undefined || packed === undefined) throw new Error('expected two jobs');
  const { id, domain, createdAt, expiresAt } = job;
  const times = { createdAt, expiresAt, endedAt: null, attempts: 0, interruptions: 0 };
  return { id, domain, submissionId: submission.id, facts, ...packed, ...times, ...change };
}

function remembering(...all: readonly Written[]): Recent {
  const recent = createRecent({ remembers: true });
  for (const each of all) recent.remember(each);
  return recent;
}

it('Q-1: a job that was put a moment ago is the one that was put, with what its row counts', async () => {
  const mail = await written('s1');
  const job = remembering(mail).jobOf(rowOf(mail, { attempts: 1, interruptions: 2 }));
  expect(job).toMatchObject({ id: 's1.2', domain: 'c.example', attempts: 1, interruptions: 2 });
  expect(job?.message).toBe(mail.submission.message);
});

it.each<Partial<StoredRow>>([
  { recipients: '[]' },
  { floor: '{}' },
  { kept: '{}' },
  { facts: '{}' },
  { endedAt: START },
  { id: 's1.3' },
])('AT-55: the row decides: %j is read from the file', async (change) => {
  const mail = await written('s1');
  expect(remembering(mail).jobOf(rowOf(mail, change))).toBeNull();
});

it('AT-55: octets that others could change meanwhile are not remembered', async () => {
  const mail = await written('s1');
  const { message } = mail.submission;
  const open = async function* (): AsyncGenerator<Uint8Array> {
    yield* message.open({} as never);
  };
  const theirs = { ...mail, submission: { ...mail.submission, message: { ...message, open } } };
  expect(remembering(theirs).jobOf(rowOf(theirs))).toBeNull();
});

it('AT-52: nothing is remembered where octets are sealed', async () => {
  const mail = await written('s1');
  const recent = createRecent({ remembers: false });
  recent.remember(mail);
  expect(recent.jobOf(rowOf(mail))).toBeNull();
});

it('Q-1: only so many octets are remembered, the latest', async () => {
  const first = await written('s0');
  const recent = remembering(first);
  const message = { ...first.submission.message, size: 60_000 };
  for (let i = 0; i < 150; i += 1) {
    recent.remember({ ...first, submission: { ...first.submission, message, id: `large${i}` } });
  }
  expect(recent.jobOf(rowOf(first))).toBeNull();
  const last = await written('last');
  recent.remember(last);
  expect(recent.jobOf(rowOf(last))).not.toBeNull();
  recent.forget('last');
  expect(recent.jobOf(rowOf(last))).toBeNull();
});

it('Q-1: a small message to many recipients counts with all of them', async () => {
  const many = packSubmission(
    await makeSubmission({ id: 's1', recipients: Array.from({ length: 1000 }, (_, i) => `r${i}`) }),
  );
  expect(createRecent({ remembers: true }).remember(many)).toBe(false);
});
