// Wanted network against what the host has: the steps that are left, or what hinders. Pure; every half-done state is a starting point.
// The order keeps the host reachable: its address is on the bridge before it leaves the uplink, and the bridge has the uplink's MAC,
// so that neighbours notice nothing.
import type { HostNetwork } from '../protocol.ts';

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
  readonly master?: string;
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
}

export type NetworkStep =
  | { readonly kind: 'add-bridge'; readonly bridge: string; readonly mac: string }
  | { readonly kind: 'set-mac'; readonly link: string; readonly mac: string }
  | { readonly kind: 'set-up'; readonly link: string }
  | { readonly kind: 'add-address' | 'drop-address'; readonly link: string; readonly address: string; readonly prefix: number }
  | { readonly kind: 'enslave'; readonly link: string; readonly bridge: string }
  | { readonly kind: 'put-route'; readonly route: RouteState; readonly link: string }
  | { readonly kind: 'forward' };

export interface NetworkPlan {
  readonly steps: readonly NetworkStep[];
  /** What only a person can change, as sentences; then there are no steps. */
  readonly problems: readonly string[];
}

/** What is left to do for the host's side of the network. */
export function planNetwork(network: HostNetwork, present: PresentNetworkState): NetworkPlan {
  return network.mode === 'flat' ? planFlat(network, present) : planRouted(network, present);
}

/** Routed: the engine makes the bridge; the host only has to forward. */
function planRouted(network: HostNetwork, present: PresentNetworkState): NetworkPlan {
  const bridge = present.links.find((link) => link.name === network.bridge);
  if (bridge !== undefined && bridge.kind !== 'bridge') return problem(`bridge: there is an interface ${network.bridge} already, and it is no bridge; choose another name`);
  return { steps: present.forwarding ? [] : [{ kind: 'forward' }], problems: [] };
}

function planFlat(network: HostNetwork, present: PresentNetworkState): NetworkPlan {
  const uplink = present.links.find((link) => link.name === network.uplink);
  const bridge = present.links.find((link) => link.name === network.bridge);
  const hindrance = findHindrance(network, present, uplink, bridge);
  if (hindrance !== undefined || uplink === undefined) return problem(hindrance ?? `uplink: there is no interface ${network.uplink}`);
  const prefix = Number(network.cidr.split('/')[1]);
  const own: AddressState = { address: network.hostAddress, prefix };
  // The uplink's further addresses move too: an enslaved interface's addresses do not work.
  const moving = [own, ...uplink.addresses.filter((one) => one.address !== own.address)];
  const missing = moving.filter((one) => !(bridge?.addresses ?? []).some((held) => held.address === one.address));
  const steps: NetworkStep[] = [
    ...(bridge === undefined ? [{ kind: 'add-bridge', bridge: network.bridge, mac: uplink.mac } as const] : []),
    ...(bridge !== undefined && bridge.mac !== uplink.mac ? [{ kind: 'set-mac', link: network.bridge, mac: uplink.mac } as const] : []),
    ...(bridge?.up ? [] : [{ kind: 'set-up', link: network.bridge } as const]),
    ...missing.map((one) => ({ kind: 'add-address', link: network.bridge, ...one }) as const),
    ...(uplink.master === network.bridge ? [] : [{ kind: 'enslave', link: network.uplink, bridge: network.bridge } as const]),
    ...(uplink.up ? [] : [{ kind: 'set-up', link: network.uplink } as const]),
    // Backwards: the kernel drops a subnet's further addresses together with its first one.
    ...uplink.addresses.toReversed().map((one) => ({ kind: 'drop-address', link: network.uplink, ...one }) as const),
    ...routesToPut(network, present),
  ];
  return { steps, problems: [] };
}

/** Routes over the uplink go over the bridge; a host without any default route gets the site's router. */
function routesToPut(network: HostNetwork, present: PresentNetworkState): NetworkStep[] {
  const moving = present.routes.filter((route) => route.device === network.uplink);
  const hasDefault = present.routes.some((route) => route.destination === 'default');
  const missing: RouteState[] = hasDefault ? [] : [{ destination: 'default', device: network.bridge, gateway: network.gateway, onlink: false }];
  return [...moving, ...missing].map((route) => ({ kind: 'put-route', route, link: network.bridge }));
}

/** What a person must change first, or undefined. */
function findHindrance(network: HostNetwork, present: PresentNetworkState, uplink: LinkState | undefined, bridge: LinkState | undefined): string | undefined {
  const names = present.links.map((link) => link.name).filter((name) => name !== 'lo').join(', ');
  if (uplink === undefined) return `uplink: there is no interface ${network.uplink} on this host; there are ${names}`;
  if (bridge !== undefined && bridge.kind !== 'bridge') return `bridge: there is an interface ${network.bridge} already, and it is no bridge; choose another name`;
  if (uplink.master !== undefined && uplink.master !== network.bridge) return `uplink: ${network.uplink} belongs to ${uplink.master} already, so ${network.bridge} cannot have it`;
  const holder = present.links.find((link) => link.addresses.some((one) => one.address === network.hostAddress));
  if (holder !== undefined && holder.name !== network.uplink && holder.name !== network.bridge) {
    return `hostAddress: ${network.hostAddress} is on ${holder.name}, not on the uplink ${network.uplink}; choose ${holder.name} as the uplink`;
  }
  const held = holder?.addresses.find((one) => one.address === network.hostAddress);
  const prefix = Number(network.cidr.split('/')[1]);
  if (held !== undefined && held.prefix !== prefix) return `hostAddress: ${network.hostAddress}/${held.prefix} on ${holder?.name} does not fit the site's network ${network.cidr}; give it the prefix /${prefix}`;
  return undefined;
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
  readonly linkinfo?: { readonly info_kind?: string };
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
  return {
    name: link.ifname,
    mac: link.address ?? '',
    up: link.flags?.includes('UP') ?? false,
    ...(kind === undefined ? {} : { kind }),
    ...(link.master === undefined ? {} : { master: link.master }),
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
