// The life of a VM: the good one step by step, every way in which it goes wrong, and that nothing is ever forgotten while it may cost money.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advance, type Will } from './advance.ts';
import { chargesOf } from './charges.ts';
import { joined, MINUTE, running, seen, vm } from './fixtures.ts';
import type { Machine, Order, Seen, Vm } from './model.ts';
import { said } from '../said.ts';

const stays: Will = { retreat: null, recall: null };
const goes: Will = { retreat: said('spared', {}, 'Everything fits without it'), recall: null };

test('a VM is asked for, made, routed, joined, used, emptied, and given back when its paid hour ends', () => {
  let { vm: now, order } = advance(vm(), seen(), stays, 0);
  expect([now.state, order, now.attempt, now.deadlineAt]).toEqual(['provisioning', 'create', 1, 5 * MINUTE]);
  ({ vm: now, order } = advance(now, seen({ machine: { ...running, state: 'pending', address: null } as Machine }), stays, MINUTE));
  expect([now.state, order, now.billedFrom]).toEqual(['provisioning', 'describe', 0]);
  ({ vm: now, order } = advance(now, seen({ machine: running }), stays, 2 * MINUTE));
  expect([now.state, order, now.address]).toEqual(['provisioning', 'route-add', '10.9.0.5']);
  ({ vm: now, order } = advance({ ...now, route: 'added' }, seen({ machine: running }), stays, 2 * MINUTE));
  expect([now.state, now.owner, order]).toEqual(['joining', 'agent', null]);
  ({ vm: now } = advance(now, seen({ machine: running, host: joined() }), stays, 3 * MINUTE));
  expect([now.state, now.readyAt, now.hostId]).toEqual(['ready', 3 * MINUTE, 'h-1']);
  ({ vm: now } = advance(now, seen({ machine: running, host: joined({ replicas: 2 }) }), stays, 4 * MINUTE));
  expect(now.state).toBe('in-use');
  ({ vm: now, order } = advance(now, seen({ machine: running, host: joined({ replicas: 2 }) }), goes, 20 * MINUTE));
  expect([now.state, order, now.reason.code]).toEqual(['emptying', 'drain', 'spared']);
  ({ vm: now } = advance(now, seen({ machine: running, host: joined({ isDraining: true }) }), stays, 25 * MINUTE));
  expect([now.state, now.reason.sentence]).toEqual(['emptied', 'Nothing runs there any more; it is paid for another 35 min and is taken back if it is needed']);
  expect(advance(now, seen({ machine: running, host: joined({ isDraining: true }) }), stays, 56 * MINUTE).vm.state).toBe('emptied');
  ({ vm: now } = advance(now, seen({ machine: running, host: joined({ isDraining: true }) }), stays, 57 * MINUTE));
  expect([now.state, now.verdict]).toEqual(['releasing', 'released']);
  expect(advance(now, seen({ machine: running, host: joined({ isDraining: true }) }), stays, 57 * MINUTE).order).toBe('remove-host');
  expect(advance(now, seen({ machine: running }), stays, 57 * MINUTE).order).toBe('destroy');
  ({ vm: now, order } = advance(now, seen({ machine: { kind: 'absent' } }), stays, 58 * MINUTE));
  expect([now.state, order, now.endedAt]).toEqual(['releasing', 'route-remove', 58 * MINUTE]);
  ({ vm: now } = advance({ ...now, route: 'removed' }, seen({ machine: { kind: 'absent' } }), stays, 59 * MINUTE));
  expect(now.state).toBe('released');
  expect(chargesOf(now, 300 * MINUTE)).toEqual([{ period: 0, from: 0, to: 60 * MINUTE, cents: 40 }]);
});

test('an emptied VM that is needed is taken back instead of paying for another one', () => {
  const emptied = vm({ state: 'emptied', billedFrom: 0, readyAt: 1, hostId: 'h-1' });
  const { vm: now, order } = advance(emptied, seen({ machine: running, host: joined({ isDraining: true }) }), { retreat: null, recall: said('recalled', {}, 'needed') }, MINUTE);
  expect([now.state, order]).toEqual(['ready', 'undrain']);
});

test.each<[string, Vm, Seen, number, string]>([
  ['is refused', vm({ state: 'provisioning', deadlineAt: 9e9, attempt: 1 }), seen({ failure: { action: 'create', message: 'quota of the region', isFinal: true, times: 1 } }), 0, 'create-refused'],
  ['is still not there after the third attempt', vm({ state: 'provisioning', deadlineAt: 9e9, attempt: 3 }), seen({ machine: { kind: 'absent' } }), 0, 'create-failed'],
  ['never comes up', vm({ state: 'provisioning', deadlineAt: 5, attempt: 1 }), seen({ isCalling: true }), 5, 'provision-late'],
  ['fails at the provider', vm({ state: 'provisioning', deadlineAt: 9e9, attempt: 1 }), seen({ machine: { ...running, state: 'failed' } as Machine }), 0, 'machine-failed'],
  ['is said to be too small', vm({ state: 'provisioning', deadlineAt: 9e9, attempt: 1 }), seen({ machine: { ...running, shape: { cpuMilli: 1_000, memoryMib: 2_048 } } as Machine }), 0, 'too-small'],
  ['turns out to be too small when it joins', vm({ state: 'joining', deadlineAt: 9e9 }), seen({ machine: running, host: joined({ capacity: { cpuMilli: 1_000, memoryMib: 8_192 } }) }), 0, 'too-small'],
  ['is said to run, and no agent ever joins', vm({ state: 'joining', deadlineAt: 5 }), seen({ machine: running }), 5, 'join-late'],
  ['vanishes', vm({ state: 'joining', deadlineAt: 9e9 }), seen({ machine: { kind: 'absent' } }), 0, 'vanished'],
])('a VM that %s is given back, and has failed', (_, before, what, at, code) => {
  const { vm: now } = advance(before, what, stays, at);
  expect([now.state, now.verdict, now.reason.code]).toEqual(['releasing', 'failed', code]);
});

test('a smaller VM that is still useful is used at its real size, and says so', () => {
  const { vm: now } = advance(vm({ state: 'joining', deadlineAt: 9e9 }), seen({ machine: running, host: joined({ capacity: { cpuMilli: 2_000, memoryMib: 8_192 } }) }), stays, 0);
  expect([now.state, now.delivered, now.reason.sentence]).toEqual(['ready', { cpuMilli: 2_000, memoryMib: 8_192 }, 'It joined with 2000 millicores and 8192 MiB instead of 4000 and 8192, and is used at that size']);
});

test('a call that ended in nothing known is asked about before it is asked again', () => {
  const before = vm({ state: 'provisioning', deadlineAt: 9e9, attempt: 1 });
  const failure = { action: 'create', message: 'took longer than 60 s', isFinal: false, times: 1 } as const;
  expect(advance(before, seen({ failure }), stays, 0).order).toBe('describe');
  expect(advance(before, seen({ failure, machine: { kind: 'absent' } }), stays, 0)).toMatchObject({ order: 'create', vm: { attempt: 2 } });
  expect(advance(before, seen({ failure, machine: running }), stays, 0).order).toBe('route-add');
});

test('what cannot be given back stays on the list, with an owner', () => {
  const { vm: now, order } = advance(vm({ state: 'releasing', deadlineAt: 5, verdict: 'released', owner: 'provisioner' }), seen({ machine: running, failure: { action: 'destroy', message: 'forbidden', isFinal: true, times: 4 } }), stays, 6);
  expect([now.state, now.owner, order]).toEqual(['releasing', 'operator', 'destroy']);
  expect(now.reason.sentence).toContain('may cost money after 300 s: forbidden'.replace('300 s', '5 min'));
});

test('a host that is silent keeps its VM for a while; one that is removed does not', () => {
  const serving = vm({ state: 'in-use', readyAt: 1, hostId: 'h-1', billedFrom: 0 });
  const lost = joined({ state: 'lost', since: 10, replicas: 2 });
  expect(advance(serving, seen({ machine: running, host: lost }), stays, 20)).toMatchObject({ order: 'describe', vm: { state: 'in-use' } });
  expect(advance(serving, seen({ machine: running, host: lost }), stays, 10 + 3 * MINUTE).vm.reason.code).toBe('silent');
  expect(advance(serving, seen({ machine: running }), stays, 20).vm.reason.code).toBe('host-removed');
});

const anyMachine = fc.oneof(fc.constant<Machine>({ kind: 'unknown' }), fc.constant<Machine>({ kind: 'absent' }), fc.constantFrom('pending', 'running', 'stopping', 'failed').map((state) => ({ ...running, state }) as Machine));
const anyHost = fc.option(fc.record({ state: fc.constantFrom<'joining' | 'ready' | 'suspect' | 'lost'>('joining', 'ready', 'suspect', 'lost'), replicas: fc.integer({ min: 0, max: 2 }), isDraining: fc.boolean() }));
const anyEvent = fc.record({ machine: anyMachine, host: anyHost, isCalling: fc.boolean(), isFailing: fc.boolean(), isFinal: fc.boolean(), spanMs: fc.integer({ min: 0, max: 10 * MINUTE }), retreats: fc.boolean(), recalls: fc.boolean(), abandons: fc.boolean() });

test('whatever happens in whatever order: no machine is taken from replicas, none is forgotten while it is there, every wait has an owner and an end', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      let now = vm();
      let at = 0;
      for (const event of events) {
        at += event.spanMs;
        if (event.abandons && event.isFinal && event.recalls) now = { ...now, isAbandoned: true };
        const host = event.host === null ? null : joined(event.host);
        const what = seen({ machine: event.machine, isCalling: event.isCalling, host, failure: event.isFailing ? { action: 'create', message: 'no', isFinal: event.isFinal, times: 1 } : null });
        const before = now;
        const step = advance(before, what, { retreat: event.retreats ? said('go', {}, 'go') : null, recall: event.recalls ? said('back', {}, 'back') : null }, at);
        now = step.vm;
        const isOver = now.state === 'released' || now.state === 'failed';
        if (isOver && before.state !== now.state) expect([event.machine.kind, host, before.route]).toEqual(['absent', null, before.route === 'added' ? 'never' : before.route]);
        if (step.order === 'destroy' && host !== null) expect(now.isAbandoned).toBe(true);
        if (step.order === 'remove-host') expect(host!.replicas === 0 || host!.state === 'lost').toBe(true);
        const calls: (Order | null)[] = ['create', 'describe', 'destroy', 'route-add', 'route-remove'];
        if (event.isCalling && before.state !== 'asked') expect(calls).not.toContain(step.order);
        if (['provisioning', 'joining', 'emptying', 'releasing'].includes(now.state)) expect(now.deadlineAt).not.toBeNull();
        if (now.billedFrom !== null) expect(now.billedFrom).toBeGreaterThanOrEqual(now.askedAt);
        if (step.order === 'route-add') now = { ...now, route: 'added' };
        if (step.order === 'route-remove') now = { ...now, route: 'removed' };
        expect(isOver && now.billedFrom !== null && now.endedAt === null).toBe(false);
      }
    }),
    { numRuns: 2_000, seed: 5 },
  );
});
