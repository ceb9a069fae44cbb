// Lanes: side by side up to a bound, one thing at a time for a replica, growing pauses after failures, nobody held up by others.
import { expect, test } from 'vitest';
import { Lanes, type LaneKind } from './lanes.ts';
import { ManualClock } from './manual-clock.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const ACTIVITY = { state: 'creating', reason: 'test' } as const;

function lanes(work = 2, removal = 2): { lanes: Lanes; clock: ManualClock; offer: (id: string, job: () => Promise<void>, more?: { kind?: LaneKind; fingerprint?: string }) => void } {
  const clock = new ManualClock();
  const made = new Lanes({ clock, log: SILENT, places: { work, removal }, onChange: () => undefined });
  return {
    lanes: made, clock,
    offer: (replicaId, job, { kind = 'work', fingerprint = 'f' } = {}) => {
      made.beginRound();
      made.offer({ replicaId, fingerprint, kind, activity: ACTIVITY, work: job });
    },
  };
}

test('removals that wait for services to end do not hold up starts', async () => {
  const { lanes: one, clock, offer } = lanes(1, 1);
  const done: string[] = [];
  offer('slow', () => new Promise(() => undefined), { kind: 'removal' });
  offer('a', async () => void done.push('a'));
  offer('b', async () => void done.push('b'));
  await clock.pass(1);
  expect(done).toEqual(['a', 'b']);
  expect(one.activity('slow')).toEqual(ACTIVITY);
});

test('no more than the bound run at once, and a replica has one job at a time', async () => {
  const { clock, offer } = lanes(2);
  let [running, most] = [0, 0];
  const finish: (() => void)[] = [];
  const job = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => finish.push(resolve));
    running -= 1;
  };
  for (const id of ['a', 'b', 'c', 'a', 'b']) offer(id, job);
  for (let round = 0; round < 6; round += 1) {
    await clock.pass(1);
    finish.shift()?.();
  }
  expect(most).toBe(2);
  expect(finish).toEqual([]);
});

test('pauses after failures double up to a minute; other work on the replica is tried at once; success forgets', async () => {
  const { lanes: one, clock, offer } = lanes();
  let attempts = 0;
  const fails = async (): Promise<void> => {
    attempts += 1;
    throw new Error('no luck');
  };
  const attemptsAfter = async (ms: number): Promise<number> => {
    await clock.pass(ms);
    offer('a', fails);
    await clock.pass(1);
    return attempts;
  };
  expect(await attemptsAfter(0)).toBe(1);
  expect(one.failure('a')).toMatchObject({ reason: 'no luck', attempts: 1 });
  expect(await attemptsAfter(900)).toBe(1);
  expect(await attemptsAfter(100)).toBe(2);
  expect(await attemptsAfter(1_500)).toBe(2);
  expect(await attemptsAfter(500)).toBe(3);
  for (let round = 0; round < 10; round += 1) await attemptsAfter(60_000);
  const before = attempts;
  expect(await attemptsAfter(58_000)).toBe(before);
  expect(await attemptsAfter(2_000)).toBe(before + 1);
  offer('a', async () => undefined, { fingerprint: 'another image' });
  await clock.pass(1);
  expect(one.failure('a')).toBeUndefined();
});

test('what was seen before a job ended is not acted upon: it is offered again in the next round only', async () => {
  const { lanes: one, clock } = lanes();
  let runs = 0;
  const job = { replicaId: 'a', fingerprint: 'f', kind: 'work' as const, activity: ACTIVITY, work: async () => void (runs += 1) };
  one.beginRound();
  one.offer(job);
  await clock.pass(1);
  one.offer(job);
  await clock.pass(1);
  expect(runs).toBe(1);
  one.beginRound();
  one.offer(job);
  await clock.pass(1);
  expect(runs).toBe(2);
});

test('closed lanes begin nothing', async () => {
  const { lanes: one, clock, offer } = lanes(1);
  let runs = 0;
  offer('a', () => new Promise(() => undefined));
  offer('b', async () => void (runs += 1));
  one.close();
  offer('c', async () => void (runs += 1));
  await clock.pass(100_000);
  expect(runs).toBe(0);
});
