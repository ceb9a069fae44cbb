// Questions and their answers in English: changes, fixes, survival, the proof.
// Takes what the other files give; gives one line each, stable, since the command line prints it and the API sends it. Other languages
// are the console's, from the same figures.

import { amount, cores } from '../explain.ts';
import type { Snapshot } from '../model.ts';
import { byText } from '../resources.ts';
import type { Change, Fix, Gap, Survival } from './model.ts';

/** What names are looked up in. */
export type Named = Pick<Snapshot, 'hosts' | 'workloads'> & Partial<Pick<Snapshot, 'pools'>>;

/** Names in a row beyond which only their number is told. */
const MOST_NAMES = 4;

/** `drain h1, h2`. */
export function changeText(change: Change, named: Named): string {
  const host = (id: string) => named.hosts.find((each) => each.id === id)?.name ?? id;
  const workload = (id: string) => named.workloads.find((each) => each.id === id)?.name ?? id;
  switch (change.kind) {
    case 'drain':
      return `drain ${row(change.hostIds.map(host), 'host')}`;
    case 'lose':
      return `lose ${change.label}${change.hostIds.length > 1 ? ` (${amount(change.hostIds.length, 'host')})` : ''}`;
    case 'add': {
      const { kind, site, rack, capacity, costCentsPerHour } = change.host;
      return `add ${amount(change.count, 'host')} of ${cores(capacity.cpuMilli)} and ${capacity.memoryMib} MiB (${kind}) in ${site}/${rack}, ${money(costCentsPerHour)} an hour each`;
    }
    case 'buy':
      return change.pools === undefined ? 'buy what gives everything that waits its room' : `buy from ${row(change.pools.map((one) => poolName(named, one)), 'pool')} what gives everything that waits its room`;
    case 'grow':
      return `${change.permille >= 1000 ? 'grow' : 'shrink'} ${workload(change.workloadId)} to ${number(change.permille / 10)} % of its peak`;
    case 'remove':
      return `remove ${workload(change.workloadId)}`;
    case 'policy':
      return `change the policy to version ${change.policy.version}`;
    case 'rearrange':
      return `move ${amount(change.wishes.length, 'replica')} to ${row([...new Set(change.wishes.map(({ hostId }) => host(hostId)))], 'host')}`;
  }
}

function poolName({ pools = [] }: Named, one: string): string {
  return pools.find(({ id }) => id === one)?.name ?? one;
}

const DOMAIN_OF_CAP = { perHost: 'host', perRack: 'rack', perSite: 'site' } as const;

/** What somebody would have to do, with what it costs. */
export function fixText(fix: Fix, named: Named): string {
  const costs = fix.addedCentsPerHour > 0 ? `, ${money(fix.addedCentsPerHour)} an hour more` : '';
  const moves = fix.moves > 0 && fix.what.kind !== 'move' ? `, moves ${amount(fix.moves, 'replica')}` : '';
  return `${deedText(fix.what, named)}${moves}${costs}`;
}

function deedText(what: Fix['what'], named: Named): string {
  switch (what.kind) {
    case 'raise-cap':
      return `allow ${what.to} replicas instead of ${what.from} in one ${DOMAIN_OF_CAP[what.cap]}`;
    case 'move': {
      const hosts = [...new Set(what.wishes.map(({ hostId }) => named.hosts.find(({ id }) => id === hostId)?.name ?? hostId))];
      return `move ${amount(what.wishes.length, 'replica')} of ${row(what.workloads, 'workload')} to ${row(hosts, 'host')}`;
    }
    case 'buy':
      return `buy ${what.pools.map(({ pool, count }) => `${count} of ${pool}`).join(' and ')}`;
    case 'shrink':
      return `use shape ${what.shape}: ${amount(what.replicas, 'replica')} of it`;
    case 'lower-peak':
      return `lower the peak to ${number(what.peakQps)} QPS`;
    case 'survive':
      return what.survive === 'none' ? 'give up surviving a loss' : `survive the loss of a ${what.survive} only`;
    case 'uncordon':
      return `lift the cordon of ${what.host}`;
    case 'allow-cloud':
      return 'allow the workload in the cloud';
    case 'label':
      return `give ${what.host} the label ${what.label}=${what.value}`;
    case 'tolerate':
      return `tolerate the taint ${what.taint}`;
    case 'kind':
      return `allow hosts of kind ${what.hostKind} for environment ${what.environment}`;
  }
}

/** What may die now. Hosts first, whatever the order of the entries. */
export function survivalText(survivals: readonly Survival[]): string {
  const order = ['host', 'rack', 'site'];
  const known = survivals.filter(({ tried }) => tried > 0).sort((one, other) => order.indexOf(one.domain) - order.indexOf(other.domain));
  if (known.length === 0) return 'nothing runs, so nothing can be lost';
  const good = known.filter(({ survives }) => survives).map(({ domain }) => domain);
  const sentences = good.length > 0 ? [`any one ${good.join(' or ')} may die now and everything fits again`] : [];
  for (const { domain, tried, failures } of known) {
    const worst = failures[0];
    if (worst === undefined) continue;
    const names = row(worst.workloads.slice(0, MOST_NAMES).map(({ workload, missing }) => `${missing} of ${workload}`), 'workload');
    const others = failures.length > 1 ? `, and likewise for ${failures.length - 1} more of ${amount(tried, domain)}` : '';
    sentences.push(`if ${domain} ${worst.label} dies now, ${amount(worst.missing, 'replica')} would have no room (${names})${others}`);
  }
  return sentences.join('; ');
}

/** How good the arrangement is, and how one knows. */
export function proofText({ costCentsPerHour, boundCentsPerHour, percent }: Gap): string {
  const cost = `${money(costCentsPerHour)} an hour`;
  if (costCentsPerHour <= boundCentsPerHour) return `proven to be the cheapest possible: ${cost}, and no arrangement of the same replicas costs less`;
  return `proven within ${percent.toFixed(2)} % of the cheapest possible: ${cost}, and no arrangement of the same replicas costs less than ${money(boundCentsPerHour)}`;
}

/** In the currency's main unit, which the caller names. */
function money(cents: number): string {
  return (cents / 100).toFixed(2);
}

/** `a, b and c`, or only how many there are. */
function row(names: readonly string[], noun: string): string {
  if (names.length > MOST_NAMES) return amount(names.length, noun);
  const sorted = [...names].sort(byText);
  return sorted.length < 2 ? sorted.join('') : `${sorted.slice(0, -1).join(', ')} and ${sorted.at(-1)}`;
}

/** At most two decimals, without trailing zeros. */
function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}
