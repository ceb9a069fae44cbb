// The lines of `ip -force -batch` that put a host's network back as it was before the bridge. Pure; they may be run twice, and in any half-done
// state: what cannot be done any more fails for itself.
import type { HostNetwork } from '../protocol.ts';
import { ensureRoute } from './commands.ts';
import type { PresentNetworkState } from './plan.ts';
import { TUNNEL_LINK } from './tunnel.ts';

/** @param before the host as it was when there was nothing of the network yet, or some of it */
export function undoLines(network: HostNetwork, before: PresentNetworkState): string[] {
  const known = new Set(before.links.map(({ name }) => name));
  const members = before.links.filter(({ name, vlan }) => name === network.uplink || vlan?.parent === network.uplink);
  const bridge = before.links.find(({ name }) => name === network.bridge);
  const vlanLink = network.vlan === undefined || members.some(({ vlan }) => vlan?.id === network.vlan) ? undefined : `${network.uplink}.${network.vlan}`;
  return [
    ...members.flatMap(({ name, master }) => (master === undefined ? [['link', 'set', 'dev', name, 'nomaster']] : [['link', 'set', 'dev', name, 'master', master]])),
    ...(vlanLink === undefined ? [] : [['link', 'set', 'dev', vlanLink, 'nomaster'], ['link', 'delete', 'dev', vlanLink]]),
    ...members.flatMap(({ name, addresses }) => addresses.map(({ address, prefix }) => ['address', 'replace', `${address}/${prefix}`, 'broadcast', '+', 'dev', name])),
    // The bridge goes last of what holds the address, so that there is no moment without it.
    ...(bridge === undefined ? [['link', 'set', 'dev', network.bridge, 'down'], ['link', 'delete', 'dev', network.bridge]] : []),
    ...(known.has(TUNNEL_LINK) ? [] : [['link', 'delete', 'dev', TUNNEL_LINK]]),
    ...before.routes.map((route) => ensureRoute(route, route.device)),
  ].map((words) => words.join(' '));
}
