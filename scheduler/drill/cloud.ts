// The cloud of a drill: VMs that are ordered, come, are paid by the hour and go back. Acts on the fleet of the drill; decides only what to buy, with
// the same question as in production, within the pools' limits and the cap.
import type { Pool, Snapshot } from '../model.ts';
import { buy } from '../questions/buy.ts';
import { joinHosts, poolHost, poolPrefix } from '../questions/join-hosts.ts';
import type { Fleet } from './fleet.ts';
import type { RunsOut } from './model.ts';

const HOUR_MS = 3_600_000;

interface Vm {
  readonly pool: Pool;
  readonly orderedAt: number;
  readonly readyAt: number;
  /** Null: on its way. */
  hostId: string | null;
}

export interface CloudTerms {
  readonly pools: readonly Pool[];
  readonly vmDelayMs: number;
  readonly mayBuy: boolean;
  readonly spendCapCents: number | null;
}

/** Why replicas wait: what ran out, and how many of how many found room. */
export interface Waiting {
  readonly workloadId: string;
  readonly what: RunsOut;
  readonly wanted: number;
  readonly available: number;
}

export interface Cloud {
  order(pool: Pool, count: number, at: number, readyAt: number): void;
  /** VMs whose time has come become hosts. @returns whether any did */
  arrive(at: number): boolean;
  /** At the end of each paid hour a VM goes whose replicas find room elsewhere, and one that is needed is paid for another hour. */
  renew(at: number): void;
  /** Orders what gives everybody room beside the VMs that are on their way. @returns who waits for what, now that it was tried */
  buyFor(waiting: readonly Waiting[], at: number): readonly Waiting[];
  left(pool: Pool): number;
  readonly vms: number;
  readonly cents: number;
  readonly hours: number;
  /** By pool id. */
  readonly mostOfPool: Readonly<Record<string, number>>;
}

export function openCloud(fleet: Fleet, terms: CloudTerms): Cloud {
  let vms: Vm[] = [];
  const mostOfPool: Record<string, number> = {};
  let [cents, hours, boughtFor] = [0, 0, ''];
  const countOf = (pool: Pool) => vms.filter((vm) => vm.pool.id === pool.id).length;
  const left = (pool: Pool) => Math.max(0, pool.limit - countOf(pool));
  const pay = (pool: Pool, count: number) => {
    cents += count * pool.costCentsPerHour;
    hours += count;
  };
  const order = (pool: Pool, count: number, at: number, readyAt: number) => {
    for (let index = 0; index < count; index += 1) vms.push({ pool, orderedAt: at, readyAt, hostId: null });
    pay(pool, count);
    mostOfPool[pool.id] = Math.max(mostOfPool[pool.id] ?? 0, countOf(pool));
  };
  const affordable = (pool: Pool, count: number) => (terms.spendCapCents === null ? count : Math.min(count, Math.floor(Math.max(0, terms.spendCapCents - cents) / Math.max(1, pool.costCentsPerHour))));
  /** Buys for one workload on top of what is ahead. */
  const buyOne = (each: Waiting, ahead: Snapshot, at: number): { readonly waiting: Waiting; readonly ahead: Snapshot } => {
    if (fleet.base.workloads.get(each.workloadId)?.ask.cloud === 'never') return { waiting: { ...each, what: 'not-cloud-eligible' }, ahead };
    const pools = terms.pools.map((pool) => ({ ...pool, limit: left(pool) })).filter(({ limit }) => limit > 0);
    if (pools.length === 0) return { waiting: { ...each, what: 'cloud-limit' }, ahead };
    const { bought, missing, snapshot } = buy({ ...ahead, pools }, { seed: 1, newId: fleet.newId, workloadId: each.workloadId });
    let isCapped = false;
    for (const { pool, count } of bought) {
      const few = affordable(pool, count);
      isCapped ||= few < count;
      order(terms.pools.find(({ id }) => id === pool.id)!, few, at, at + terms.vmDelayMs);
    }
    const lacks: RunsOut = ahead.policy.cloud.mostCentsPerHour === null ? 'cloud-limit' : 'spend-cap';
    return { waiting: { ...each, what: isCapped ? 'spend-cap' : missing > 0 ? lacks : each.what }, ahead: { ...snapshot, pools: [] } };
  };
  return {
    order,
    left,
    arrive(at) {
      const came = vms.filter(({ hostId, readyAt }) => hostId === null && readyAt <= at);
      for (const vm of came) vm.hostId = fleet.join(vm.pool);
      return came.length > 0;
    },
    renew(at) {
      const isDue = ({ orderedAt }: Vm) => at !== orderedAt && (at - orderedAt) % HOUR_MS === 0;
      const gone = vms.filter((vm) => isDue(vm) && vm.hostId !== null && fleet.evacuate(vm.hostId));
      vms = vms.filter((vm) => !gone.includes(vm));
      for (const vm of vms) if (isDue(vm)) pay(vm.pool, 1);
    },
    buyFor(waiting, at) {
      const key = waiting.map(({ workloadId, wanted, available }) => `${workloadId} ${wanted} ${available}`).join(',');
      if (waiting.length === 0) boughtFor = '';
      if (!terms.mayBuy || terms.pools.length === 0 || key === boughtFor || waiting.length === 0) return waiting;
      boughtFor = key;
      let ahead = vms.filter(({ hostId }) => hostId === null).reduce((now, { pool }) => joinHosts(now, poolHost(pool), 1, poolPrefix(pool)), fleet.snapshot);
      return waiting.map((each) => {
        const tried = buyOne(each, ahead, at);
        ahead = tried.ahead;
        return tried.waiting;
      });
    },
    get vms() {
      return vms.length;
    },
    get cents() {
      return cents;
    },
    get hours() {
      return hours;
    },
    mostOfPool,
  };
}
