// Wanted network against what the host has: the steps that are left, or what hinders. Pure; every half-done state is a starting point.
// The order keeps the host reachable: its address is on the bridge before it leaves the uplink, and the bridge has the uplink's MAC,
// so that neighbours notice nothing.
import { contains } from '../accept.ts';
import type { HostNetwork } from '../protocol.ts';
import { planTunnel, TUNNEL_LINK } from './tunnel.ts';

export interface AddressState {
  readonly address: string;
  readonly prefix: number;
}

export interface LinkState {
  readonly name: string;
  /** `bridge`, `veth`, ...; absent for a physical interface. */
  readonly kind?: string;
  readonly mac: string;
  readonly up: boolean;
  /** Longest packet, in bytes. */
  readonly mtu?: number;
  readonly master?: string;
  /** Of a link that is a VLAN of another: its id, and that other. */
  readonly vlan?: { readonly id: number; readonly parent: string };
  /** IPv4, in the kernel's order: the first of a subnet is the primary one. */
  readonly addresses: readonly AddressState[];
}

/** A route of the main table that somebody set (the kernel's own follow from addresses). */
export interface RouteState {
  readonly destination: string;
  readonly device: string;
  readonly gateway?: string;
  readonly metric?: number;
  readonly source?: string;
  readonly scope?: string;
  readonly onlink: boolean;
}

export interface PresentNetworkState {
  readonly links: readonly LinkState[];
  readonly routes: readonly RouteState[];
  readonly forwarding: boolean;
  /** What the tunnel's link knows of the other hosts; empty where there is no such link. */
  readonly tunnel?: TunnelState;
}

/** Lasting neighbours and forwarding entries of the tunnel's link. */
export interface TunnelState {
  readonly neighbours: readonly { readonly address: string; readonly mac: string }[];
  readonly entries: readonly { readonly mac: string; readonly to: string }[];
}

export type NetworkStep =
  | { readonly kind: 'add-bridge'; readonly bridge: string; readonly mac: string }
  | { readonly kind: 'set-mac'; readonly link: string; readonly mac: string }
  | { readonly kind: 'set-up'; readonly link: string }
  | { readonly kind: 'add-address' | 'drop-address'; readonly link: string; readonly address: string; readonly prefix: number }
  | { readonly kind: 'enslave'; readonly link: string; readonly bridge: string }
  | { readonly kind: 'put-route'; readonly route: RouteState; readonly link: string }
  | { readonly kind: 'drop-route'; readonly destination: string; readonly link: string }
  | { readonly kind: 'add-vlan'; readonly link: string; readonly parent: string; readonly id: number }
  | { readonly kind: 'add-tunnel'; readonly link: string; readonly uplink: string; readonly vni: number; readonly local: string; readonly mac: string }
  | { readonly kind: 'drop-link'; readonly link: string }
  | { readonly kind: 'put-neighbour' | 'drop-neighbour'; readonly link: string; readonly address: string; readonly mac: string }
  /** Frames for this MAC go through the tunnel to that host. */
  | { readonly kind: 'put-entry' | 'drop-entry'; readonly link: string; readonly mac: string; readonly to: string }
  | { readonly kind: 'forward' };

export interface NetworkPlan {
  readonly steps: readonly NetworkStep[];
  /** What only a person can change, as sentences; then there are no steps. */
  readonly problems: readonly string[];
}

/** What is left to do for the host's side of the network. */
export function planNetwork(network: HostNetwork, present: PresentNetworkState): NetworkPlan {
  // Containers that share the host's network need nothing that the host has not.
  if (network.mode === 'host') return { steps: [], problems: [] };
  return network.mode === 'flat' ? planFlat(network, present) : planRouted(network, present);
}

/** Routed: the engine makes the bridge; the host only has to forward, and to know the ways through the tunnel where there is one. */
function planRouted(network: HostNetwork, present: PresentNetworkState): NetworkPlan {
  const bridge = present.links.find((link) => link.name === network.bridge);
  const hindrance = foreignBridge(network, bridge, [network.gateway]) ?? (bridge === undefined ? collision(network, present) : undefined);
  if (hindrance !== undefined) return problem(hindrance);
  return { steps: [...(present.forwarding ? [] : [{ kind: 'forward' } as const]), ...planTunnel(network, present)], problems: [] };
}

/** The interface that joins the bridge: the uplink itself, or its VLAN; `make` where that is still to be made. */
function portOf(network: HostNetwork, present: PresentNetworkState): { port: LinkState | undefined; make: NetworkStep[] } {
  const uplink = present.links.find((link) => link.name === network.uplink);
  const { vlan: id } = network;
  if (id === undefined || uplink === undefined) return { port: uplink, make: [] };
  const known = present.links.find(({ vlan }) => vlan?.id === id && vlan.parent === uplink.name);
  const up: NetworkStep[] = uplink.up ? [] : [{ kind: 'set-up', link: uplink.name }];
  if (known !== undefined) return { port: known, make: up };
  // The kernel takes names of up to 15 characters.
  const name = `${uplink.name}.${id}`.length <= 15 ? `${uplink.name}.${id}` : `firn.${id}`;
  return { port: { name, kind: 'vlan', mac: uplink.mac, up: false, addresses: [], vlan: { id, parent: uplink.name } }, make: [...up, { kind: 'add-vlan', link: name, parent: uplink.name, id }] };
}

function planFlat(network: HostNetwork, present: PresentNetworkState): NetworkPlan {
  const { port: uplink, make } = portOf(network, present);
  const bridge = present.links.find((link) => link.name === network.bridge);
  const hindrance = findHindrance(network, present, uplink, bridge);
  if (hindrance !== undefined || uplink === undefined) return problem(hindrance ?? `uplink: there is no interface ${network.uplink}`);
  const prefix = Number(network.cidr.split('/')[1]);
  const own: AddressState = { address: network.hostAddress, prefix };
  // The uplink's further addresses move too: an enslaved interface's addresses do not work.
  const moving = [own, ...uplink.addresses.filter((one) => one.address !== own.address)];
  const missing = moving.filter((one) => !(bridge?.addresses ?? []).some((held) => held.address === one.address));
  const steps: NetworkStep[] = [
    ...make,
    ...(bridge === undefined ? [{ kind: 'add-bridge', bridge: network.bridge, mac: uplink.mac } as const] : []),
    ...(bridge !== undefined && bridge.mac !== uplink.mac ? [{ kind: 'set-mac', link: network.bridge, mac: uplink.mac } as const] : []),
    ...(bridge?.up ? [] : [{ kind: 'set-up', link: network.bridge } as const]),
    ...missing.map((one) => ({ kind: 'add-address', link: network.bridge, ...one }) as const),
    ...(uplink.master === network.bridge ? [] : [{ kind: 'enslave', link: uplink.name, bridge: network.bridge } as const]),
    ...(uplink.up ? [] : [{ kind: 'set-up', link: uplink.name } as const]),
    // Backwards: the kernel drops a subnet's further addresses together with its first one.
    ...uplink.addresses.toReversed().map((one) => ({ kind: 'drop-address', link: uplink.name, ...one }) as const),
    ...routesToPut(network, present, uplink.name),
  ];
  return { steps, problems: [] };
}

/** Routes over the uplink go over the bridge; a host without any default route gets the site's router. */
function routesToPut(network: HostNetwork, present: PresentNetworkState, port: string): NetworkStep[] {
  const moving = present.routes.filter((route) => route.device === port);
  const hasDefault = present.routes.some((route) => route.destination === 'default');
  const missing: RouteState[] = hasDefault ? [] : [{ destination: 'default', device: network.bridge, gateway: network.gateway, onlink: false }];
  return [...moving, ...missing].map((route) => ({ kind: 'put-route', route, link: network.bridge }));
}

/** What a person must change first, or undefined. */
function findHindrance(network: HostNetwork, present: PresentNetworkState, uplink: LinkState | undefined, bridge: LinkState | undefined): string | undefined {
  const names = present.links.map((link) => link.name).filter((name) => name !== 'lo').join(', ');
  if (uplink === undefined) return `uplink: there is no interface ${network.uplink} on this host; there are ${names}`;
  const foreign = foreignBridge(network, bridge, [network.hostAddress, ...uplink.addresses.map(({ address }) => address)]);
  if (foreign !== undefined) return foreign;
  if (uplink.master !== undefined && uplink.master !== network.bridge) return `uplink: ${uplink.name} belongs to ${uplink.master} already, so ${network.bridge} cannot have it`;
  const holder = present.links.find((link) => link.addresses.some((one) => one.address === network.hostAddress));
  if (holder !== undefined && holder.name !== uplink.name && holder.name !== network.bridge) {
    if (holder.name === network.uplink) return `hostAddress: ${network.hostAddress} is on ${holder.name} itself, and network ${network.cidr} is VLAN ${network.vlan}; give the host an address of the VLAN, or let the network have no VLAN id`;
    return `hostAddress: ${network.hostAddress} is on ${holder.name}, not on the uplink ${network.uplink}; choose ${holder.name} as the uplink`;
  }
  const colliding = bridge === undefined ? collision(network, present, uplink.name) : undefined;
  if (colliding !== undefined) return colliding;
  const held = holder?.addresses.find((one) => one.address === network.hostAddress);
  const prefix = Number(network.cidr.split('/')[1]);
  if (held !== undefined && held.prefix !== prefix) return `hostAddress: ${network.hostAddress}/${held.prefix} on ${holder?.name} does not fit the site's network ${network.cidr}; give it the prefix /${prefix}`;
  return undefined;
}

/** A bridge of this name that somebody else made: it has addresses, and none of them is one of ours. */
function foreignBridge(network: HostNetwork, bridge: LinkState | undefined, ours: readonly string[]): string | undefined {
  if (bridge === undefined) return undefined;
  if (bridge.kind !== 'bridge') return `bridge: there is an interface ${network.bridge} already, and it is no bridge; choose another name`;
  const [first] = bridge.addresses;
  if (first === undefined || bridge.addresses.some(({ address }) => ours.includes(address) || contains(network.cidr, address))) return undefined;
  return `bridge: there is a bridge ${network.bridge} already, with ${first.address}/${first.prefix}, which is not of ${network.cidr}; remove or rename it`;
}

/** What of the host lies in the network's range and is reached another way: the range would cut it off, or be cut off by it. */
export function collision(network: Pick<HostNetwork, 'cidr' | 'bridge' | 'uplink'>, present: PresentNetworkState, port: string = network.uplink): string | undefined {
  const isOurs = (device: string): boolean => device === network.bridge || device === port || device === network.uplink || device === TUNNEL_LINK;
  const route = present.routes.find(({ destination, device }) => destination !== 'default' && !isOurs(device) && overlap(destination, network.cidr));
  if (route !== undefined) return `range: ${network.cidr} overlaps the route to ${route.destination} on ${route.device}; choose another range, or remove the route`;
  for (const { name, addresses } of present.links.filter((link) => !isOurs(link.name))) {
    const held = addresses.find((one) => overlap(`${one.address}/${one.prefix}`, network.cidr));
    if (held !== undefined) return `range: ${network.cidr} overlaps ${held.address}/${held.prefix} on ${name}; choose another range, or remove what has it`;
  }
  return undefined;
}

/** Whether two networks share an address; an address alone is a network of one. */
export function overlap(one: string, other: string): boolean {
  const baseOf = (cidr: string): string => cidr.split('/')[0] ?? '';
  const whole = (text: string): string => (text.includes('/') ? text : `${text}/32`);
  return contains(whole(one), baseOf(other)) || contains(whole(other), baseOf(one));
}

const problem = (sentence: string): NetworkPlan => ({ steps: [], problems: [sentence] });

/** Reads the output of `ip -json -details address show`, `ip -json -4 route show table main` and of ip_forward. */
export function parsePresent(addresses: string, routes: string, forwarding: string): PresentNetworkState {
  return {
    links: (JSON.parse(addresses || '[]') as IpLink[]).filter((link) => link.ifname !== undefined).map(linkState),
    routes: (JSON.parse(routes || '[]') as IpRoute[]).filter((route) => route.protocol !== 'kernel' && route.dev !== undefined).map(routeState),
    forwarding: forwarding.trim() === '1',
  };
}

/** As iproute2 prints them; only what is used. */
interface IpLink {
  readonly ifname: string;
  readonly address?: string;
  readonly flags?: readonly string[];
  readonly master?: string;
  readonly mtu?: number;
  readonly link?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: { readonly id?: number } };
  readonly addr_info?: readonly { readonly family?: string; readonly local?: string; readonly prefixlen?: number }[];
}

interface IpRoute {
  readonly dst: string;
  readonly dev?: string;
  readonly gateway?: string;
  readonly protocol?: string;
  readonly metric?: number;
  readonly prefsrc?: string;
  readonly scope?: string;
  readonly flags?: readonly string[];
}

function linkState(link: IpLink): LinkState {
  const kind = link.linkinfo?.info_kind;
  const id = link.linkinfo?.info_data?.id;
  return {
    name: link.ifname,
    mac: link.address ?? '',
    up: link.flags?.includes('UP') ?? false,
    ...(kind === undefined ? {} : { kind }),
    ...(link.mtu === undefined ? {} : { mtu: link.mtu }),
    ...(link.master === undefined ? {} : { master: link.master }),
    ...(kind === 'vlan' && id !== undefined && link.link !== undefined ? { vlan: { id, parent: link.link } } : {}),
    addresses: (link.addr_info ?? []).filter((info) => info.family === 'inet').map((info) => ({ address: info.local ?? '', prefix: info.prefixlen ?? 32 })),
  };
}

function routeState(route: IpRoute): RouteState {
  return {
    destination: route.dst,
    device: route.dev ?? '',
    ...(route.gateway === undefined ? {} : { gateway: route.gateway }),
    ...(route.metric === undefined ? {} : { metric: route.metric }),
    ...(route.prefsrc === undefined ? {} : { source: route.prefsrc }),
    ...(route.scope === undefined || route.scope === 'global' ? {} : { scope: route.scope }),
    onlink: route.flags?.includes('onlink') ?? false,
  };
}
