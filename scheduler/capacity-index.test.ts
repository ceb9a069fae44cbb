// The index must choose, replica by replica, the very host that asking every host with every rule would choose.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { capacityIndex } from './capacity-index.ts';
import { type DemandView, demandView, feasible, hostView } from './feasible.ts';
import { anySnapshot, happen } from './fixtures/arbitrary.ts';
import { idSource } from './fixtures/build.ts';
import { applyPlan } from './fixtures/apply-plan.ts';
import { occupy, type Overlay, overlay } from './overlay.ts';
import { prepare } from './prepare.ts';
import { schedule } from './schedule.ts';
import { score } from './score.ts';

/** The reference: every host, every rule, no memory. */
function fullScan(state: Overlay, demand: DemandView): { host: number; score: number } | undefined {
  let best: { host: number; score: number; tier: number } | undefined;
  for (let host = 0; host < state.base.hosts.length; host += 1) {
    const view = hostView(state, host, demand.workload.id);
    if (feasible(view, demand) !== undefined) continue;
    const tier = state.base.snapshot.policy.privateFirst && view.host.kind === 'cloud-vm' ? 1 : 0;
    const one = { host, score: score(state, host, demand, view.here), tier };
    if (best === undefined || tier < best.tier || (tier === best.tier && one.score > best.score)) best = one;
  }
  return best && { host: best.host, score: best.score };
}

test('every answer equals a full scan, on filled fleets with all constraints, until no host is left', () => {
  let answers = 0;
  fc.assert(
    fc.property(anySnapshot, fc.constantFrom('n1', 'n2', null), fc.integer({ min: 0, max: 2 }), (start, keepsAddressOn, which) => {
      // Hosts that are lost only after the others were filled leave replicas, addresses and counts behind.
      const filled = happen(applyPlan(start, schedule(start, { verb: 'place', seed: 1, newId: idSource() })), { kind: 'host', at: 0, parts: { state: 'ready' } });
      const state = overlay(prepare(filled));
      const asked = filled.workloads[which]!;
      const demand = demandView(state.base, asked, { cpuMilli: 1000, memoryMib: 1024 }, { perHost: 6, ...asked.ask.caps }, keepsAddressOn);
      const index = capacityIndex(state, demand);
      for (;;) {
        const best = index.best();
        expect(best).toEqual(fullScan(state, demand));
        answers += 1;
        if (best === undefined) break;
        occupy(state, asked.id, best.host, demand.charge, state.base.hosts[best.host]!.networkId !== keepsAddressOn);
        index.took(best.host);
      }
    }),
    { numRuns: 500 },
  );
  expect(answers).toBeGreaterThan(1000);
}, 60_000);
