// A campaign look by look: one host first, others while those that went are well, and what makes it stand still.
import { expect, test } from 'vitest';
import type { UpgradeHostRow, UpgradeRow } from '../db/agent-upgrades.ts';
import { stepUpgrade, type UpgradeInput, type UpgradeSight } from './upgrade-step.ts';

const campaign: UpgradeRow = { id: 'u1', state: 'running', stateReason: '', version: '0.2.0', bundle: 'new', canary: 'h1', atOnce: 2, mostFailures: 0, watchMs: 10_000, trialMs: 30_000, reason: '', createdBy: 'ann', createdAt: 0, endedAt: null };
const host = (name: string, more: Partial<UpgradeHostRow> = {}): UpgradeHostRow => ({ upgradeId: 'u1', hostId: name, host: name, state: 'waiting', reason: '', fromVersion: '0.1.0', orderedAt: null, watchedAt: null, endedAt: null, ...more });
const seen = (more: Partial<UpgradeSight> = {}): UpgradeSight => ({ isReady: true, isConnected: true, canUpgrade: true, bundle: 'old', progress: undefined, ...more });
const look = (hosts: readonly UpgradeHostRow[], sight: Readonly<Record<string, UpgradeSight>> = {}, more: Partial<UpgradeInput> = {}) =>
  stepUpgrade({ campaign, hosts, sight: new Map(hosts.map(({ hostId }) => [hostId, sight[hostId] ?? seen()])), fleet: { hosts: 20, notReady: 0 }, mostAtOnce: 5, now: 100_000, ...more });

test('the first host goes alone, and the others only once it is well', () => {
  const rest = [host('h2'), host('h3'), host('h4')];
  expect(look([host('h1'), ...rest]).orders).toEqual(['h1']);
  expect(look([host('h1', { state: 'watched', watchedAt: 95_000 }), ...rest], { h1: seen({ bundle: 'new' }) }).orders).toEqual([]);
  expect(look([host('h1', { state: 'watched', watchedAt: 90_000 }), ...rest], { h1: seen({ bundle: 'new' }) }).orders).toEqual(['h2', 'h3']);
});

test('the governor limits how many are under way at once, whatever the campaign asks for', () => {
  const rows = [host('h1', { state: 'done' }), host('h2', { state: 'trying', orderedAt: 95_000 }), host('h3'), host('h4')];
  const step = look(rows, {}, { mostAtOnce: 1 });
  expect([step.orders, step.campaign.stateReason]).toEqual([[], '1 of 4 hosts run it; 1 at once, as the governor limits it']);
  expect(look(rows).orders).toEqual(['h3']);
});

test('a host that went back stops the campaign before the next one is told', () => {
  const step = look([host('h1', { state: 'trying', orderedAt: 90_000 }), host('h2')], { h1: seen({ progress: { id: 'u1', state: 'rolled-back', reason: 'it ended by itself' } }) });
  expect(step.orders).toEqual([]);
  expect(step.campaign).toMatchObject({ state: 'paused', stateReason: expect.stringMatching(/h1: it ended by itself/) });
});

test('what an agent says of another campaign does not count, and silence counts only after its time', () => {
  const other = seen({ bundle: 'new', progress: { id: 'u0', state: 'done' } });
  expect(look([host('h1', { state: 'ordered', orderedAt: 90_000 })], { h1: other }).changes).toEqual([]);
  expect(look([host('h1', { state: 'ordered', orderedAt: 90_000 })], { h1: seen({ isConnected: false }) }, { now: 90_000 + 30_000 + 180_001 }).changes[0]?.edit).toMatchObject({ state: 'away' });
});

test('nobody is told while many hosts are not ready', () => {
  const step = look([host('h1', { state: 'done' }), host('h2')], {}, { fleet: { hosts: 20, notReady: 3 } });
  expect([step.orders, step.campaign.stateReason]).toEqual([[], 'held: 3 of 20 hosts are not ready']);
});

test('it is over when everybody who can be reached has it; who is away is left out', () => {
  const step = look([host('h1', { state: 'done' }), host('h2')], { h2: seen({ isConnected: false }) });
  expect(step.campaign).toMatchObject({ state: 'done', stateReason: '1 of 2 hosts run it' });
  expect(step.changes[0]?.edit).toMatchObject({ state: 'skipped' });
});
