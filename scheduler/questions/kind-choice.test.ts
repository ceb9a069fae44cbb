// A quote says when cost, performance or stability of a kind decided, and says nothing where something else did.

import { expect, test } from 'vitest';
import { defaultPolicy, host, snapshot, workload } from '../fixtures/build.ts';
import type { Host, Weights } from '../model.ts';
import { prepare } from '../prepare.ts';
import { quote } from '../quote.ts';
import { kindChoice } from './kind-choice.ts';

const NONE: Weights = { pack: 0, spread: 0, cost: 0, performance: 0, stability: 0, keep: 0 };
const draft = workload('new', { peakQps: 1 });

function choice(hosts: readonly Host[], weights: Partial<Weights> = defaultPolicy.weights, privateFirst = false) {
  const base = prepare(snapshot({ hosts, workloads: [], policy: { ...defaultPolicy, privateFirst, weights: { ...NONE, ...weights } } }));
  return kindChoice(base, draft, quote(base, draft));
}

test.each<['cost' | 'performance' | 'stability', Partial<Host>]>([
  ['cost', { costCentsPerHour: 20 }],
  ['performance', { performance: 90 }],
  ['stability', { stability: 90 }],
])('%s of a kind decides where it is what differs', (part, better) => {
  const found = choice([host('h1'), host('h2', { kind: 'lxc', ...better }), host('h3', { kind: 'lxc', ...better, cordoned: true })]);
  expect(found).toMatchObject({ decidedBy: part, hostId: 'h2', kind: 'lxc', overHostId: 'h1', overKind: 'physical' });
  expect(found!.points).toBeGreaterThan(found!.overPoints);
});

test('own hosts come before cloud hosts whatever those are worth', () => {
  expect(choice([host('h1'), host('h2', { kind: 'cloud-vm', performance: 100 })], { performance: 10 }, true)).toMatchObject({ decidedBy: 'private-first', hostId: 'h1', overKind: 'cloud-vm' });
});

test('nothing is said where there is one kind, where no other kind can take it, and where kinds are alike', () => {
  expect(choice([host('h1'), host('h2', { performance: 90 })])).toBeNull();
  expect(choice([host('h1'), host('h2', { kind: 'lxc', cordoned: true })])).toBeNull();
  expect(choice([host('h1'), host('h2', { kind: 'lxc' })])).toBeNull();
});
