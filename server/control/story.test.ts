// The story of a replica through asks, a drain, a lost host and its end: told from what is stored, also when it is gone, by id and by name.
import { expect, test } from 'vitest';
import { ANN, openWorld } from '#test/contract/world.ts';
import { showStory } from '../http/show/story.ts';
import { drainHost } from './hosts.ts';
import { lastPlacement, readStory } from './story.ts';
import { explainStored } from './verify.ts';

const small = { peakQps: 5, minReplicas: 1, headroomPermille: 0, survive: 'none' as const };

test('asked, approved, placed and why, moved because, healthy, stopped: across the move, also of the one that is gone', async () => {
  await using world = await openWorld();
  const { context } = world;
  const syncAll = async () => {
    for (let round = 0; round < 3; round += 1) {
      for (const host of world.hosts) await host.sync();
      await world.settle();
      await context.loops.runOnce('maintenance');
      await world.pass(400);
    }
  };
  await world.addHost('one');
  await world.ask({ service: 'quote', why: 'the autumn season', ...small });
  await world.settle();
  await world.addHost('two');
  await syncAll();
  const [first] = await world.replicas();
  await drainHost(context, ANN, 'one', 'new disk');
  await syncAll();
  await syncAll();
  const [second] = await world.replicas();
  expect(second!.id).not.toBe(first!.id);

  const told = await readStory(context, first!.id);
  const story = showStory(told, null, []);
  expect(story).toMatchObject({ state: 'gone', name: 'quote-production-1', workload: 'quote.production', team: 'quotes', before: [], after: [{ id: second!.id, name: 'quote-production-2', host: 'two' }], request: { submittedBy: 'ann', peakQps: 5, why: 'the autumn season' } });
  const lines = story.chapters.map(({ kind, replica, host }) => [kind, replica, host]);
  expect(lines).toEqual([
    ['asked', 'quote-production-1', null],
    ['decided', 'quote-production-1', null],
    ['placed', 'quote-production-1', 'one'],
    ['healthy', 'quote-production-1', 'one'],
    ['succeeds', 'quote-production-2', 'two'],
    ['healthy', 'quote-production-2', 'two'],
    ['succeeded', 'quote-production-1', 'one'],
    ['address', 'quote-production-1', 'one'],
  ]);
  const succeeds = story.chapters.find(({ kind }) => kind === 'succeeds');
  expect(succeeds).toMatchObject({ code: 'drained', why: 'host one is drained', policyVersion: 1, maintenanceId: expect.any(String), sentence: expect.stringContaining('so that quote-production-1 can leave') });

  const after = await readStory(context, 'quote-production-2');
  expect(after.id).toBe(second!.id);
  expect(showStory(after, null, [])).toMatchObject({ state: 'placed', host: 'two', before: [{ name: 'quote-production-1', host: 'one' }] });
  const placed = lastPlacement(after);
  expect(placed?.plan.id).toBe(succeeds!.planId);
  expect(await explainStored(context, placed!.plan.id, second!.id, 'ann')).toMatchObject({ chosen: { hostId: 'host-two', score: placed!.step.score }, runnerUp: null, decidedBy: 'only', couldTake: 1, refused: 1 });
  await expect(readStory(context, 'nobody-production-1')).rejects.toMatchObject({ code: 'replica-unknown' });
}, 20_000);
