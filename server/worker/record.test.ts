// Chains of records give every snapshot again, whatever happened between them; and a record that was altered is found out.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyPlan } from '#scheduler/apply-plan.ts';
import { anyHappening, anySnapshot, happen } from '#scheduler/fixtures/arbitrary.ts';
import type { Snapshot, Step } from '#scheduler/model.ts';
import { prepare } from '#scheduler/prepare.ts';
import { decideAgain, decideOnRecord } from '../control/decision.ts';
import { loadSolver } from '../solver.ts';
import { type Body, openTracker, rebuild } from './record.ts';
import { readRecord, recordOf, verify } from './verify.ts';

/** The order of lists means nothing. */
const sorted = ({ pools: _, ...snapshot }: Snapshot) => {
  const byId = <T extends { readonly id: string }>(list: readonly T[]) => [...list].sort((one, other) => (one.id < other.id ? -1 : 1));
  return { ...snapshot, hosts: byId(snapshot.hosts), workloads: byId(snapshot.workloads), replicas: byId(snapshot.replicas), networks: byId(snapshot.networks).map((network) => ({ ...network, taken: [...new Set(network.taken)].sort() })) };
};
/** As it is stored: absent and undefined are one. */
const stored = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const solve = await loadSolver();
/** Ids that no other decision of this file gives. */
let given = 0;
const decided = (snapshot: Snapshot) => decideOnRecord(prepare(snapshot), { seed: snapshot.revision, newId: () => `id-${(given += 1)}`, wishes: [], moves: 3, resting: new Set(), fails: () => false, serves: ({ ordinal }) => ordinal % 3 > 0 });

test('any life of a cluster comes out again, record by record', async () => {
  await fc.assert(
    fc.asyncProperty(anySnapshot, fc.array(anyHappening, { maxLength: 6 }), async (first, happenings) => {
      const tracker = openTracker(() => Promise.resolve());
      const bodies: Body[] = [];
      let snapshot: Snapshot = first;
      for (const happening of [undefined, ...happenings]) {
        snapshot = happening === undefined ? snapshot : happen(snapshot, happening);
        bodies.push(stored(await tracker.next(snapshot, prepare(snapshot).replicasOf)));
        expect(sorted(rebuild(stored(bodies)))).toEqual(sorted(stored(snapshot)));
        const { plan, input } = decided(snapshot);
        expect(stored(decideAgain(prepare(rebuild(bodies)), stored(input)))).toEqual(stored(plan));
        snapshot = applyPlan(snapshot, plan);
      }
      expect(bodies.filter(({ form }) => form === 'whole')).toHaveLength(1);
    }),
    { numRuns: 60 },
  );
});

const example = (): Snapshot => fc.sample(anySnapshot, { seed: 4, numRuns: 1 })[0]!;
const recorded = () => {
  const snapshot = example();
  const { plan, input } = decided(snapshot);
  return stored(recordOf({ planId: 'p1', plan, proof: null, decision: input, snapshot }));
};

test('a sound record holds, and says so in a sentence', () => {
  expect(verify(recorded(), solve)).toMatchObject({ ok: true, violations: [], replay: { same: true, difference: null }, sentence: 'Plan p1 breaks no invariant, carries no proof, and comes out again bit for bit.' });
});

test('whatever is altered in a record is found out', () => {
  const record = recorded();
  expect(() => readRecord(undefined)).toThrow('no record of a plan');
  expect(() => readRecord({ ...record, version: 9 })).toThrow('version 9');
  expect(() => readRecord({ ...record, snapshot: null })).toThrow('has no snapshot');
  expect(() => readRecord({ ...record, plan: { ...record.plan, parent: 7 } })).toThrow('The record of plan p1 is damaged or was altered');
  // Also with a digest that fits: the checkers and the replay do not believe the record.
  const [step] = record.plan.steps;
  const elsewhere = { ...step!, hostId: 'h-nowhere' } as Step;
  const forged = recordOf({ ...record, plan: { ...record.plan, steps: [elsewhere, ...record.plan.steps.slice(1)] } });
  const verdict = verify(forged, solve);
  expect(verdict.ok).toBe(false);
  expect(verdict.violations.length).toBeGreaterThan(0);
  expect(verdict.replay).toMatchObject({ same: false, difference: expect.stringContaining('steps.0.hostId was "h-nowhere"') });
  const otherIds = recordOf({ ...record, decision: { ...record.decision, ids: record.decision.ids.slice(1) } });
  expect(verify(otherIds, solve).replay).toMatchObject({ same: false });
  expect(verify(otherIds, null)).toMatchObject({ ok: true, replay: null });
});
