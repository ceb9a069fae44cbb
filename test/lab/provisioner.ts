/**
 * The lab's cloud: a provisioner's hook that adds a VM to the lab for real, an engine in a namespace of its own, and takes it away again. Routes
 * are those of the lab's VPC. Takes a folder and the site (as soon as there is one); gives the file that FIRN_PROVISIONERS names.
 */
import type { HookAsk } from '#server/burst/hook-contract.ts';
import { type HookServer, startHookServer } from '../contract/hook-server.ts';
import { run } from './run.ts';
import type { Site } from './site.ts';

interface LabVm {
  readonly host: string;
  readonly name: string;
  readonly requestId: string;
  state: 'pending' | 'running' | 'stopping';
  readonly address: string;
}

type Create = Extract<HookAsk, { action: 'create' }>;

/** VMs get numbers of their own, which no host of the lab has had. */
const FIRST_NUMBER = 50;

export class LabProvisioner implements AsyncDisposable {
  /** The site that VMs are added to: set once it is up. */
  site: Site | undefined;
  /** What was asked, in order, without the questions. */
  readonly asked: string[] = [];
  readonly vms = new Map<string, LabVm>();
  readonly #booting: Promise<void>[] = [];
  #hook: HookServer | undefined;
  #number = FIRST_NUMBER;

  static async start(folder: string): Promise<LabProvisioner> {
    const provisioner = new LabProvisioner();
    provisioner.#hook = await startHookServer(folder, 'lab', (ask) => provisioner.#answer(ask));
    return provisioner;
  }

  get file(): string {
    return this.#hook!.file;
  }

  async #answer(ask: HookAsk): Promise<unknown> {
    const ok = (more: object) => ({ version: 1, ok: true, ...more });
    if (ask.action === 'list') return ok({ machines: [...this.vms.values()].map((vm) => ({ ...shown(vm), requestId: vm.requestId, name: vm.name })) });
    if (ask.action !== 'describe') this.asked.push(`${ask.action} ${ask.name}`);
    const vm = this.vms.get(ask.requestId);
    if (ask.action === 'create') return ok({ machine: shown(vm ?? (await this.#create(ask))) });
    if (ask.action === 'describe') return ok({ machine: vm === undefined ? null : shown(vm) });
    if (ask.action === 'destroy') {
      if (vm !== undefined) await this.#destroy(vm);
      return ok({ machine: null });
    }
    const { dataCentre } = this.#site().lab.topology;
    if (ask.action === 'route-add') await run(['ip', '-n', dataCentre, 'route', 'replace', ask.containerCidr, 'via', ask.address ?? '']);
    else await run(['ip', '-n', dataCentre, 'route', 'flush', ask.containerCidr]);
    return ok({});
  }

  #site(): Site {
    if (this.site === undefined) throw new Error('there is no site yet');
    return this.site;
  }

  async #create(ask: Create): Promise<LabVm> {
    this.#number += 1;
    const host = await this.#site().lab.addHost('cloud-vm', this.#number);
    const vm: LabVm = { host: host.name, name: ask.name, requestId: ask.requestId, state: 'running', address: host.address };
    this.vms.set(ask.requestId, vm);
    // As a cloud does: the machine runs, and its first start goes on while the provider's answer is on its way.
    this.#booting.push(this.#site().bootVm(host.name, { name: ask.name, token: ask.join.token, containerCidr: ask.containerCidr, ...ask.shape }).catch((error: unknown) => process.stderr.write(`${String(error)}\n`)).then(() => undefined));
    return vm;
  }

  async #destroy(vm: LabVm): Promise<void> {
    vm.state = 'stopping';
    const site = this.#site();
    await site.stopAgent(vm.host, 'SIGKILL');
    await site.lab.removeHost(vm.host);
    this.vms.delete(vm.requestId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#booting);
    await this.#hook?.[Symbol.asyncDispose]();
  }
}

const shown = ({ host, state, address }: LabVm) => ({ providerId: host, state, address });
