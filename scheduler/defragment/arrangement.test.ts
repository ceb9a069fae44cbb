import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arrangement } from './arrangement.ts';
import { evacuate, takeBack } from './evacuate.ts';

const size = fc.record({ cpu: fc.integer({ min: 0, max: 40 }), memory: fc.integer({ min: 0, max: 90 }) });
const anyArrangement = fc
  .record({
    capacity: fc.array(fc.record({ cpu: fc.constantFrom(60, 100), memory: fc.constantFrom(100, 200), cost: fc.integer({ min: 0, max: 9 }) }), { minLength: 2, maxLength: 8 }),
    items: fc.array(fc.record({ size, at: fc.nat(7) }), { maxLength: 30 }),
    banned: fc.array(fc.record({ item: fc.nat(29), host: fc.nat(7) }), { maxLength: 20 }),
    closed: fc.array(fc.nat(7), { maxLength: 2 }),
  })
  .map(({ capacity, items, banned, closed }) => {
    const refused = new Set(banned.map(({ item, host }) => `${item} ${host}`));
    const told: string[] = [];
    const state = new Arrangement(capacity, items.length, {
      allows: (_, item, host) => !refused.has(`${item} ${host}`),
      moved: (item, from, to, undone) => told.push(undone ? `${item} ${to} ${from} back` : `${item} ${from} ${to}`),
    });
    for (const [item, { size: each, at }] of items.entries()) {
      const host = at % capacity.length;
      if (each.cpu <= state.freeCpu[host]! && each.memory <= state.freeMemory[host]!) state.put(item, each, host);
    }
    for (const host of closed) if (host < capacity.length) state.open(host, false);
    state.weigh();
    return { state, refused, told };
  });

const placed = ({ hostOf }: Arrangement) => [...hostOf.keys()].filter((item) => hostOf[item]! >= 0);
const shown = (state: Arrangement) => ({ hosts: [...state.hostOf], cpu: [...state.freeCpu], memory: [...state.freeMemory], used: state.used, on: state.on.map((items) => items.toSorted((one, other) => one - other)) });

test('the tightest host is the one that looking at every host would give', () => {
  fc.assert(
    fc.property(anyArrangement, ({ state, refused }) => {
      for (const item of placed(state)) {
        const may = [...state.on.keys()].filter((host) => host !== state.hostOf[item] && state.takes[host] === 1 && state.on[host]!.length > 0 && state.fits(item, host) && !refused.has(`${item} ${host}`));
        const room = (host: number) => state.share(state.freeCpu[host]!, state.freeMemory[host]!);
        const naive = may.toSorted((one, other) => room(one) - room(other) || state.on[other]!.length - state.on[one]!.length || one - other)[0] ?? -1;
        expect(state.tightest(item)).toBe(naive);
      }
    }),
    { numRuns: 300 },
  );
});

test('a host is emptied wholly by moves that find their room one after the other, or everything stays as it was', () => {
  let emptied = 0;
  fc.assert(
    fc.property(anyArrangement, fc.boolean(), fc.integer({ min: 0, max: 12 }), ({ state, refused, told }, ejects, moves) => {
      for (const host of state.on.keys()) {
        const before = shown(state);
        const count = state.on[host]!.length;
        const fixed = new Uint8Array(state.hostOf.length);
        told.length = 0;
        const done = evacuate(state, host, { moves, fixed, ejects });
        if (done === undefined) {
          expect(shown(state)).toEqual(before);
          expect([...fixed].every((each) => each === 0)).toBe(true);
          continue;
        }
        if (count > 0) emptied += 1;
        expect(state.on[host]).toEqual([]);
        expect(done.length).toBeLessThanOrEqual(moves);
        expect(new Set(done.map(({ item }) => item)).size).toBe(done.length);
        takeBack(state, done, fixed);
        expect(shown(state)).toEqual(before);
        for (const { item, from, to } of done) {
          expect(state.hostOf[item]).toBe(from);
          expect(state.fits(item, to) && state.takes[to] === 1 && !refused.has(`${item} ${to}`)).toBe(true);
          state.move(item, to);
        }
      }
    }),
    { numRuns: 300 },
  );
  expect(emptied).toBeGreaterThan(50);
}, 60_000);
