// The hard rules: what a host must be, and must have left, to take one replica of a workload.
// Each rule takes a view of the host and of what is asked and gives the reason why not, as data, or nothing. Rules that do not
// depend on room come first: their answers are the same for a whole decision and are remembered per combination of constraints.

import { classOf, joinedCaps } from './classes.ts';
import type { Caps, CloudPolicy, EnvironmentPolicy, Host, Reason, RuleName, Shape, Workload } from './model.ts';
import { isAlive, isClosed, isTooDear } from './open.ts';
import { countsOf, type Overlay } from './overlay.ts';
import type { Base, Eligibility } from './prepare.ts';
import { byText, charge } from './resources.ts';

/** One host as a rule sees it. */
export interface HostView {
  readonly host: Host;
  /** What is left after reservation and everything that is placed. */
  readonly free: Shape;
  readonly addressesFree: number;
  /** Containers share the host's network and its address, so that it takes one. */
  readonly sharesNetwork?: boolean | undefined;
  /** Whether any replica is on the host. */
  readonly isUsed: boolean;
  /** What all cloud hosts in use cost together now. */
  readonly cloudCentsPerHour: number;
  /** Replicas of the same workload on the host, in its rack and in its site. */
  readonly here: { readonly host: number; readonly rack: number; readonly site: number };
}

/** What one replica asks of a host. */
export interface DemandView {
  readonly workload: Workload;
  /** Absent where the policy does not know the workload's environment. */
  readonly environment: EnvironmentPolicy | undefined;
  readonly shape: Shape;
  /** What it takes from a host: the shape after overcommit. */
  readonly charge: Shape;
  /** With those of the workload's class. */
  readonly caps: Caps;
  readonly cloud: CloudPolicy;
  /** How much the weight `spread` counts: 1000 as the policy has it. */
  readonly spreadPermille: number;
  /** Network on which the replica may keep the address that it has; null where it needs a fresh one. */
  readonly keepsAddressOn: string | null;
  /** Index of the host of a replica that leaves once this one serves: it still holds its room there, but counts for no cap. */
  readonly leaving?: number | undefined;
}

export interface Rule {
  readonly rule: RuleName;
  readonly check: (view: HostView, demand: DemandView) => Reason | undefined;
}

/** Rules whose answer does not depend on what is placed. The cordon is apart, since survival counts cordoned hosts that are in use. */
const lastingRules: readonly Rule[] = [
  {
    rule: 'host-state',
    check: ({ host }) => (isAlive(host) ? undefined : { rule: 'host-state', resource: 'state', wanted: 'ready', available: host.state }),
  },
  {
    rule: 'environment',
    check: ({ host }, { workload, environment }) => {
      if (environment === undefined) return { rule: 'environment', resource: 'policy', wanted: workload.environment, available: 'not in the policy' };
      if (host.environments.length === 0 || host.environments.includes(workload.environment)) return undefined;
      return { rule: 'environment', resource: 'environments', wanted: workload.environment, available: [...host.environments].sort(byText).join(', ') };
    },
  },
  {
    rule: 'host-kind',
    check: ({ host }, { environment }) =>
      environment === undefined || environment.kinds.includes(host.kind)
        ? undefined
        : { rule: 'host-kind', resource: 'kind', wanted: environment.kinds.join(', '), available: host.kind },
  },
  {
    rule: 'cloud',
    check: ({ host }, { workload }) =>
      host.kind === 'cloud-vm' && workload.ask.cloud === 'never' ? { rule: 'cloud', resource: 'kind', wanted: 'a host of our own', available: host.kind } : undefined,
  },
  {
    rule: 'cloud-price',
    check: ({ host }, { cloud }) => {
      if (!isTooDear(host, cloud)) return undefined;
      const cents = (host.costCentsPerHour * 1000) / Math.max(1, host.capacity.cpuMilli);
      // Rounded up to three decimals, so that what is told is never as low as what is allowed.
      return { rule: 'cloud-price', resource: 'centsPerCoreHour', wanted: cloud.mostCentsPerCoreHour!, available: Math.ceil(cents * 1000) / 1000 };
    },
  },
  {
    rule: 'labels',
    check: ({ host }, { workload }) => {
      for (const label of Object.keys(workload.ask.labels).sort(byText)) {
        const wanted = workload.ask.labels[label]!;
        const available = Object.hasOwn(host.labels, label) ? host.labels[label]! : 'missing';
        if (available !== wanted) return { rule: 'labels', resource: label, wanted, available };
      }
      return undefined;
    },
  },
  {
    rule: 'taint',
    check: ({ host }, { workload }) => {
      const taint = host.taints.find((each) => !workload.ask.tolerations.includes(each));
      return taint === undefined ? undefined : { rule: 'taint', resource: taint, wanted: 'tolerated', available: 'not tolerated' };
    },
  },
];

/** What rules that do not depend on room look at besides the host: nothing. */
const NOTHING = { free: { cpuMilli: 0, memoryMib: 0 }, addressesFree: 0, isUsed: false, cloudCentsPerHour: 0, here: { host: 0, rack: 0, site: 0 } };

const cordonRule: Rule = {
  rule: 'cordon',
  check: ({ host }) => (isClosed(host) ? { rule: 'cordon', resource: 'cordon', wanted: 'open', available: host.diskFull === true ? 'disk full' : host.cordoned ? 'cordoned' : 'draining' } : undefined),
};

/** Rules of the machine's room. */
const roomRules: readonly Rule[] = [
  {
    rule: 'cpu',
    check: ({ free }, demand) =>
      demand.charge.cpuMilli <= free.cpuMilli ? undefined : { rule: 'cpu', resource: 'cpuMilli', wanted: demand.charge.cpuMilli, available: Math.max(0, free.cpuMilli) },
  },
  {
    rule: 'memory',
    check: ({ free }, demand) =>
      demand.charge.memoryMib <= free.memoryMib ? undefined : { rule: 'memory', resource: 'memoryMib', wanted: demand.charge.memoryMib, available: Math.max(0, free.memoryMib) },
  },
];

const capRule = (rule: 'cap-site' | 'cap-rack' | 'cap-host', domain: 'site' | 'rack' | 'host', cap: 'perSite' | 'perRack' | 'perHost'): Rule => ({
  rule,
  check: ({ here }, { caps }) => {
    const most = caps[cap];
    return most === undefined || here[domain] < most ? undefined : { rule, resource: domain, wanted: here[domain] + 1, available: most };
  },
});

/** What lacks where a host of mode `host` has its one replica. */
export const OWN_ADDRESS = 'host-network';

const addressRule: Rule = {
  rule: 'addresses',
  check: ({ host, addressesFree, sharesNetwork = false }, { keepsAddressOn }) =>
    keepsAddressOn === host.networkId || addressesFree > 0 ? undefined : { rule: 'addresses', resource: sharesNetwork ? OWN_ADDRESS : host.networkId, wanted: 1, available: 0 },
};

/** Only an empty cloud host is opened: one in use costs the same with another replica. */
const spendRule: Rule = {
  rule: 'cloud-spend',
  check: ({ host, isUsed, cloudCentsPerHour }, { cloud: { mostCentsPerHour } }) => {
    const cents = cloudCentsPerHour + host.costCentsPerHour;
    if (isUsed || host.kind !== 'cloud-vm' || mostCentsPerHour === null || cents <= mostCentsPerHour) return undefined;
    return { rule: 'cloud-spend', resource: 'centsPerHour', wanted: cents, available: mostCentsPerHour };
  },
};

/** Every hard rule, in the order in which they are asked: the first that refuses is the one that is told. */
export const rules: readonly Rule[] = [
  ...lastingRules,
  cordonRule,
  capRule('cap-site', 'site', 'perSite'),
  capRule('cap-rack', 'rack', 'perRack'),
  capRule('cap-host', 'host', 'perHost'),
  ...roomRules,
  addressRule,
  spendRule,
];

/** Rules for a replica that stays on its host and changes shape: it brings nothing new there, so cordon and caps do not ask again. */
const stayingRules: readonly Rule[] = [...lastingRules.filter((each) => each.rule !== 'host-state'), ...roomRules];

/** Why this host may not take the replica; undefined where it may. */
export function feasible(view: HostView, demand: DemandView): Reason | undefined {
  return firstReason(rules, view, demand);
}

/** Why a replica may not take its new shape where it is; `view.free` counts it as taken off. */
export function feasibleInPlace(view: HostView, demand: DemandView): Reason | undefined {
  return firstReason(stayingRules, view, demand);
}

/** Why a host may not have a replica of this workload whatever room it has; undefined where it may. A cordon does not ask. */
export function unsuitable(base: Base, workload: Workload, host: number): Reason | undefined {
  return firstReason(lastingRules, { host: base.hosts[host]!, ...NOTHING }, demandView(base, workload, { cpuMilli: 0, memoryMib: 0 }, {}, null));
}

/**
 * How a demand looks to the rules.
 * @param caps those of the workload's class join them here
 * @param leaving index of the host of a replica that the new one replaces
 */
export function demandView(base: Base, workload: Workload, shape: Shape, caps: Caps, keepsAddressOn: string | null, leaving?: number): DemandView {
  const { policy } = base.snapshot;
  const environment = Object.hasOwn(policy.environments, workload.environment) ? policy.environments[workload.environment] : undefined;
  const ofClass = classOf(workload, policy);
  return {
    workload,
    environment,
    shape,
    charge: charge(shape, policy, workload.environment),
    caps: ofClass === undefined ? caps : joinedCaps(caps, ofClass.caps),
    cloud: policy.cloud,
    spreadPermille: ofClass?.spreadPermille ?? 1000,
    keepsAddressOn,
    leaving,
  };
}

/** How a host looks to the rules in the present state of a decision. @param leaving as in DemandView */
export function hostView(state: Overlay, host: number, workloadId: string, leaving?: number): HostView {
  const { base } = state;
  const { rackOf, siteOf, networkOf } = base;
  const counts = countsOf(state, workloadId);
  const others = (count: number | undefined, isSame: boolean) => (count !== undefined && count > 0 && isSame ? count - 1 : (count ?? 0));
  const shares = (domains: ArrayLike<number>) => leaving !== undefined && domains[leaving] === domains[host];
  return {
    host: base.hosts[host]!,
    free: { cpuMilli: state.freeCpu[host]!, memoryMib: state.freeMemory[host]! },
    addressesFree: networkOf[host]! < 0 ? 0 : state.addressesFree[networkOf[host]!]!,
    sharesNetwork: base.ownAddresses.has(base.hosts[host]!.networkId),
    isUsed: state.replicaCount[host]! > 0,
    cloudCentsPerHour: state.cloudCentsPerHour,
    here: {
      host: others(counts.host.get(host), host === leaving),
      rack: others(counts.rack.get(rackOf[host]!), shares(rackOf)),
      site: others(counts.site.get(siteOf[host]!), shares(siteOf)),
    },
  };
}

/** Which hosts pass the rules that do not depend on room. Remembered in the base, per combination of constraints. */
export function eligibility(base: Base, workload: Workload): Eligibility {
  const { memory } = base;
  const known = memory.eligibilityOf.get(workload);
  if (known !== undefined) return known;
  const { labels, tolerations, cloud } = workload.ask;
  const key = JSON.stringify([workload.environment, cloud, Object.entries(labels).sort(([one], [other]) => byText(one, other)), [...tolerations].sort(byText)]);
  const found = memory.eligibilities.get(key) ?? eligible(base, workload);
  // A console that types drafts all day must not grow the base without end; what is dropped is computed again.
  if (memory.eligibilities.size >= 1000) memory.eligibilities.clear();
  memory.eligibilities.set(key, found);
  memory.eligibilityOf.set(workload, found);
  return found;
}

function eligible(base: Base, workload: Workload): Eligibility {
  const demand = demandView(base, workload, { cpuMilli: 0, memoryMib: 0 }, {}, null);
  const nothing = { free: { cpuMilli: 0, memoryMib: 0 }, addressesFree: 0, isUsed: false, cloudCentsPerHour: 0, here: { host: 0, rack: 0, site: 0 } };
  const suits = Uint8Array.from(base.hosts, (host) => (firstReason(lastingRules, { host, ...nothing }, demand) === undefined ? 1 : 0));
  const takes = Uint8Array.from(base.hosts, (host, index) => (suits[index] === 1 && !isClosed(host) ? 1 : 0));
  const groups = new Uint8Array(base.order.groups.length);
  for (const [host, takesOne] of takes.entries()) if (takesOne === 1) groups[base.order.groupOfBlock[base.order.blockOf[host]!]!] = 1;
  return { suits, takes, groups, open: takes.reduce((sum, each) => sum + each, 0), bySize: new Map() };
}

function firstReason(asked: readonly Rule[], view: HostView, demand: DemandView): Reason | undefined {
  for (const each of asked) {
    const reason = each.check(view, demand);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
