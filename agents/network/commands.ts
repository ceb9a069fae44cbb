// Network steps as argument arrays, and nothing else: pure, so that tests compare every word. `run.ts` runs them.
// All changes of links, addresses and routes are one `ip -batch`: the host's own connection hangs on them, so there is no pause between.
import type { NetworkStep, RouteState } from './plan.ts';
import { TUNNEL_LINK, TUNNEL_PORT } from './tunnel.ts';

export interface Command {
  readonly args: readonly string[];
  /** What the command reads from its standard input. */
  readonly stdin?: string;
}

export const readAddresses = (): Command => ({ args: ['ip', '-json', '-details', 'address', 'show'] });
export const readRoutes = (): Command => ({ args: ['ip', '-json', '-4', 'route', 'show', 'table', 'main'] });
export const readForwarding = (): Command => ({ args: ['cat', FORWARDING] });
/** Policies and rules of the chain that forwarded packets pass. */
export const readForwardRules = (): Command => ({ args: ['iptables', '--wait', '5', '-S', 'FORWARD'] });

/** Every chain of nftables, with hook and policy. */
export const readNftChains = (): Command => ({ args: ['nft', '--json', 'list', 'chains'] });
/** How strictly the kernel asks whether a packet came the way that it would answer. */
export const readPathFilter = (link: string): Command => ({ args: ['cat', `/proc/sys/net/ipv4/conf/${link}/rp_filter`] });
/** 1 where frames of bridges pass through iptables too; no such file where the module is not loaded. */
export const readBridgeFilter = (): Command => ({ args: ['cat', '/proc/sys/net/bridge/bridge-nf-call-iptables'] });

const FORWARDING = '/proc/sys/net/ipv4/ip_forward';

/** What the tunnel's link knows; both fail where there is no such link. */
export const readTunnelNeighbours = (): Command => ({ args: ['ip', '-json', 'neighbour', 'show', 'dev', TUNNEL_LINK] });
export const readTunnelEntries = (): Command => ({ args: ['bridge', '-json', 'fdb', 'show', 'dev', TUNNEL_LINK] });

/** Steps that `bridge` does, and not `ip`. */
type EntryStep = Extract<NetworkStep, { kind: 'put-entry' | 'drop-entry' }>;
const isEntry = (step: NetworkStep): step is EntryStep => step.kind === 'put-entry' || step.kind === 'drop-entry';

/** The commands for a plan's steps, in order. */
export function commandsFor(steps: readonly NetworkStep[]): Command[] {
  const lines = steps.flatMap((step) => (step.kind === 'forward' || isEntry(step) ? [] : [linkLine(step).join(' ')]));
  const entries = steps.filter(isEntry).map(({ kind, mac, link, to }) => `fdb ${kind === 'put-entry' ? 'replace' : 'delete'} ${mac} dev ${link} dst ${to} self permanent`);
  return [
    ...(lines.length > 0 ? [{ args: ['ip', '-batch', '-'], stdin: `${lines.join('\n')}\n` }] : []),
    ...(entries.length > 0 ? [{ args: ['bridge', '-batch', '-'], stdin: `${entries.join('\n')}\n` }] : []),
    ...(steps.some((step) => step.kind === 'forward') ? [ensureForwarding()] : []),
  ];
}

/** `tee` and not `sysctl`, which is no part of a minimal Debian. */
export const ensureForwarding = (): Command => ({ args: ['tee', FORWARDING], stdin: '1\n' });

/**
 * Makes the kernel send a gratuitous ARP for a container that has just started: containers are made with arp_notify on, and setting a MAC
 * (to what it is) then announces it. Run from the host in the container's network namespace; nothing is needed inside the image.
 */
export function announceNeighbours(pid: number, mac: string): Command {
  return { args: ['nsenter', `--net=/proc/${pid}/ns/net`, '--', 'ip', 'link', 'set', 'dev', CONTAINER_LINK, 'address', mac] };
}

/** The name that Docker gives to a container's first interface. */
const CONTAINER_LINK = 'eth0';

/** One line of the batch, as words after `ip`. */
function linkLine(step: Exclude<NetworkStep, EntryStep | { kind: 'forward' }>): string[] {
  switch (step.kind) {
    case 'add-bridge':
      return ensureBridge(step.bridge, step.mac);
    case 'set-mac':
      return ['link', 'set', 'dev', step.link, 'address', step.mac];
    case 'set-up':
      return ['link', 'set', 'dev', step.link, 'up'];
    case 'add-address':
      return ['address', 'add', `${step.address}/${step.prefix}`, 'broadcast', '+', 'dev', step.link];
    case 'drop-address':
      return ['address', 'delete', `${step.address}/${step.prefix}`, 'dev', step.link];
    case 'enslave':
      return ['link', 'set', 'dev', step.link, 'master', step.bridge];
    case 'put-route':
      return ensureRoute(step.route, step.link);
    case 'drop-route':
      return ['route', 'delete', step.destination, 'dev', step.link];
    case 'add-vlan':
      return ['link', 'add', 'link', step.parent, 'name', step.link, 'type', 'vlan', 'id', String(step.id)];
    case 'add-tunnel':
      return ensureTunnel(step);
    case 'drop-link':
      return ['link', 'delete', 'dev', step.link];
    case 'put-neighbour':
      return ['neighbour', 'replace', step.address, 'lladdr', step.mac, 'dev', step.link, 'nud', 'permanent'];
    case 'drop-neighbour':
      return ['neighbour', 'delete', step.address, 'dev', step.link];
  }
}

/** Learns nothing by itself: the assignment says where every host is. */
export function ensureTunnel({ link, mac, vni, local, uplink }: Extract<NetworkStep, { kind: 'add-tunnel' }>): string[] {
  return ['link', 'add', 'name', link, 'address', mac, 'type', 'vxlan', 'id', String(vni), 'local', local, 'dev', uplink, 'dstport', String(TUNNEL_PORT), 'nolearning'];
}

/**
 * Puts the network back from a file of `ip` lines after some seconds. The file is renamed first: of several that wait for it one does it, and
 * none does once it was removed.
 */
export const undoAfter = (file: string, seconds: number): Command => ({
  args: ['sh', '-c', 'sleep "$1"; if mv "$0" "$0.now" 2>/dev/null; then ip -force -batch "$0.now"; rm -f "$0.now"; fi', file, String(seconds)],
});

/** The same as a service of its own, which a stop of the agent's service leaves alone. */
export const asService = ({ args }: Command): Command => ({ args: ['systemd-run', '--quiet', '--collect', ...args] });

/** Says what `ip neighbour` understands, as an error. */
export const readNeighbourWords = (): Command => ({ args: ['ip', 'neighbour', 'help'] });

/** Which MAC was seen last on which port of a bridge. */
export const readSeen = (bridge: string): Command => ({ args: ['bridge', '-json', 'fdb', 'show', 'br', bridge] });

/** Makes the kernel forget who has an address, so that it asks again. */
export const forgetNeighbour = (address: string, link: string): Command => ({ args: ['ip', 'neighbour', 'flush', 'to', address, 'dev', link] });
/** `use`: the kernel sends an ARP request for it, as for a packet. */
export const askNeighbour = (address: string, link: string): Command => ({ args: ['ip', 'neighbour', 'replace', address, 'dev', link, 'use'] });
export const readNeighbour = (address: string, link: string): Command => ({ args: ['ip', '-json', 'neighbour', 'show', 'to', address, 'dev', link] });
export const readNeighbours = (link: string): Command => ({ args: ['ip', '-json', 'neighbour', 'show', 'dev', link] });
/** For how long an answer keeps later ones from counting, in hundredths of a second; below zero: the last answer counts. */
const neighbourLock = (link: string): string => `/proc/sys/net/ipv4/neigh/${link}/locktime`;
export const readNeighbourLock = (link: string): Command => ({ args: ['cat', neighbourLock(link)] });
export const setNeighbourLock = (link: string, value: string): Command => ({ args: ['tee', neighbourLock(link)], stdin: value });


/** Without spanning tree and its delay: a port that waits 30 s before it forwards would cut the host off. */
export function ensureBridge(bridge: string, mac: string): string[] {
  return ['link', 'add', 'name', bridge, 'address', mac, 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0'];
}

export function ensureRoute(route: RouteState, link: string): string[] {
  return [
    'route', 'replace', route.destination,
    ...(route.gateway === undefined ? [] : ['via', route.gateway]),
    'dev', link,
    ...(route.scope === undefined ? [] : ['scope', route.scope]),
    ...(route.source === undefined ? [] : ['src', route.source]),
    ...(route.metric === undefined ? [] : ['metric', String(route.metric)]),
    ...(route.onlink ? ['onlink'] : []),
  ];
}
