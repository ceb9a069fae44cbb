// A cloud in memory for tests of bursting: machines by request, behind a real hook; machines join the world as model hosts when the test says so. Its
// manners can be changed: refuse, hang, lie, deliver less.
import { joinHost } from '#server/fleet/join.ts';
import type { Context } from '#server/context.ts';
import type { HookAsk } from '#server/burst/hook-contract.ts';
import { type HookServer, startHookServer } from './hook-server.ts';
import { modelHost, type World } from './world.ts';

export interface CloudMachine {
  readonly requestId: string;
  readonly providerId: string;
  readonly address: string;
  readonly ask: Extract<HookAsk, { action: 'create' }>;
  state: 'pending' | 'running' | 'stopping' | 'failed';
}

export class Cloud implements AsyncDisposable {
  readonly machines = new Map<string, CloudMachine>();
  /** Everything that was asked, in order. */
  readonly asked: HookAsk[] = [];
  readonly routes = new Set<string>();
  /** Answers first, where it answers at all; null: the ordinary cloud does. */
  manner: (ask: HookAsk) => unknown = () => null;
  #hook: HookServer | undefined;
  #count = 0;

  async start(folder: string): Promise<string> {
    this.#hook = await startHookServer(folder, 'cloud', async (ask) => {
      this.asked.push(ask);
      const own = this.manner(ask);
      return own === null ? this.answer(ask) : own;
    });
    return this.#hook.file;
  }

  answer(ask: HookAsk): unknown {
    const ok = (more: object) => ({ version: 1, ok: true, ...more });
    if (ask.action === 'list') return ok({ machines: [...this.machines.values()].map((machine) => ({ ...shown(machine), requestId: machine.requestId, name: machine.ask.name })) });
    const machine = this.machines.get(ask.requestId);
    if (ask.action === 'create') return ok({ machine: shown(machine ?? this.#make(ask)) });
    if (ask.action === 'describe') return ok({ machine: machine === undefined ? null : shown(machine) });
    if (ask.action === 'destroy') {
      this.machines.delete(ask.requestId);
      return ok({ machine: null });
    }
    if (ask.action === 'route-add') this.routes.add(`${ask.containerCidr} via ${ask.address}`);
    else this.routes.delete(`${ask.containerCidr} via ${ask.address}`);
    return ok({});
  }

  #make(ask: Extract<HookAsk, { action: 'create' }>): CloudMachine {
    this.#count += 1;
    const machine: CloudMachine = { requestId: ask.requestId, providerId: `i-${this.#count}`, address: `10.8.0.${10 + this.#count}`, ask, state: 'running' };
    this.machines.set(ask.requestId, machine);
    return machine;
  }

  /** Its agent joins with the token that came with it, and reports. */
  async boot(world: World, name: string, size: { readonly cpuMilli?: number; readonly memoryMib?: number } = {}): Promise<void> {
    const machine = [...this.machines.values()].find(({ ask }) => ask.name === name);
    if (machine === undefined) throw new Error(`there is no machine ${name}`);
    const hostId = await join(world.context, machine, size);
    const host = modelHost(world.context, world.clock, hostId, name);
    world.hosts.push(host);
    await world.settle();
    await host.sync();
    await world.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#hook?.[Symbol.asyncDispose]();
  }
}

const shown = ({ providerId, state, address }: CloudMachine) => ({ providerId, state, address });

async function join(context: Context, { ask, address }: CloudMachine, { cpuMilli = ask.shape.cpuMilli, memoryMib = ask.shape.memoryMib }: { readonly cpuMilli?: number; readonly memoryMib?: number }): Promise<string> {
  const facts = { hostname: ask.name, bootId: 'b', agentVersion: '0', engineVersion: '20', engineApiVersion: '1.41', kernel: '6', architecture: 'x64', cgroupVersion: 2 as const, cpuMilli, memoryMib };
  const { hostId } = await joinHost(context, { protocol: 1, token: ask.join.token, name: ask.name, address, facts, uplink: 'eth0', containerCidr: ask.containerCidr });
  return hostId;
}
