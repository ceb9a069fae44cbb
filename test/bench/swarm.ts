/**
 * Docker Swarm on a lab's engines, to compare rollouts with: one service of many replicas on an overlay network, brought to another image.
 * Takes the hosts; gives a service that can be brought to an image. A task counts when its process runs, for Swarm asks no more of an
 * image without a health check. The engines must run without live-restore. Whoever took the lab up takes it down.
 */
import Docker from 'dockerode';
import type { LabHost } from '../lab/lab.ts';
import { until } from '../lab/until.ts';

const PORT = 2377;
const DEADLINE_MS = 180_000;
/** Swarm goes on watching what it has started for so long before it calls an update complete: the least that makes sense. */
const MONITOR_NS = 1_000_000;

export interface SwarmSpec {
  readonly replicas: number;
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly cpuMilli: number;
  readonly memoryMib: number;
}

export class Swarm {
  readonly #manager: Docker;
  readonly #spec: SwarmSpec;
  #serviceId = '';

  private constructor(manager: Docker, spec: SwarmSpec) {
    this.#manager = manager;
    this.#spec = spec;
  }

  /** Makes the hosts one swarm, the first its manager, with an overlay network for the service. */
  static async up(hosts: readonly LabHost[], spec: SwarmSpec): Promise<Swarm> {
    const [first, ...others] = hosts as [LabHost, ...LabHost[]];
    const manager = new Docker({ socketPath: first.socketPath });
    await manager.swarmInit({ ListenAddr: `${first.address}:${PORT}`, AdvertiseAddr: `${first.address}:${PORT}` });
    const { JoinTokens } = (await manager.swarmInspect()) as { JoinTokens: { Worker: string } };
    for (const host of others) {
      await new Docker({ socketPath: host.socketPath }).swarmJoin({ ListenAddr: `${host.address}:${PORT}`, AdvertiseAddr: host.address, RemoteAddrs: [`${first.address}:${PORT}`], JoinToken: JoinTokens.Worker });
    }
    await manager.createNetwork({ Name: 'bench', Driver: 'overlay' });
    return new Swarm(manager, spec);
  }

  /** Starts the service and waits until every task runs. */
  async create(image: string): Promise<void> {
    const { id } = (await this.#manager.createService(this.#service(image, 1) as unknown as Docker.CreateServiceOptions)) as unknown as { id: string };
    this.#serviceId = id;
    await this.#untilRuns(image);
  }

  /** `docker service update --image`, start-first; 0: all at once. Waits until every task runs the image, and none another one. */
  async update(image: string, parallelism: number): Promise<void> {
    const service = this.#manager.getService(this.#serviceId);
    const { Version } = (await service.inspect()) as { Version: { Index: number } };
    await service.update({ _query: { version: Version.Index }, _body: this.#service(image, parallelism) });
    await this.#untilRuns(image);
  }

  async #untilRuns(image: string): Promise<void> {
    await until(`${this.#spec.replicas} tasks run ${image}`, async () => {
      const tasks = (await this.#manager.listTasks({ filters: JSON.stringify({ service: [this.#serviceId] }) })) as { Status: { State: string; Err?: string }; DesiredState: string; Spec: { ContainerSpec: { Image: string } } }[];
      const running = tasks.filter(({ Status }) => Status.State === 'running');
      if (running.length === this.#spec.replicas && running.every(({ Spec }) => Spec.ContainerSpec.Image === image)) return true;
      const trouble = tasks.find(({ Status }) => Status.Err)?.Status.Err;
      throw new Error(`${running.length} run${trouble === undefined ? '' : `; ${trouble}`}`);
    }, DEADLINE_MS);
  }

  #service(image: string, parallelism: number) {
    const { replicas, command, env, cpuMilli, memoryMib } = this.#spec;
    return {
      Name: 'bench',
      TaskTemplate: {
        ContainerSpec: { Image: image, Args: command, Env: env, StopGracePeriod: 10_000_000_000 },
        Resources: { Limits: { NanoCPUs: cpuMilli * 1_000_000, MemoryBytes: memoryMib * 1024 * 1024 } },
        Networks: [{ Target: 'bench' }],
      },
      Mode: { Replicated: { Replicas: replicas } },
      // Names to tasks without a balancer in the kernel between: Firn has none there either.
      EndpointSpec: { Mode: 'dnsrr' },
      UpdateConfig: { Parallelism: parallelism, Order: 'start-first', Monitor: MONITOR_NS, FailureAction: 'pause' },
    };
  }
}
