/**
 * The bar to compare with: the same containers made by bare calls of the Docker API, engines in parallel and serial within an engine,
 * as a careful shell script would. It places by hand (round robin), checks nothing and remembers nothing.
 */
import Docker from 'dockerode';
import { macOf } from '#server/db/addresses.ts';
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

/** Starts every address's container and waits until all answer HTTP. @returns milliseconds; removes them afterwards, not counted */
export async function rawStart(engines: readonly RawEngine[], spec: RawSpec): Promise<number> {
  const begun = performance.now();
  const made: Docker.Container[] = [];
  try {
    await Promise.all(engines.map((engine) => startOn(engine, spec, made)));
    await answering(engines.flatMap((engine) => engine.addresses.map((address) => `http://${address}:${spec.port}/up`)), 60_000);
    return performance.now() - begun;
  } finally {
    await Promise.all(made.map((container) => container.remove({ force: true })));
  }
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
