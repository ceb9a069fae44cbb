// A machine that boots anew is let in; two machines with one identity are told apart from that, and by evidence only.
import { expect, test } from 'vitest';
import { type Arrival, openDoubles, type Presence } from './doubles.ts';

const LEASE_MS = 5_000;
const machine = (bootId: string): Presence => ({ bootId, address: '10.0.0.11', hostname: 'phy1' });
const arrival = (newcomer: Presence, more: Partial<Arrival> = {}): Arrival => ({ hostId: 'h1', newcomer, isConnected: true, heardAt: 1_000, leaseMs: LEASE_MS, now: 1_500, ...more });

function withKnown() {
  const doubles = openDoubles();
  doubles.take('h1', machine('boot-1'));
  return doubles;
}

test('the first machine, and the same one again, are the host', () => {
  const doubles = openDoubles();
  expect(doubles.judge(arrival(machine('boot-1')))).toEqual({ kind: 'same' });
  doubles.take('h1', machine('boot-1'));
  expect(doubles.judge(arrival(machine('boot-1')))).toEqual({ kind: 'same' });
});

test("a host's address may change, and a machine at another address that tells the same boot is a double all the same while both speak", () => {
  const elsewhere = { ...machine('boot-1'), address: '10.0.0.99' };
  const doubles = withKnown();
  expect(doubles.judge(arrival(elsewhere, { isConnected: false }))).toEqual({ kind: 'same' });
  expect(doubles.judge(arrival(elsewhere))).toMatchObject({ kind: 'wait' });
  expect(doubles.judge(arrival(elsewhere, { heardAt: 2_000, now: 2_100 }))).toMatchObject({ kind: 'double', evidence: 'both-alive' });
});

test('a machine that booted anew waits until the session of its last boot is silent for a lease, and is then let in', () => {
  const doubles = withKnown();
  expect(doubles.judge(arrival(machine('boot-2')))).toMatchObject({ kind: 'wait' });
  expect(doubles.judge(arrival(machine('boot-2'), { now: 4_000 }))).toMatchObject({ kind: 'wait' });
  expect(doubles.judge(arrival(machine('boot-2'), { now: 6_001 }))).toEqual({ kind: 'same' });
});

test('a machine that booted anew is let in at once where the session of its last boot has ended', () => {
  expect(withKnown().judge(arrival(machine('boot-2'), { isConnected: false }))).toEqual({ kind: 'same' });
});

test('a newcomer is a double when the known machine speaks after it came', () => {
  const doubles = withKnown();
  doubles.judge(arrival(machine('boot-2'), { now: 1_500 }));
  expect(doubles.judge(arrival(machine('boot-2'), { heardAt: 2_000, now: 2_100 }))).toEqual({ kind: 'double', evidence: 'both-alive', known: machine('boot-1') });
});

test('a boot that another one had replaced is a double even while nobody is connected', () => {
  const doubles = withKnown();
  doubles.take('h1', machine('boot-2'));
  expect(doubles.judge(arrival(machine('boot-1'), { isConnected: false }))).toMatchObject({ kind: 'double', evidence: 'came-back' });
  doubles.forget('h1');
  expect(doubles.judge(arrival(machine('boot-1')))).toEqual({ kind: 'same' });
});
