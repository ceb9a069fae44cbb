// From which pools VMs can be bought now: with a provisioner, a hook that can be run, addresses left, and no failure a moment ago. Takes the store
// and the hooks; gives offers, each with what is in its way. A pool that failed is tried again after a while that gets longer.
import { rangesLeft } from '#scheduler/burst/address-ranges.ts';
import type { Offer } from '#scheduler/burst/model.ts';
import { type Said, said, spanText } from '#scheduler/said.ts';
import type { ProvisionerRow } from '../db/burst.ts';
import { lastOfPool, vmsOut } from '../db/burst-vms.ts';
import { listHosts } from '../db/hosts.ts';
import { listNetworks } from '../db/networks.ts';
import { listPools, poolOf, type PoolRow } from '../db/pools.ts';
import type { Reader } from '../db/store.ts';
import { provisionersByPool } from './rules.ts';
import type { Hooks } from './hooks.ts';

const MINUTE_MS = 60_000;
const LONGEST_COOLING_MS = 30 * MINUTE_MS;
const LAST_LOOKED_AT = 6;

/** Ranges that a new VM's must not touch: networks, hosts, and VMs that are not gone. */
export async function takenRanges(reader: Reader): Promise<string[]> {
  const networks = (await listNetworks(reader)).map(({ cidr }) => cidr);
  const hosts = (await listHosts(reader)).map(({ address }) => `${address}/32`);
  const vms = (await vmsOut(reader)).flatMap(({ containerCidr, address }) => (address === null ? [containerCidr] : [containerCidr, `${address}/32`]));
  return [...networks, ...hosts, ...vms];
}

export interface PoolOffer extends Offer {
  readonly row: PoolRow;
  /** Null: nobody said how its VMs are made. */
  readonly provisioner: ProvisionerRow | null;
}

/** Every pool, in order of names. */
export async function readOffers(reader: Reader, hooks: Hooks, now: number): Promise<PoolOffer[]> {
  const [pools, provisioners, taken, out] = [await listPools(reader), await provisionersByPool(reader), await takenRanges(reader), await vmsOut(reader)];
  const offers: PoolOffer[] = [];
  for (const row of pools) {
    const provisioner = provisioners.get(row.id) ?? null;
    const edit = provisioner?.edit;
    offers.push({
      row,
      provisioner,
      pool: poolOf(row),
      out: out.filter(({ poolId }) => poolId === row.id).length,
      rangesLeft: edit === undefined ? 0 : rangesLeft(edit.rangeSupernet, edit.rangePrefix, taken),
      billingMs: (edit?.billingMinutes ?? 60) * MINUTE_MS,
      problem: problemOf(row, provisioner, hooks) ?? (await cooling(reader, row, now)),
    });
  }
  return offers;
}

function problemOf({ name }: PoolRow, provisioner: ProvisionerRow | null, hooks: Hooks): Said | null {
  if (provisioner === null) return said('no-provisioner', { pool: name }, 'Nothing says how VMs of pool {pool} are made');
  if (!provisioner.edit.isEnabled) return said('closed', { pool: name }, 'Pool {pool} is closed');
  const hook = hooks.items.find((each) => each.name === provisioner.edit.hook);
  const problem = hook === undefined ? (hooks.problem ?? 'the server is not configured with it') : hook.problem;
  return problem === null ? null : said('hook-broken', { pool: name, hook: provisioner.edit.hook, problem }, 'Hook {hook} of pool {pool} cannot be used: {problem}');
}

/** After a failure: one minute, then two, four ... until one serves. */
async function cooling(reader: Reader, { id, name }: PoolRow, now: number): Promise<Said | null> {
  const last = await lastOfPool(reader, id, LAST_LOOKED_AT);
  const firstGood = last.findIndex(({ readyAt }) => readyAt !== null);
  const failed = (firstGood < 0 ? last : last.slice(0, firstGood)).filter(({ verdict, reason }) => verdict === 'failed' && reason.code !== 'abandoned');
  const [newest] = failed;
  if (newest === undefined) return null;
  const until = newest.since + Math.min(LONGEST_COOLING_MS, MINUTE_MS * 2 ** (failed.length - 1));
  return now >= until ? null : said('cooling', { pool: name, span: spanText(until - now), failures: failed.length, reason: newest.reason.sentence }, 'Pool {pool} failed {failures} times ({reason}); it is tried again in {span}');
}
