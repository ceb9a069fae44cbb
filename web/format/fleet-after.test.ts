import type { HostView, Simulation } from '#server/http/contract/index.ts';
import { expect, test } from 'vitest';
import { fleetAfter } from './fleet-after.ts';

const host = (name: string, cpuMilli: number): HostView => ({ name, site: 'dc1', rack: name === 'c' ? 'r2' : 'r1', allocated: { cpuMilli, memoryMib: cpuMilli }, replicas: cpuMilli / 1000, state: 'ready', cordoned: false, drain: null }) as HostView;
const step = (kind: string, fromHost: string | null, toHost: string | null) => ({ kind, fromHost, toHost, workload: 'quote.dev', shape: { cpuMilli: 1000, memoryMib: 1000 } });
const stage = (change: object, steps: object[], counts = {}) => ({ change, steps, bought: [], counts: { starts: 0, moves: steps.length, resizes: 0, renews: 0, stops: 0, waits: 0, ...counts } });
const simulation = (...stages: object[]) => ({ stages }) as unknown as Simulation;
const environments = { dev: { kinds: ['lxc' as const], cpuOvercommitPermille: 2000 } };

test('what moves is taken from one host and given to another, by what it is charged', () => {
  const after = fleetAfter([host('a', 2000), host('b', 0), host('c', 0)], simulation(stage({ kind: 'drain', hosts: ['a'] }, [step('move', 'a', 'b'), step('move', 'a', 'c')])), environments)!;
  expect(after.map(({ name, allocated, replicas, drain }) => [name, allocated.cpuMilli, allocated.memoryMib, replicas, drain !== null])).toEqual([
    ['a', 1000, 0, 0, true],
    ['b', 500, 1000, 1, false],
    ['c', 500, 1000, 1, false],
  ]);
});

test('a lost rack is lost with all its hosts, and machines that join are there', () => {
  const like = { kind: 'physical', site: 'dc1', rack: 'r3', capacity: { cpuMilli: 4000, memoryMib: 4000 }, costCentsPerHour: 1 };
  const after = fleetAfter([host('a', 0), host('c', 0)], simulation(stage({ kind: 'lose', domain: 'rack', name: 'dc1/r2' }, []), stage({ kind: 'add', count: 2, host: like }, [step('start', null, 'new-1')])), environments)!;
  expect(after.map(({ name, state, replicas }) => [name, state, replicas])).toEqual([
    ['a', 'ready', 0],
    ['c', 'lost', 0],
    ['new-1', 'ready', 1],
  ]);
});

test('without all steps there is no picture', () => {
  expect(fleetAfter([host('a', 0)], simulation(stage({ kind: 'buy' }, [], { starts: 501 })), environments)).toBeNull();
  expect(fleetAfter([host('a', 0)], simulation(stage({ kind: 'buy' }, [step('resize', 'a', 'a')], { moves: 0, resizes: 1 })), environments)).toBeNull();
});
