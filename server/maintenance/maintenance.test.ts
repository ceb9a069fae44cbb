// Maintenance through all loops with model hosts: what is recorded of a drain, what is kept for it, what blocks it and what force loses; windows that
// begin and end by the time; and what comes back. Everything must outlive a look by another process, so it is read through the store.
import { expect, test } from 'vitest';
import { ANN, type ModelHost, openWorld, type World } from '#test/contract/world.ts';
import { updateHost } from '../db/hosts.ts';
import { listEvents } from '../db/events.ts';
import { readMaintenanceAround, showMaintenance, showMaintenanceReplica } from '../http/show/maintenance.ts';
import { drainHost, undrainHost } from '../control/hosts.ts';
import { askMaintenance, editMaintenance, endMaintenance, requireMaintenance } from './maintenance.ts';
import { forceMaintenance, lossNow } from './force.ts';
import { previewMaintenance } from './preview.ts';

const HOUR_MS = 3_600_000;
const small = { peakQps: 5, minReplicas: 1, headroomPermille: 0, survive: 'none' as const };
const drainOf = (name: string, more = {}) => ({ hosts: [name], why: 'new disk', pace: {}, bringBack: false, ...more });

async function view(world: World, id: string) {
  const row = await world.context.store.read((reader) => requireMaintenance(reader, id));
  const around = await readMaintenanceAround(world.context, [row]);
  return { ...showMaintenance(world.context, around, row), replicas: around.replicas.map((each) => showMaintenanceReplica(each, (hostId) => hostId.replace('host-', ''))) };
}

async function syncAll(world: World, rounds = 3): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const host of world.hosts) await host.sync();
    await world.settle();
    await world.context.loops.runOnce('maintenance');
    await world.settle();
  }
}

async function later(world: World, ms: number): Promise<void> {
  world.clock.at += ms;
  for (const host of world.hosts) world.context.fleet.heard(host.id, world.clock.at);
  await world.settle();
  await world.context.loops.runOnce('maintenance');
  await world.settle();
}

/** Services of one replica, all on the first of two hosts. */
async function openSite(services: number, two: { readonly cpuMilli?: number } = {}): Promise<{ readonly world: World; readonly one: ModelHost; readonly two: ModelHost }> {
  const world = await openWorld();
  const one = await world.addHost('one');
  for (let each = 0; each < services; each += 1) await world.ask({ service: `s${each}`, ...small });
  await world.settle();
  const second = await world.addHost('two', two);
  await syncAll(world);
  return { world, one, two: second };
}

test('a drain keeps room for every replica, says when it is done, and is followed to the end', async () => {
  const { world, two } = await openSite(3);
  await using _ = world;
  const { id } = await askMaintenance(world.context, ANN, drainOf('one', { pace: { atOnce: 1 } }));
  const begun = await view(world, id);
  expect(begun).toMatchObject({ state: 'draining', scope: 'host one', kind: 'drain', createdBy: 'ann', progress: { total: 3, starting: 1, waiting: 2, reserved: 2, moved: 0 }, blockers: [], pace: { atOnce: 1 } });
  expect(begun.replicas.map(({ state, reservedHost, toHost }) => [state, reservedHost, toHost])).toEqual([['starting', null, 'two'], ['waiting', 'two', null], ['waiting', 'two', null]]);
  expect(begun.eta).toMatchObject({ moves: 3, limitedBy: 'at-once' });
  const { snapshot } = await world.context.present.read();
  const waiting = begun.replicas.filter(({ state }) => state === 'waiting').map(({ replicaId }) => replicaId);
  expect(snapshot.hosts.find(({ id: hostId }) => hostId === two.id)?.kept?.map(({ replicaId }) => replicaId)).toEqual(expect.arrayContaining(waiting));
  await syncAll(world, 6);
  const done = await view(world, id);
  expect(done).toMatchObject({ state: 'drained', progress: { moved: 3, waiting: 0, reserved: 0 }, eta: null, hosts: [{ host: 'one', state: 'drained', left: 0 }] });
  expect(done.replicas.every(({ successorId, toHost, movedAt }) => successorId !== null && toHost === 'two' && movedAt !== null)).toBe(true);
  expect((await world.context.store.read((reader) => listEvents(reader, { limit: 10, kind: 'maintenance', teams: null }))).map(({ kind }) => kind)).toEqual(['maintenance.drained']);
});

test('what cannot leave is named with its rule and since when; help from outside lets it go', async () => {
  const { world } = await openSite(2, { cpuMilli: 1_200 });
  await using _ = world;
  const { id } = await askMaintenance(world.context, ANN, drainOf('one'));
  await syncAll(world);
  const since = world.clock.at;
  await later(world, 60_000);
  const blocked = await view(world, id);
  expect(blocked).toMatchObject({ state: 'blocked', progress: { moved: 1, waiting: 1, reserved: 0 }, eta: null });
  expect(blocked.stateReason).toContain('cannot leave');
  expect(blocked.blockers).toMatchObject([{ count: 1, rule: 'cpu', closestHost: 'two', replicas: [{ host: 'one' }], helpState: 'not-looked' }]);
  expect(Date.parse(blocked.blockers[0]!.since)).toBeLessThanOrEqual(since);
  expect(blocked.replicas.find(({ state }) => state === 'waiting')?.reason).toBe(blocked.blockers[0]!.sentence);
  await world.addHost('three');
  await syncAll(world, 4);
  expect(await view(world, id)).toMatchObject({ state: 'drained', blockers: [] });
});

test('force needs the stated loss, figure by figure, and then loses just that', async () => {
  const { world, one } = await openSite(2, { cpuMilli: 1_200 });
  await using _ = world;
  const { id } = await askMaintenance(world.context, ANN, drainOf('one'));
  await syncAll(world);
  const loss = await lossNow(world.context, await world.context.present.read(), id);
  expect(loss).toMatchObject({ replicas: 1, belowSurvival: 1, withoutRoom: 1, qpsMissing: 5, workloads: [{ serving: 1, remain: 0, mustRemain: 1, belowSurvival: true, qpsMissing: 5, seconds: null, requestsLost: null }] });
  await expect(forceMaintenance(world.context, ANN, id, { why: 'smoke', confirm: { ...loss.confirm, qpsMissing: 0 } })).rejects.toMatchObject({ code: 'loss-differs', fields: [{ field: 'confirm.qpsMissing', value: 0, allowed: '5' }] });
  expect(one.containers.size).toBe(1);
  await forceMaintenance(world.context, ANN, id, { why: 'smoke', confirm: loss.confirm });
  await syncAll(world);
  expect(one.containers.size).toBe(0);
  const done = await view(world, id);
  expect(done).toMatchObject({ state: 'drained', forced: { by: 'ann', why: 'smoke', figures: loss.confirm }, progress: { stopped: 1 } });
  expect(done.may.force).toBe('ann has forced it already.');
  // Given back, it takes again what waited.
  await endMaintenance(world.context, 'ann', id, { reason: '' });
  await syncAll(world);
  expect(one.containers.size).toBe(1);
  expect(await view(world, id)).toMatchObject({ state: 'ended' });
});

test('a window begins and ends by the time, and what moved comes back where that is wished', async () => {
  const { world, one } = await openSite(2);
  await using _ = world;
  const at = (ms: number) => new Date(world.clock.at + ms).toISOString();
  const { id } = await askMaintenance(world.context, ANN, drainOf('one', { startsAt: at(HOUR_MS), endsAt: at(2 * HOUR_MS), bringBack: true }));
  expect(await view(world, id)).toMatchObject({ state: 'planned', kind: 'window', hosts: [{ host: 'one', state: 'planned', left: 2 }], replicas: [] });
  await expect(askMaintenance(world.context, ANN, drainOf('one', { startsAt: at(1.5 * HOUR_MS) }))).rejects.toMatchObject({ code: 'host-draining' });
  await later(world, HOUR_MS + 1_000);
  await syncAll(world, 4);
  expect(await view(world, id)).toMatchObject({ state: 'drained', progress: { moved: 2 } });
  expect(one.containers.size).toBe(0);
  await later(world, HOUR_MS);
  await syncAll(world, 6);
  expect(await view(world, id)).toMatchObject({ state: 'ended', finishedBy: 'firn', stateReason: 'its time is over', progress: { returned: 2 } });
  expect(one.containers.size).toBe(2);
});

test('a pace of its own holds across an hour, and may be changed on the way', async () => {
  const { world } = await openSite(3);
  await using _ = world;
  const { id } = await askMaintenance(world.context, ANN, drainOf('one', { pace: { movesPerHour: 12 } }));
  await syncAll(world);
  const slow = await view(world, id);
  expect(slow).toMatchObject({ progress: { moved: 1, waiting: 2 }, eta: { limitedBy: 'own-pace', moves: 2 } });
  expect(slow.eta!.earliestSeconds).toBeGreaterThan(300);
  expect(slow.eta!.earliestSeconds).toBeLessThan(620);
  await editMaintenance(world.context, ANN, id, { pace: {} });
  await syncAll(world);
  expect(await view(world, id)).toMatchObject({ state: 'drained', progress: { moved: 3 } });
});

test('given back halfway, what moved stays away and the rest stays', async () => {
  const { world, one } = await openSite(2);
  await using _ = world;
  const { id } = await askMaintenance(world.context, ANN, drainOf('one', { pace: { atOnce: 1 } }));
  await undrainHost(world.context, ANN, 'one');
  await syncAll(world);
  expect(await view(world, id)).toMatchObject({ state: 'cancelled', finishedBy: 'ann', progress: { moved: 1, stays: 1 }, may: { end: expect.stringContaining('It is cancelled since') } });
  expect(one.containers.size).toBe(1);
});

test('a drain that somebody began another way gets a record, and a rack is emptied whole', async () => {
  const { world } = await openSite(1);
  await using _ = world;
  await world.context.store.tx((tx) => updateHost(tx, 'host-one', { drainReason: 'by a proposal' }));
  await world.context.loops.runOnce('maintenance');
  await expect(askMaintenance(world.context, ANN, { rack: 'dc1/one', why: 'power', pace: {}, bringBack: false })).rejects.toMatchObject({ code: 'host-draining' });
  await syncAll(world, 4);
  await undrainHost(world.context, ANN, 'one');
  const preview = await previewMaintenance(world.context, { rack: 'dc1/two', pace: {} });
  expect(preview).toMatchObject({ scope: 'rack dc1/two', hosts: ['two'], blockers: [], loss: { replicas: 1 } });
  expect(preview.targets.targets).toHaveLength(1);
  const { id } = await askMaintenance(world.context, ANN, { rack: 'dc1/two', why: 'power', pace: {}, bringBack: false });
  await syncAll(world, 4);
  expect(await view(world, id)).toMatchObject({ kind: 'evacuation', scope: 'rack dc1/two', state: 'drained' });
  await expect(drainHost(world.context, ANN, 'two', 'again')).rejects.toMatchObject({ code: 'host-draining' });
  await expect(askMaintenance(world.context, ANN, { site: 'dc9', why: 'x', pace: {}, bringBack: false })).rejects.toMatchObject({ code: 'maintenance-invalid', fields: [{ field: 'site', allowed: 'dc1' }] });
});
