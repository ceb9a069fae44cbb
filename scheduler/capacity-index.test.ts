// The index must choose, replica by replica, the very host that asking every host with every rule would choose.

import { expect, test } from 'vitest';
import { type Best, capacityIndex } from './capacity-index.ts';
import { type DemandView, feasible, hostView } from './feasible.ts';
import { anyCrowd, anyDemand, drawFrom, pick } from './fixtures/crowd.ts';
import { copyOf, depart, occupy, type Overlay, overlay, vacate } from './overlay.ts';
import { prepare } from './prepare.ts';
import { score } from './score.ts';

/** The reference: every host, every rule, no memory. */
function fullScan(state: Overlay, demand: DemandView, passed: ReadonlySet<number>): Best | undefined {
  let best: (Best & { tier: number }) | undefined;
  for (let host = 0; host < state.base.hosts.length; host += 1) {
    if (passed.has(host)) continue;
    const view = hostView(state, host, demand.workload.id, demand.leaving);
    if (feasible(view, demand) !== undefined) continue;
    const tier = state.base.snapshot.policy.privateFirst && view.host.kind === 'cloud-vm' ? 1 : 0;
    const one = { host, score: score(state, host, demand, view.here), tier };
    if (best === undefined || tier < best.tier || (tier === best.tier && one.score > best.score)) best = one;
  }
  return best && { host: best.host, score: best.score };
}

interface Here {
  readonly workloadId: string;
  readonly host: number;
  readonly demand: DemandView;
  readonly isFresh: boolean;
}

const FLEETS = 500;
const TURNS = 100;
const CASES = 100_000;

/** One fleet that fills, empties and fills again under demands that differ at every turn. @returns how many answers were compared */
function compare(seed: number): { answers: number; found: number } {
  const draw = drawFrom(seed);
  const base = prepare(anyCrowd(draw));
  const workloads = [...base.workloads.values()];
  let state = overlay(base);
  let placed: Here[] = [];
  let answers = 0;
  let found = 0;
  for (let turn = 0; turn < TURNS; turn += 1) {
    const workload = pick(draw, workloads);
    const demand = anyDemand(draw, base, workload, placed.filter(({ workloadId }) => workloadId === workload.id).map(({ host }) => host));
    const passed = new Set(draw(4) === 0 ? [draw(base.hosts.length), draw(base.hosts.length)] : []);
    const index = capacityIndex(state, demand, passed.size === 0 ? undefined : (host) => passed.has(host));
    for (let count = 1 + draw(4); count > 0; count -= 1) {
      const best = index.best();
      expect(best, `seed ${seed}, turn ${turn}`).toEqual(fullScan(state, demand, passed));
      answers += 1;
      if (best === undefined) break;
      found += 1;
      const isFresh = base.hosts[best.host]!.networkId !== demand.keepsAddressOn;
      occupy(state, workload.id, best.host, demand.charge, isFresh);
      placed.push({ workloadId: workload.id, host: best.host, demand, isFresh });
    }
    // Some leave again, so that hosts become empty, money and addresses come back.
    const leaves = (_: Here) => draw(turn % 20 === 19 ? 2 : 8) === 0;
    const [gone, kept] = [placed.filter(leaves), placed] as const;
    placed = kept.filter((each) => !gone.includes(each));
    for (const { workloadId, host, demand: held, isFresh } of gone) {
      if (draw(10) === 0) depart(state, workloadId, host);
      else vacate(state, workloadId, host, held.charge, isFresh);
    }
    if (draw(25) === 0) state = copyOf(state);
  }
  return { answers, found };
}

test('every answer equals a full scan: 100,000 cases, all constraints, rooms that fill and empty, a new demand at every turn', () => {
  let answers = 0;
  let found = 0;
  let seed = 0;
  for (; seed < FLEETS || answers < CASES; seed += 1) {
    const one = compare(seed);
    answers += one.answers;
    found += one.found;
  }
  expect(answers).toBeGreaterThanOrEqual(CASES);
  // Neither all answers nor almost none may be "nowhere".
  expect(found / answers).toBeGreaterThan(0.3);
  expect(found / answers).toBeLessThan(0.95);
}, 60_000);
