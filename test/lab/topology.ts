/**
 * The shape of a lab: which namespaces, cables and addresses a data centre on one machine has, and the commands that make them.
 * Takes a name, an address base and the numbers of hosts; gives names, addresses and argument arrays.
 * Pure: it starts nothing and reads nothing, so that a test can compare every command exactly.
 */

export type HostKind = 'physical' | 'cloud-vm';

/** What a lab is made from. */
export interface LabShape {
  /** 1-8 characters, a-z and 0-9, beginning with a letter: it becomes part of interface names, which the kernel limits to 15. */
  readonly name: string;
  /** First two octets of the data centre, such as `10.231`; the two /16 after it are the cloud VPC and the cloud's containers. */
  readonly base: string;
  /** Hosts to start with; at most 200 of each kind, because the last octet numbers them. */
  readonly physical: number;
  readonly cloud: number;
}

/** Addresses that containers of a host may get, both ends included. */
export interface ContainerRange {
  readonly cidr: string;
  readonly first: string;
  readonly last: string;
  /** Where containers send what is not theirs: the site's router (flat) or the host's own bridge (routed). */
  readonly gateway: string;
}

export interface HostTopology {
  readonly name: string;
  readonly kind: HostKind;
  /** How containers are to reach the network; the agent makes it so, the lab leaves the host raw. */
  readonly mode: 'flat' | 'routed';
  readonly namespace: string;
  /** Address on eth0, its network and the router of that network. */
  readonly address: string;
  readonly cidr: string;
  readonly gateway: string;
  readonly containers: ContainerRange;
  /** The bridge of the data centre's namespace that the host's cable ends in, and the cable's name there. */
  readonly bridge: 'sw0' | 'vpc0';
  readonly cable: string;
}

export interface Topology {
  readonly name: string;
  /** Networks that the lab claims on this machine. */
  readonly ranges: { readonly site: string; readonly vpc: string; readonly cloudContainers: string };
  readonly siteRouter: string;
  readonly vpcRouter: string;
  /** The operator's seat: where the control plane and the tests sit, in the machine's own network namespace. */
  readonly seat: { readonly link: string; readonly address: string };
  readonly dataCentre: string;
}

export type Command = readonly string[];

/** Names that carry the lab's: all that is needed to find what it has on the machine. */
export const seatLink = (lab: string): string => `firn-${lab}`;
export const namespacePrefix = (lab: string): string => `firn-${lab}-`;

const NAME = /^[a-z][a-z0-9]{0,7}$/;
const BASE = /^(\d{1,3})\.(\d{1,3})$/;
/** Containers of the flat site begin here: lower addresses belong to routers, the operator's seat and hosts. */
const FIRST_FLAT_CONTAINER_OCTET = 16;

/** The site that a shape describes. Throws a RangeError that names field, value and what is allowed. */
export function topologyOf(shape: LabShape): Topology {
  if (!NAME.test(shape.name)) throw new RangeError(`name: "${shape.name}" is not allowed; use 1-8 characters a-z and 0-9, a letter first`);
  const octets = BASE.exec(shape.base);
  const second = Number(octets?.[2]);
  if (!octets || Number(octets[1]) > 223 || second > 253) {
    throw new RangeError(`base: "${shape.base}" is not allowed; give two octets such as "10.231", the second at most 253`);
  }
  for (const field of ['physical', 'cloud'] as const) {
    const count = shape[field];
    if (!Number.isInteger(count) || count < 0 || count > 200) throw new RangeError(`${field}: ${count} is not allowed; give a whole number from 0 to 200`);
  }
  const [site, vpc, cloudContainers] = [0, 1, 2].map((step) => `${octets[1]}.${second + step}`) as [string, string, string];
  return {
    name: shape.name,
    ranges: { site: `${site}.0.0/16`, vpc: `${vpc}.0.0/24`, cloudContainers: `${cloudContainers}.0.0/16` },
    siteRouter: `${site}.0.1`,
    vpcRouter: `${vpc}.0.1`,
    seat: { link: seatLink(shape.name), address: `${site}.0.2` },
    dataCentre: `${namespacePrefix(shape.name)}dc`,
  };
}

/** The `number`-th host (from 1) of a kind: `phy1` on the flat site, `cloud1` in the VPC with a /24 of its own for containers. */
export function hostOf(topology: Topology, kind: HostKind, number: number): HostTopology {
  const flat = kind === 'physical';
  const name = `${flat ? 'phy' : 'cloud'}${number}`;
  const network = flat ? topology.ranges.site : topology.ranges.vpc;
  const octets = (cidr: string): string => cidr.split('.').slice(0, 2).join('.');
  const site = octets(topology.ranges.site);
  const own = `${octets(topology.ranges.cloudContainers)}.${number}`;
  return {
    name,
    kind,
    mode: flat ? 'flat' : 'routed',
    namespace: `${namespacePrefix(topology.name)}${name}`,
    address: `${octets(network)}.0.${10 + number}`,
    cidr: network,
    gateway: flat ? topology.siteRouter : topology.vpcRouter,
    containers: flat
      ? { cidr: network, first: `${site}.${FIRST_FLAT_CONTAINER_OCTET}.0`, last: `${site}.255.254`, gateway: topology.siteRouter }
      : { cidr: `${own}.0/24`, first: `${own}.2`, last: `${own}.254`, gateway: `${own}.1` },
    bridge: flat ? 'sw0' : 'vpc0',
    cable: `v-${name}`,
  };
}

/** Makes the data centre: two switches, the router between them, and the operator's seat with its routes. */
export function ensureSite(topology: Topology): Command[] {
  const { dataCentre, seat, ranges, siteRouter, vpcRouter } = topology;
  const inside = (...command: string[]): Command => ['ip', '-n', dataCentre, ...command];
  return [
    ['ip', 'netns', 'add', dataCentre],
    setForwarding(dataCentre, true),
    inside('link', 'set', 'lo', 'up'),
    inside('link', 'add', 'sw0', 'type', 'bridge'),
    inside('link', 'add', 'vpc0', 'type', 'bridge'),
    inside('link', 'set', 'sw0', 'up'),
    inside('link', 'set', 'vpc0', 'up'),
    inside('addr', 'add', `${siteRouter}/16`, 'dev', 'sw0'),
    inside('addr', 'add', `${vpcRouter}/24`, 'dev', 'vpc0'),
    ['ip', 'link', 'add', seat.link, 'type', 'veth', 'peer', 'name', 'v-seat', 'netns', dataCentre],
    inside('link', 'set', 'v-seat', 'master', 'sw0', 'up'),
    ['ip', 'addr', 'add', `${seat.address}/16`, 'dev', seat.link],
    ['ip', 'link', 'set', seat.link, 'up'],
    ['ip', 'route', 'add', ranges.vpc, 'via', siteRouter, 'dev', seat.link],
    ['ip', 'route', 'add', ranges.cloudContainers, 'via', siteRouter, 'dev', seat.link],
  ];
}

/** Makes a raw host as a new machine would be: an address on eth0 and a default route; no bridge, no Docker network. */
export function ensureHost(topology: Topology, host: HostTopology): Command[] {
  const inside = (...command: string[]): Command => ['ip', '-n', host.namespace, ...command];
  const centre = (...command: string[]): Command => ['ip', '-n', topology.dataCentre, ...command];
  const prefix = host.cidr.split('/')[1];
  return [
    ['ip', 'netns', 'add', host.namespace],
    setForwarding(host.namespace, host.mode === 'routed'),
    ['ip', '-n', topology.dataCentre, 'link', 'add', host.cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host.namespace],
    centre('link', 'set', host.cable, 'master', host.bridge, 'up'),
    inside('link', 'set', 'lo', 'up'),
    inside('addr', 'add', `${host.address}/${prefix}`, 'dev', 'eth0'),
    inside('link', 'set', 'eth0', 'up'),
    inside('route', 'add', 'default', 'via', host.gateway),
    // The VPC's destination route for the VM's own containers: a cloud's route table holds it, not the VM.
    ...(host.mode === 'routed' ? [centre('route', 'replace', host.containers.cidr, 'via', host.address)] : []),
  ];
}

/** Takes the host's network cable out of the switch or puts it back. */
export function setCable(topology: Topology, host: HostTopology, state: 'up' | 'down'): Command {
  return ['ip', '-n', topology.dataCentre, 'link', 'set', host.cable, state];
}

/** Throws the host's cable away, both ends of it. */
export function removeCable(topology: Topology, host: HostTopology): Command {
  return ['ip', '-n', topology.dataCentre, 'link', 'del', host.cable];
}

/** A command as it runs inside a network namespace. `ip netns exec` would remount /sys and lose the cgroup mounts. */
export function inNamespace(namespace: string, command: Command): Command {
  return ['nsenter', `--net=/run/netns/${namespace}`, '--', ...command];
}

/** A new namespace inherits ip_forward from the machine: what a host needs is set, whatever the machine has. */
function setForwarding(namespace: string, on: boolean): Command {
  return inNamespace(namespace, ['sh', '-c', `echo ${on ? 1 : 0} > /proc/sys/net/ipv4/ip_forward`]);
}
