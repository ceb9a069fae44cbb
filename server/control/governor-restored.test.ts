// An older copy of the database was put back: hosts run what it does not know, and nothing of that stops without a person.
import { ANN, type ModelHost, openWorld } from '#test/contract/world.ts';
import { expect, test } from 'vitest';
import { listHolds } from '../db/governor.ts';
import { decideHold } from './governor.ts';

test('what hosts run that the database does not know is stopped only when a person says so', async () => {
  await using world = await openWorld();
  const { context, clock } = world;
  const [one, other] = [await world.addHost('h1'), await world.addHost('h2')] as [ModelHost, ModelHost];
  await world.ask({ minReplicas: 2, headroomPermille: 0, peakQps: 5 });
  await world.settle();
  for (const host of world.hosts) await host.sync();
  // Both were given more since the copy was made; only one of them runs something that the copy does not know.
  const say = ({ id }: ModelHost, replicas: readonly string[]) => {
    const report = context.fleet.get(id)!.report!;
    const strange = replicas.map((replicaId) => ({ id: replicaId, state: 'running' as const, address: '10.9.1.200', restarts: 0 }));
    context.fleet.reported(id, { ...report, generation: report.generation + 10, replicas: [...report.replicas, ...strange] }, clock.at);
  };
  const [before, beforeOther] = [(await one.assignment())!.generation, (await other.assignment())!.generation];
  say(one, ['made-since']);
  say(other, []);
  await world.settle();
  expect((await other.assignment())!.generation).toBe(beforeOther + 11);
  expect((await one.assignment())!.generation).toBe(before);
  const [hold] = await context.store.read((reader) => listHolds(reader, { state: 'held', limit: 5 }));
  expect(hold).toMatchObject({ action: 'evict', hosts: [{ name: 'h1' }], wouldDo: expect.stringMatching(/^stop 1 replicas that these hosts run and this database does not know/) });
  await decideHold(context, ANN, hold!.id, 'released', 'it was a test service');
  await world.settle();
  expect((await one.assignment())!.generation).toBe(before + 11);
  expect(await context.store.read((reader) => listHolds(reader, { state: 'held', limit: 5 }))).toEqual([]);
});
