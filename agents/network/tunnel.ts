// Ways to the containers of other hosts through a VXLAN, for sites whose routers cannot be told of containers' ranges. Pure.
// Each host's range is one route through the tunnel, its next hop the range's base address, whose MAC and host are written down: nothing is
// learnt and nothing is flooded. A packet is 50 bytes longer in it.
import type { HostNetwork } from '../protocol.ts';
import type { NetworkStep, PresentNetworkState } from './plan.ts';

export const TUNNEL_LINK = 'firnx0';
/** As IANA has it. */
export const TUNNEL_PORT = 4_789;

/** MAC of a host's end: `02:46:` and the octets of its address, so that no host need be asked for it. */
export function tunnelMacOf(hostAddress: string): string {
  return `02:46:${hostAddress.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0')).join(':')}`;
}

const baseOf = (cidr: string): string => cidr.split('/')[0] ?? '';

/** What is left to do for the tunnel: to make it, to know every other host, and to forget those that are gone. */
export function planTunnel(network: HostNetwork, present: PresentNetworkState): NetworkStep[] {
  const link = present.links.find(({ name }) => name === TUNNEL_LINK);
  const { tunnel } = network;
  if (tunnel === undefined) return link === undefined ? [] : [{ kind: 'drop-link', link: TUNNEL_LINK }];
  const own = { address: baseOf(network.cidr), prefix: 32 };
  const peers = tunnel.peers.filter(({ address }) => address !== network.hostAddress).map(({ address, cidr }) => ({ host: address, cidr, hop: baseOf(cidr), mac: tunnelMacOf(address) }));
  const { neighbours, entries } = present.tunnel ?? { neighbours: [], entries: [] };
  const routes = present.routes.filter(({ device }) => device === TUNNEL_LINK);
  const hasRoute = ({ cidr, hop }: (typeof peers)[number]) => routes.some(({ destination, gateway }) => destination === cidr && gateway === hop);
  const on = { link: TUNNEL_LINK } as const;
  return [
    ...(link === undefined ? [{ kind: 'add-tunnel', ...on, uplink: network.uplink, vni: tunnel.vni, local: network.hostAddress, mac: tunnelMacOf(network.hostAddress) } as const] : []),
    // What the host itself sends goes out with this address, which the other hosts know the way back to.
    ...(link?.addresses.some(({ address }) => address === own.address) ? [] : [{ kind: 'add-address', ...on, ...own } as const]),
    ...(link?.up ? [] : [{ kind: 'set-up', ...on } as const]),
    ...routes.filter(({ destination }) => !peers.some(({ cidr }) => cidr === destination)).map(({ destination }) => ({ kind: 'drop-route', ...on, destination }) as const),
    ...neighbours.filter(({ address }) => !peers.some(({ hop }) => hop === address)).map((one) => ({ kind: 'drop-neighbour', ...on, ...one }) as const),
    ...entries.filter(({ mac, to }) => !peers.some((peer) => peer.mac === mac && peer.host === to)).map((one) => ({ kind: 'drop-entry', ...on, ...one }) as const),
    ...peers.filter(({ hop, mac }) => !neighbours.some((one) => one.address === hop && one.mac === mac)).map(({ hop, mac }) => ({ kind: 'put-neighbour', ...on, address: hop, mac }) as const),
    ...peers.filter(({ host, mac }) => !entries.some((one) => one.mac === mac && one.to === host)).map(({ host, mac }) => ({ kind: 'put-entry', ...on, mac, to: host }) as const),
    ...peers.filter((peer) => !hasRoute(peer)).map(({ cidr, hop }) => ({ kind: 'put-route', ...on, route: { destination: cidr, device: TUNNEL_LINK, gateway: hop, onlink: true } }) as const),
  ];
}

/** Reads `ip -json neighbour show dev firnx0` and `bridge -json fdb show dev firnx0`: only what was written down for good. */
export function parseTunnel(neighbours: string, entries: string): NonNullable<PresentNetworkState['tunnel']> {
  const known = JSON.parse(neighbours || '[]') as { dst?: string; lladdr?: string; state?: string[] }[];
  const ways = JSON.parse(entries || '[]') as { mac?: string; dst?: string }[];
  return {
    neighbours: known.flatMap(({ dst, lladdr, state }) => (dst !== undefined && lladdr !== undefined && state?.includes('PERMANENT') ? [{ address: dst, mac: lladdr }] : [])),
    entries: ways.flatMap(({ mac, dst }) => (mac !== undefined && dst !== undefined ? [{ mac, to: dst }] : [])),
  };
}
