// The thread that thinks: it answers, fails one question without losing the next, keeps to its deadline and its memory, and ends with the server.
import { afterEach, expect, test } from 'vitest';
import pino from 'pino';
import { host, network, replica, snapshot, workload } from '#scheduler/fixtures/build.ts';
import type { Snapshot } from '#scheduler/model.ts';
import { openQuestions, type Questioner } from './questions.ts';

const opened: Questioner[] = [];
const open = (options: { memoryMib?: number; idleMs?: number } = {}) => {
  const questions = openQuestions({ log: pino({ level: 'silent' }), ...options });
  opened.push(questions);
  return questions;
};
afterEach(async () => {
  for (const questions of opened.splice(0)) await questions[Symbol.asyncDispose]();
});

const SMALL = snapshot({ workloads: [workload('w1')], replicas: [replica('w1', 1, 'h1', '10.1.0.10')] });
/** With so many hosts and replicas that every question about it takes seconds. */
const large = (replicasEach = 60): Snapshot => {
  const hosts = Array.from({ length: 3_000 }, (_, index) => host(`h${String(index).padStart(5, '0')}`, { rack: `r${index % 50}` }));
  const workloads = Array.from({ length: 300 }, (_, index) => workload(`w${index}`, { peakQps: 1_000, survive: 'rack' }));
  const replicas = workloads.flatMap(({ id }, at) => Array.from({ length: replicasEach }, (_, index) => replica(id, index + 1, hosts[(at * 60 + index) % 3_000]!.id, `10.1.${Math.floor((at * 60 + index) / 250) + 1}.${(at * 60 + index) % 250}`)));
  return { ...SMALL, hosts, networks: [network('n1', 1)], workloads, replicas };
};
const survives = (questions: Questioner, of: Snapshot = SMALL) => questions.ask('survival', of, { domains: ['host'] });

test('it answers, and what cannot be asked fails with the field and what is allowed', async () => {
  const questions = open();
  expect(await survives(questions)).toEqual([{ domain: 'host', tried: 1, survives: true, failures: [] }]);
  const nothing = questions.ask('simulate', SMALL, { changes: [{ kind: 'drain', hostIds: ['nobody'] }], pools: [], withProof: false });
  await expect(nothing).rejects.toMatchObject({ name: 'InvalidError', code: 'question-invalid', fields: [{ field: 'changes.0.hostIds', value: 'nobody', allowed: 'a host of the fleet' }] });
  // The same snapshot is not sent again, another one is.
  expect(await survives(questions)).toHaveLength(1);
  const lost = { ...SMALL, hosts: SMALL.hosts.map((each) => ({ ...each, state: each.id === 'h1' ? ('ready' as const) : ('lost' as const) })) };
  expect(await survives(questions, lost)).toMatchObject([{ survives: false }]);
});

test('a question that takes too long fails with its deadline, and the next one is answered by a new thread', async () => {
  const questions = open();
  const slow = questions.ask('frontier', large(), {}, { deadlineMs: 60 });
  await expect(slow).rejects.toMatchObject({ name: 'UnavailableError', message: expect.stringContaining('found no answer within') });
  expect(await survives(questions)).toHaveLength(1);
}, 20_000);

test('a question that needs too much memory fails by saying so, and the next one is answered', async () => {
  // Far from both: a thread that does nothing needs about 11 MiB, this many replicas need over a hundred.
  const questions = open({ memoryMib: 40 });
  await expect(survives(questions, large(600))).rejects.toMatchObject({ name: 'UnavailableError', message: expect.stringMatching(/more memory than its limit of 40 MiB|ended/) });
  expect(await survives(questions)).toHaveLength(1);
}, 30_000);

test("of waiting questions with one key the newest counts, and people's come before the server's own", async () => {
  const questions = open();
  const order: string[] = [];
  const ask = async (name: string, terms: { key?: string; urgent?: boolean }) => {
    await questions.ask('survival', SMALL, { domains: ['host'] }, terms);
    order.push(name);
  };
  const first = ask('first', {});
  const replaced = ask('old', { key: 'ann' });
  const own = ask('own', {});
  const newest = ask('new', { key: 'ann', urgent: true });
  expect(questions.pending).toBe(3);
  await expect(replaced).rejects.toMatchObject({ code: 'question-replaced' });
  await Promise.all([first, own, newest]);
  expect(order).toEqual(['first', 'new', 'own']);
  expect(questions.pending).toBe(0);
});

test('closing ends what is thought about and refuses what comes', async () => {
  const questions = open();
  const under = survives(questions, large());
  const waiting = survives(questions);
  const outcomes = Promise.allSettled([under, waiting]);
  await questions[Symbol.asyncDispose]();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(survives(questions)).rejects.toMatchObject({ message: 'The server is stopping.' });
});

test('after a while without a question its memory is given back, and the next one starts it again', async () => {
  const questions = open({ idleMs: 20 });
  await survives(questions);
  await new Promise((done) => setTimeout(done, 60));
  expect(await survives(questions)).toHaveLength(1);
});
