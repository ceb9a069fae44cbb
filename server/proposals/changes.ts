// Changes as people name them become changes as the scheduler takes them: names of hosts, workloads and pools are looked up in the snapshot.
// Pure. What does not exist is refused by field, with what is allowed.
import type { Snapshot } from '#scheduler/model.ts';
import type { Change as Asked } from '#scheduler/questions/model.ts';
import { InvalidError } from '../errors.ts';
import type { Change } from '../http/contract/questions.ts';

/** Names that a message lists at most. */
const MOST_LISTED = 12;

/** @throws InvalidError naming the field as the caller sent it: `changes.1.hosts.0` */
export function readChanges(snapshot: Snapshot, changes: readonly Change[]): Asked[] {
  const hostIds = new Map(snapshot.hosts.map(({ id, name }) => [name, id]));
  const workloadIds = new Map(snapshot.workloads.map(({ id, name }) => [name, id]));
  const hostId = (name: string, field: string) => found(hostIds, name, field, 'a host of the fleet');
  const workloadId = (name: string, field: string) => found(workloadIds, name, field, 'a workload that has capacity');
  return changes.map((change, index): Asked => {
    const field = `changes.${index}`;
    switch (change.kind) {
      case 'drain':
        return { kind: 'drain', hostIds: unique(change.hosts, `${field}.hosts`).map((name, at) => hostId(name, `${field}.hosts.${at}`)) };
      case 'lose':
        return { kind: 'lose', hostIds: domainHosts(snapshot, change, `${field}.name`), label: change.name };
      case 'add':
        return { kind: 'add', count: change.count, host: { ...change.host, reserved: { cpuMilli: 0, memoryMib: 0 }, performance: 50, stability: 50, environments: [] } };
      case 'buy':
        return change.pools === undefined ? { kind: 'buy' } : { kind: 'buy', pools: change.pools };
      case 'grow':
        return { kind: 'grow', workloadId: workloadId(change.workload, `${field}.workload`), permille: change.permille };
      case 'remove':
        return { kind: 'remove', workloadId: workloadId(change.workload, `${field}.workload`) };
      case 'policy':
        return { kind: 'policy', policy: { ...change.record, version: snapshot.policy.version + 1 } };
      case 'rearrange':
        return { kind: 'rearrange', wishes: change.wishes.map(({ replicaId, host }, at) => ({ replicaId, hostId: hostId(host, `${field}.wishes.${at}.host`) })) };
    }
  });
}

/** Null where the changes can be applied; else why they can only be looked at. */
export function whyOnlyForLooking(changes: readonly Change[]): string | null {
  const kinds = new Set(changes.map(({ kind }) => kind));
  if (kinds.has('lose')) return 'It supposes a loss: that can be looked at and not be applied.';
  if (kinds.has('add')) return 'It supposes hosts that are not there: let them join, then ask again without them.';
  if (kinds.has('buy')) return 'It supposes VMs that are not bought: buy them and let them join, then ask again without them.';
  return null;
}

function domainHosts({ hosts }: Snapshot, { domain, name }: Extract<Change, { kind: 'lose' }>, field: string): string[] {
  const nameOf = { host: (host: (typeof hosts)[number]) => host.name, rack: (host: (typeof hosts)[number]) => `${host.site}/${host.rack}`, site: (host: (typeof hosts)[number]) => host.site }[domain];
  const ids = hosts.filter((host) => nameOf(host) === name).map(({ id }) => id);
  if (ids.length === 0) throw unknown(field, name, `a ${domain} of the fleet`, [...new Set(hosts.map(nameOf))]);
  return ids;
}

function found(ids: ReadonlyMap<string, string>, name: string, field: string, what: string): string {
  const id = ids.get(name);
  if (id === undefined) throw unknown(field, name, what, [...ids.keys()]);
  return id;
}

function unique(names: readonly string[], field: string): readonly string[] {
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0) throw new InvalidError('change-invalid', `${field} names ${names[twice]} twice.`, [{ field: `${field}.${twice}`, value: names[twice], message: 'is named twice', allowed: 'each host once' }]);
  return names;
}

function unknown(field: string, value: string, what: string, known: readonly string[]): InvalidError {
  const listed = known.length === 0 ? 'there is none yet' : `${known.slice(0, MOST_LISTED).join(', ')}${known.length > MOST_LISTED ? ` and ${known.length - MOST_LISTED} more` : ''}`;
  return new InvalidError('change-invalid', `${field} is ${JSON.stringify(value)}: it must be ${what} (${listed}).`, [{ field, value, message: `is not ${what}`, allowed: listed }]);
}
