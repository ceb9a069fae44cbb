/**
 * The bar to compare with: the same containers made by bare calls of the Docker API, engines in parallel and serial within an engine,
 * as a careful shell script would. It places by hand (round robin), checks nothing and remembers nothing.
 */
import Docker from 'dockerode';
import { macOf } from '#server/db/addresses.ts';
import type { LabHost } from '../lab/lab.ts';
import { answering } from './answering.ts';

export interface RawEngine {
  readonly socketPath: string;
  readonly cgroupParent: string;
  /** Docker network made by the host's agent. */
  readonly network: string;
  /** Addresses to use, outside of what the server gives. */
  readonly addresses: readonly string[];
}

export interface RawSpec {
  readonly image: string;
  readonly env: readonly string[];
  readonly port: number;
  readonly cpuMilli: number;
  readonly memoryMib: number;
}

/**
 * The hosts' engines, each with addresses of its own network above those that the server gives first.
 * @param base of the lab, such as `10.248` @param first of the addresses, in steps of 20 a flat host
 */
export function rawEngines(hosts: readonly LabHost[], { base, first, each }: { readonly base: string; readonly first: number; readonly each: number }): RawEngine[] {
  return hosts.map((host, index) => {
    const prefix = host.mode === 'flat' ? `${base}.30` : host.containers.cidr.replace(/\.0\/24$/, '');
    const start = host.mode === 'flat' ? first + index * 20 : 190 + first;
    return { socketPath: host.socketPath, cgroupParent: host.cgroupParent, network: 'firn', addresses: Array.from({ length: each }, (_, offset) => `${prefix}.${start + offset}`) };
  });
}

/** Starts every address's container and waits until all answer HTTP. @returns milliseconds; removes them afterwards, not counted */
export async function rawStart(engines: readonly RawEngine[], spec: RawSpec): Promise<number> {
  const begun = performance.now();
  const made: Docker.Container[] = [];
  try {
    await startAll(engines, spec, made);
    return performance.now() - begun;
  } finally {
    await Promise.all(made.map((container) => container.remove({ force: true })));
  }
}

/**
 * Containers are there; as many others start beside them and answer, then the first ones are stopped and removed.
 * @returns milliseconds from the first start of another one until the last one of before is gone
 */
export async function rawReplace(before: readonly RawEngine[], after: readonly RawEngine[], spec: RawSpec): Promise<number> {
  const [old, made]: [Docker.Container[], Docker.Container[]] = [[], []];
  try {
    await startAll(before, spec, old);
    const begun = performance.now();
    await startAll(after, spec, made);
    await Promise.all(old.map(async (container) => {
      await container.stop({ t: 10 });
      await container.remove();
    }));
    return performance.now() - begun;
  } finally {
    await Promise.all([...made, ...old].map((container) => container.remove({ force: true }).catch(() => undefined)));
  }
}

async function startAll(engines: readonly RawEngine[], spec: RawSpec, made: Docker.Container[]): Promise<void> {
  await Promise.all(engines.map((engine) => startOn(engine, spec, made)));
  await answering(engines.flatMap((engine) => engine.addresses.map((address) => `http://${address}:${spec.port}/up`)), 60_000);
}

async function startOn(engine: RawEngine, spec: RawSpec, made: Docker.Container[]): Promise<void> {
  const docker = new Docker({ socketPath: engine.socketPath });
  for (const address of engine.addresses) {
    const memory = spec.memoryMib * 1024 * 1024;
    const container = await docker.createContainer({
      name: `raw-${address.replaceAll('.', '-')}`,
      Image: spec.image,
      Env: [...spec.env],
      MacAddress: macOf(address),
      HostConfig: { CpuPeriod: 100_000, CpuQuota: spec.cpuMilli * 100, Memory: memory, MemorySwap: memory, CgroupParent: engine.cgroupParent, RestartPolicy: { Name: 'unless-stopped' } },
      NetworkingConfig: { EndpointsConfig: { [engine.network]: { IPAMConfig: { IPv4Address: address } } } },
    });
    made.push(container);
    await container.start();
  }
}
