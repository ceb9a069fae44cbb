// Network steps as argument arrays, and nothing else: pure, so that tests compare every word. `run.ts` runs them.
// All changes of links, addresses and routes are one `ip -batch`: the host's own connection hangs on them, so there is no pause between.
import type { NetworkStep, RouteState } from './plan.ts';

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

const FORWARDING = '/proc/sys/net/ipv4/ip_forward';

/** The commands for a plan's steps, in order. */
export function commandsFor(steps: readonly NetworkStep[]): Command[] {
  const lines = steps.flatMap((step) => (step.kind === 'forward' ? [] : [linkLine(step).join(' ')]));
  return [
    ...(lines.length > 0 ? [{ args: ['ip', '-batch', '-'], stdin: `${lines.join('\n')}\n` }] : []),
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
function linkLine(step: Exclude<NetworkStep, { kind: 'forward' }>): string[] {
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
  }
}

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
