/**
 * The cloud of a simulated site: a provisioner's hook whose VMs are hosts in memory, each with the real agent's loop. Takes a folder and, as soon as the
 * server is there, where agents call; gives the file that FIRN_PROVISIONERS names. Its VMs end with it: the next start finds them gone, as after a cloud's fault.
 */
import type { FakeBehaviour } from '#agents/docker/fake-behaviour.ts';
import { type SimulatedHost, startSimulatedHost } from '#agents/simulated.ts';
import type { HookAsk } from '#server/burst/hook-contract.ts';
import { type HookServer, startHookServer } from '../contract/hook-server.ts';

interface MemoryVm {
  readonly name: string;
  readonly requestId: string;
  readonly address: string;
  readonly booting: Promise<SimulatedHost | undefined>;
}

export class SimulatedCloud implements AsyncDisposable {
  /** Where agents call: set once the server runs. */
  agentUrl = '';
  readonly #behaviours: ReadonlyMap<string, FakeBehaviour>;
  readonly #vms = new Map<string, MemoryVm>();
  #hook: HookServer | undefined;
  #number = 0;

  private constructor(behaviours: ReadonlyMap<string, FakeBehaviour>) {
    this.#behaviours = behaviours;
  }

  static async start(folder: string, behaviours: ReadonlyMap<string, FakeBehaviour>): Promise<SimulatedCloud> {
    const cloud = new SimulatedCloud(behaviours);
    cloud.#hook = await startHookServer(folder, 'lab', (ask) => cloud.#answer(ask));
    return cloud;
  }

  get file(): string {
    return this.#hook!.file;
  }

  async #answer(ask: HookAsk): Promise<unknown> {
    const ok = (more: object) => ({ version: 1, ok: true, ...more });
    if (ask.action === 'list') return ok({ machines: [...this.#vms.values()].map((vm) => ({ ...shown(vm), requestId: vm.requestId, name: vm.name })) });
    if (ask.action === 'route-add' || ask.action === 'route-remove') return ok({});
    const vm = this.#vms.get(ask.requestId) ?? (ask.action === 'create' ? this.#create(ask) : undefined);
    if (ask.action !== 'destroy') return ok({ machine: vm === undefined ? null : shown(vm) });
    this.#vms.delete(ask.requestId);
    await (await vm?.booting)?.stop();
    return ok({ machine: null });
  }

  #create({ requestId, name, shape, containerCidr, join }: Extract<HookAsk, { action: 'create' }>): MemoryVm {
    this.#number += 1;
    const address = `10.2.200.${this.#number}`;
    const booting = startSimulatedHost({ serverUrl: this.agentUrl, token: join.token, name, address, declared: shape, containerCidr, engine: { behaviours: this.#behaviours } }).catch((error: unknown) => void process.stderr.write(`${String(error)}\n`));
    const vm: MemoryVm = { name, requestId, address, booting: booting.then((host) => host ?? undefined) };
    this.#vms.set(requestId, vm);
    return vm;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#vms.values()].map(async ({ booting }) => (await booting)?.stop()));
    await this.#hook?.[Symbol.asyncDispose]();
  }
}

const shown = ({ name, address }: MemoryVm) => ({ providerId: name, state: 'running', address });
