// Docker's JSON in the agent's words. Pure. Containers of this product are known by their labels; of strangers only what could collide is taken.
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { LABELS } from '../protocol.ts';
import { NO_RESTARTS } from './create-body.ts';
import type { Container, ContainerStatus, Owner } from './runtime.ts';

/** Docker's year 1, for something that has not happened. */
const NEVER = /^0001-/;
const DEFAULT_STOP_SECONDS = 10;

/** A list entry says enough about a stranger. */
export function observeListed(info: ContainerInfo): Container {
  const networks = Object.entries(info.NetworkSettings?.Networks ?? {});
  const address = networks.map(([, one]) => one.IPAMConfig?.IPv4Address || one.IPAddress).find(Boolean);
  return {
    id: info.Id,
    name: nameIn(info.Names?.[0]),
    status: statusIn(info.State),
    stopSeconds: DEFAULT_STOP_SECONDS,
    restarts: 0,
    outOfMemory: false,
    ...(info.ImageID ? { imageId: info.ImageID } : {}),
    ...(address === undefined ? {} : { address }),
  };
}

/** Everything about a container that carries labels of the product. */
export function observeInspected(info: ContainerInspectInfo): Container {
  const owner = ownerIn(info.Config.Labels ?? {});
  const networks = Object.entries(info.NetworkSettings.Networks ?? {});
  const own = info.HostConfig.NetworkMode;
  // Somebody may have put it on others, or taken it off its own.
  const [networkName, endpoint] = networks.find(([name, one]) => name === own || one.NetworkID === own) ?? (own === undefined || own === 'default' ? networks[0] : undefined) ?? [];
  const otherNetworks = networks.flatMap(([name]) => (name === networkName ? [] : [name]));
  const status = statusIn(info.State.Status);
  const config = info.Config as typeof info.Config & { readonly MacAddress?: string; readonly StopTimeout?: number };
  // A container that is not running has no address; what it will get is in its configuration.
  const address = endpoint?.IPAMConfig?.IPv4Address || endpoint?.IPAddress;
  const mac = endpoint?.MacAddress || config.MacAddress;
  const host = info.HostConfig;
  return {
    id: info.Id,
    name: nameIn(info.Name),
    ...(owner === undefined ? {} : { owner }),
    status,
    ...(info.Image ? { imageId: info.Image } : {}),
    ...(info.State.Pid > 0 ? { pid: info.State.Pid } : {}),
    ...(networkName === undefined ? {} : { networkName }),
    ...(endpoint?.NetworkID ? { networkId: endpoint.NetworkID } : {}),
    ...(otherNetworks.length > 0 ? { otherNetworks } : {}),
    ...(address ? { address } : {}),
    ...(mac ? { mac: mac.toLowerCase() } : {}),
    limits: {
      cpuPeriodMicros: host.CpuPeriod ?? 0,
      cpuQuotaMicros: host.CpuQuota ?? 0,
      memoryBytes: host.Memory ?? 0,
      memorySwapBytes: host.MemorySwap ?? 0,
    },
    restartsItself: !['', NO_RESTARTS].includes(host.RestartPolicy?.Name ?? ''),
    stopSeconds: config.StopTimeout ?? DEFAULT_STOP_SECONDS,
    restarts: info.RestartCount ?? 0,
    ...(NEVER.test(info.State.StartedAt) ? {} : { startedAt: new Date(info.State.StartedAt).toISOString() }),
    ...(status === 'running' || status === 'created' ? {} : { exitCode: info.State.ExitCode }),
    outOfMemory: info.State.OOMKilled,
    ...(info.State.Error ? { error: info.State.Error } : {}),
  };
}

/** Whom the labels name; undefined for strangers. Any cluster's: the caller compares. */
export function ownerIn(labels: Readonly<Record<string, string>>): Owner | undefined {
  const clusterId = labels[LABELS.cluster];
  const replicaId = labels[LABELS.replica];
  if (clusterId === undefined || replicaId === undefined) return undefined;
  const release = labels[LABELS.release];
  return { clusterId, replicaId, workload: labels[LABELS.workload] ?? '', identity: labels[LABELS.identity] ?? '', ...(release === undefined ? {} : { release }) };
}

export function statusIn(text: string): ContainerStatus {
  return (STATUSES as readonly string[]).includes(text) ? (text as ContainerStatus) : 'dead';
}
const STATUSES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const satisfies readonly ContainerStatus[];

const nameIn = (name: string | undefined): string => (name ?? '').replace(/^\//, '');
