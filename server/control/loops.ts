// Every loop that there is, in one list.
import { burstLoop } from '../burst/loop.ts';
import type { Context } from '../context.ts';
import { listHosts } from '../db/hosts.ts';
import { listHostStatus } from '../db/host-status.ts';
import { autoscaleLoop } from '../autoscale/loop.ts';
import { metricsLoop } from '../metrics/loop.ts';
import { sitesLoop } from '../sites/loop.ts';
import { prometheusLoop } from '../metrics/prometheus.ts';
import { drillsLoop } from '../drill/loop.ts';
import { marketLoop } from '../market/loop.ts';
import { addressesLoop } from '../addresses/conflicts.ts';
import { buildsLoop } from '../builds/builds.ts';
import { dispatchLoop } from './dispatch.ts';
import { insightLoop } from './insight.ts';
import { maintenanceLoop } from '../maintenance/loop.ts';
import { observeLoop } from './observe.ts';
import { plannerLoop } from './planner.ts';
import { proposalsLoop } from '../proposals/loop.ts';
import { reaperLoop } from './reaper.ts';
import { retentionLoop } from '../registry/retention.ts';
import { upgradesLoop } from '../fleet/upgrades.ts';
import { upkeepLoop } from '../upkeep/loop.ts';
import { webhooksLoop } from '../webhooks/loop.ts';
import { rolloutsLoop } from '../rollouts/loop.ts';

/** Starts from what the store remembers of the hosts, and registers the loops. */
export async function startLoops(context: Context): Promise<void> {
  const { store, fleet, clock, loops } = context;
  const { hosts, status } = await store.read(async (reader) => ({ hosts: await listHosts(reader), status: new Map((await listHostStatus(reader)).map((row) => [row.hostId, row])) }));
  for (const { id } of hosts) fleet.watch(status.get(id) ?? { hostId: id, state: 'joining', reason: 'has not reported yet', since: clock.now(), lastSeenAt: null, facts: null, reportedGeneration: 0 });
  for (const loop of [observeLoop, plannerLoop, dispatchLoop, maintenanceLoop, addressesLoop, upkeepLoop, proposalsLoop, insightLoop, buildsLoop, retentionLoop, rolloutsLoop, webhooksLoop, metricsLoop, autoscaleLoop, prometheusLoop, burstLoop, reaperLoop, marketLoop, drillsLoop, sitesLoop, upgradesLoop]) loops.add(loop(context));
}
