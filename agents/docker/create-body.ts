// A container order as the body of Docker's create call, and a network's settings as the body of its network call. Pure.
// Knows what differs between API versions and cgroup versions, from API 1.41 (Engine 20.10) on.
import type { ContainerCreateOptions, EndpointSettings, NetworkCreateOptions } from 'dockerode';
import { LABELS } from '../protocol.ts';
import { HOST_NETWORK, limitsOf, type ContainerOrder, type EngineFacts, type NetworkSettings } from './runtime.ts';

const BRIDGE_NAME = 'com.docker.network.bridge.name';
const MASQUERADE = 'com.docker.network.bridge.enable_ip_masquerade';

/** Enough for a service with threads and a fork bomb's end; Docker's default is no limit at all. */
const PIDS_LIMIT = 4_096;
/** Raw sockets would let a container claim its neighbours' addresses on a network without isolation; the others no service needs. */
const DROPPED_CAPABILITIES = ['NET_RAW', 'MKNOD', 'SETFCAP'];
/** Standard output is kept for a look, not for good: a log without a bound fills the host's disk. */
const LOG_LIMITS = { 'max-size': '10m', 'max-file': '3' };

/** Docker's name for never starting a container by itself. */
export const NO_RESTARTS = 'no';

/** `EndpointSettings` of newer Docker versions than the type knows. */
type Endpoint = Partial<EndpointSettings> & { readonly MacAddress?: string };

/** Body of `POST /containers/create`. */
export function createBody(order: ContainerOrder, engine: Pick<EngineFacts, 'apiVersion' | 'cgroupVersion'>): ContainerCreateOptions {
  const { spec, owner, files } = order;
  const limits = limitsOf(spec);
  const macInEndpoint = isAtLeast(engine.apiVersion, 1, 44);
  // With the host's network a container has no address, no MAC and no kernel settings of its own.
  const sharesHost = order.networkName === HOST_NETWORK;
  const endpoint = endpointOf(spec, engine);
  return {
    name: spec.name,
    Hostname: spec.name,
    Image: spec.image,
    ...(spec.command.length > 0 ? { Cmd: [...spec.command] } : {}),
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: {
      [LABELS.cluster]: owner.clusterId,
      [LABELS.replica]: owner.replicaId,
      [LABELS.workload]: owner.workload,
      [LABELS.identity]: owner.identity,
      ...(owner.release === undefined ? {} : { [LABELS.release]: owner.release }),
    },
    ...(macInEndpoint || sharesHost ? {} : { MacAddress: spec.mac }),
    StopTimeout: spec.stopSeconds,
    HostConfig: {
      NetworkMode: order.networkName,
      CpuPeriod: limits.cpuPeriodMicros,
      CpuQuota: limits.cpuQuotaMicros,
      Memory: limits.memoryBytes,
      MemorySwap: limits.memorySwapBytes,
      // Without swap there is nothing to be keen on; cgroup v2 does not know the setting and Docker refuses it there.
      ...(engine.cgroupVersion === 1 ? { MemorySwappiness: 0 } : {}),
      PidsLimit: PIDS_LIMIT,
      Dns: [...spec.dns],
      ExtraHosts: spec.hosts.map((host) => `${host.name}:${host.address}`),
      Binds: [`${files.persistPath}:/persist`, ...(files.resolvPath === undefined ? [] : [`${files.resolvPath}:/etc/resolv.conf:ro`])],
      // The agent starts it again, with pauses that grow: after a boot nothing may run before it is known who has its address now.
      RestartPolicy: { Name: NO_RESTARTS },
      // Of the container's own network: lets the agent announce on which host its MAC is now.
      ...(sharesHost ? {} : { Sysctls: { 'net.ipv4.conf.all.arp_notify': '1' } }),
      SecurityOpt: ['no-new-privileges'],
      CapDrop: [...DROPPED_CAPABILITIES],
      LogConfig: { Type: 'json-file', Config: { ...LOG_LIMITS } },
      ...(order.cgroupParent === undefined ? {} : { CgroupParent: order.cgroupParent }),
    },
    ...(sharesHost ? {} : { NetworkingConfig: { EndpointsConfig: { [order.networkName]: endpoint } } }),
  };
}

/** What a container is on its network; older engines take the MAC with the container, and give one on a bridge what follows from its address. */
export function endpointOf(spec: Pick<ContainerOrder['spec'], 'address' | 'mac'>, engine: Pick<EngineFacts, 'apiVersion'>): Endpoint {
  return { IPAMConfig: { IPv4Address: spec.address }, ...(isAtLeast(engine.apiVersion, 1, 44) ? { MacAddress: spec.mac } : {}) };
}

/** Body of `POST /networks/create`. */
export function networkBody(settings: NetworkSettings, clusterId: string): NetworkCreateOptions {
  return {
    Name: settings.name,
    Driver: 'bridge',
    CheckDuplicate: true,
    Labels: { [LABELS.cluster]: clusterId },
    Options: { [BRIDGE_NAME]: settings.bridge, [MASQUERADE]: String(settings.masquerade) },
    IPAM: { Driver: 'default', Config: [{ Subnet: settings.subnet, IPRange: settings.range, Gateway: settings.gateway, AuxiliaryAddresses: { ...settings.auxiliary } }] },
  };
}

/** Settings of a present network from what the engine says about it. */
export function networkSettingsIn(name: string, options: Readonly<Record<string, string>>, ipam: readonly Readonly<Record<string, unknown>>[]): NetworkSettings {
  const config = ipam[0] ?? {};
  const text = (field: string): string => (typeof config[field] === 'string' ? config[field] : '');
  return {
    name,
    bridge: options[BRIDGE_NAME] ?? '',
    masquerade: options[MASQUERADE] !== 'false',
    subnet: text('Subnet'),
    gateway: text('Gateway'),
    range: text('IPRange'),
    auxiliary: (config['AuxiliaryAddresses'] ?? {}) as Record<string, string>,
  };
}

/** Whether an API version such as `1.41` is not older than another. Unreadable ones count as old. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [, first, second] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(first ?? 0) > major || (Number(first ?? 0) === major && Number(second ?? 0) >= minor);
}
