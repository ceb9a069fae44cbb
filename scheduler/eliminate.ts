// Why a replica found no room: every host with the first rule that it fails, gathered so that a person can read it.
// Takes the working copy at the end of a decision and what was asked; gives one entry per rule, kind of host and site. Changes nothing.

import { type DemandView, feasible, hostView } from './feasible.ts';
import type { Elimination, Reason } from './model.ts';
import type { Overlay } from './overlay.ts';
import { byText } from './resources.ts';

/** @returns at least one entry, also for a fleet without hosts; ordered by number of hosts, most first */
export function eliminate(state: Overlay, demand: DemandView): readonly Elimination[] {
  const groups = new Map<string, { group: string; hosts: number; closest: Reason; closestHost: string; gap: number }>();
  for (let host = 0; host < state.base.hosts.length; host += 1) {
    const facts = state.base.hosts[host]!;
    const reason = feasible(hostView(state, host, demand.workload.id, demand.leaving), demand);
    if (reason === undefined) continue;
    const group = `${facts.kind} in ${facts.site}`;
    const key = `${reason.rule} ${group}`;
    const gap = shortfall(reason);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { group, hosts: 1, closest: reason, closestHost: facts.name, gap });
    else {
      known.hosts += 1;
      if (gap < known.gap) Object.assign(known, { closest: reason, closestHost: facts.name, gap });
    }
  }
  if (groups.size === 0) {
    return [{ group: 'the fleet', hosts: 0, closest: { rule: 'host-state', resource: 'hosts', wanted: 1, available: 0 }, closestHost: '' }];
  }
  return [...groups]
    .sort(([oneKey, one], [otherKey, other]) => other.hosts - one.hosts || byText(oneKey, otherKey))
    .map(([, { group, hosts, closest, closestHost }]) => ({ group, hosts, closest, closestHost }));
}

/** How much is missing, for amounts; names are all equally far. */
function shortfall({ wanted, available }: Reason): number {
  return typeof wanted === 'number' && typeof available === 'number' ? Math.abs(wanted - available) : 0;
}
