// What a host is told of its network, the ways to other hosts through a tunnel included. Pure, but for reading who is in which tunnel.
import type { HostNetwork } from '#agents/protocol.ts';
import { type HostRow, hostsById } from '../db/hosts.ts';
import { type NetworkRow, tunnelledNetworks } from '../db/networks.ts';
import type { Reader } from '../db/store.ts';

/** Docker network and bridge that agents make; one of each on a host. */
const NETWORK_NAME = 'firn';
const BRIDGE = 'firn0';

export interface TunnelEnd {
  readonly vni: number;
  readonly hostId: string;
  readonly address: string;
  readonly cidr: string;
}

/** Every host that is in a tunnel, in the order of addresses: the same ends give the same assignments. */
export async function tunnelEnds(reader: Reader): Promise<TunnelEnd[]> {
  const networks = await tunnelledNetworks(reader);
  if (networks.length === 0) return [];
  const hosts = new Map((await hostsById(reader, networks.flatMap(({ hostId }) => hostId ?? []))).map(({ id, address }) => [id, address]));
  return networks
    .flatMap(({ tunnelVni, hostId, cidr }) => {
      const address = hosts.get(hostId ?? '');
      return tunnelVni === null || hostId === null || address === undefined ? [] : [{ vni: tunnelVni, hostId, address, cidr }];
    })
    .sort((one, other) => (one.address < other.address ? -1 : 1));
}

/** Hosts of which the ways changed between two looks. */
export function whoseWaysChanged(before: readonly TunnelEnd[], after: readonly TunnelEnd[]): string[] {
  const changed = [...new Set([...before, ...after].map(({ vni }) => vni))].filter((vni) => textOf(before, vni) !== textOf(after, vni));
  return [...new Set([...before, ...after].filter(({ vni }) => changed.includes(vni)).map(({ hostId }) => hostId))];
}

const textOf = (ends: readonly TunnelEnd[], vni: number): string => JSON.stringify(ends.filter((end) => end.vni === vni));

/** @param ends of all tunnels */
export function hostNetwork(host: Pick<HostRow, 'id' | 'address' | 'uplink'>, { mode, cidr, gateway, vlan, tunnelVni }: NetworkRow, ends: readonly TunnelEnd[]): HostNetwork {
  const peers = ends.filter(({ vni, hostId }) => vni === tunnelVni && hostId !== host.id).map((end) => ({ address: end.address, cidr: end.cidr }));
  return {
    name: NETWORK_NAME, bridge: BRIDGE, mode, uplink: host.uplink, cidr, gateway, hostAddress: host.address,
    ...(vlan === null ? {} : { vlan }),
    ...(tunnelVni === null ? {} : { tunnel: { vni: tunnelVni, peers } }),
  };
}
