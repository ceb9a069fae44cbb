// The only file of the agent that starts processes: one command at a time, no shell, a deadline each.
// Also the host's side of the network put together: read, plan, run, until nothing is left to do.
import { execFile, spawn } from 'node:child_process';
import { readlink, stat } from 'node:fs/promises';
import type { HostNetwork } from '../protocol.ts';
import { announceNeighbours, asService, commandsFor, readAddresses, readForwarding, readRoutes, readSeen, readTunnelEntries, readTunnelNeighbours, type Command } from './commands.ts';
import { askNeighbours, heardNeighbours, lastAnswer, seenOutside, type AskNeighbours } from './duplicate.ts';
import { parsePresent, planNetwork, type NetworkPlan, type PresentNetworkState } from './plan.ts';
import { parseTunnel, TUNNEL_LINK } from './tunnel.ts';
import { isDisruptive, type NetworkGuard } from './guard.ts';

/** Runs a command and gives its standard output. Rejects with the command and what it said. */
export type Runner = (command: Command) => Promise<string>;

/** The kernel's network tools take milliseconds; ten seconds means that one hangs. */
const COMMAND_LIMIT_MS = 10_000;
/** A plan that failed half-way is made anew at once: the host's own connection may depend on the rest. */
const ROUNDS = 3;

/** A runner for this process's network namespace, or for another one (a path such as /run/netns/NAME). */
export function openRunner(namespace?: string): Runner {
  return (command) => {
    // `ip netns exec` would remount /sys; nsenter changes the network and nothing else.
    const args = namespace === undefined ? command.args : ['nsenter', `--net=${namespace}`, '--', ...command.args];
    return new Promise((resolve, reject) => {
      const [file = '', ...rest] = args;
      const child = execFile(file, rest, { timeout: COMMAND_LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: 16 << 20, env: ENVIRONMENT }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${command.args.join(' ')}: ${stderr.trim() || error.message}`, { cause: error }));
      });
      // A command that does not read its input closes the pipe: its exit code tells, not the pipe.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(command.stdin ?? '');
    });
  };
}

/** Starts a command that goes on when this process ends. */
export async function startDetached(command: Command): Promise<void> {
  // Only in the machine's own network: systemd would run it there.
  const hasSystemd = await stat('/run/systemd/system').then(() => true, () => false);
  const [own, first] = await Promise.all(['/proc/self/ns/net', '/proc/1/ns/net'].map((path) => readlink(path).catch(() => '')));
  if (hasSystemd && own === first) {
    await openRunner()(asService(command));
    return;
  }
  const [file = '', ...rest] = command.args;
  spawn(file, rest, { detached: true, stdio: 'ignore', env: ENVIRONMENT }).unref();
}

/** The same tools and the same language whatever the caller's environment is: their output is parsed. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };

/** The host's side of the network: bridge, addresses, routes, forwarding. */
export interface HostNetworking {
  /** What is missing, without changing anything. */
  examine(network: HostNetwork): Promise<NetworkPlan>;
  /** Makes it so; gives what hinders, as sentences, empty when the network stands. */
  ensure(network: HostNetwork): Promise<readonly string[]>;
  /** Makes a started container say on the network where its MAC is now: switches may believe that it is still where it was. */
  announce(network: HostNetwork, pid: number, mac: string): Promise<void>;
  /** Which MAC answers for an address on a flat network, or undefined when none does; absent where nobody can be asked. */
  readonly whoAnswers?: (network: HostNetwork, address: string) => Promise<string | undefined>;
  /** Which MACs of running containers were seen last outside of this host; absent where nobody can see. */
  readonly seenOutside?: (network: HostNetwork, macs: readonly string[]) => Promise<readonly string[]>;
  /** Who was heard last with each address of a flat network. */
  readonly heard?: (network: HostNetwork) => Promise<ReadonlyMap<string, string>>;
  /** Who answers last for the address of a container that runs here: another than itself, where there is one. */
  readonly whoElse?: (network: HostNetwork, address: string) => Promise<string | undefined>;
}

/** The host's links, addresses and routes as they are. */
export async function readPresent(run: Runner): Promise<PresentNetworkState> {
  const [addresses, routes, forwarding] = await Promise.all([run(readAddresses()), run(readRoutes()), run(readForwarding())]);
  const present = parsePresent(addresses, routes, forwarding);
  if (!present.links.some(({ name }) => name === TUNNEL_LINK)) return present;
  const [neighbours, entries] = await Promise.all([run(readTunnelNeighbours()), run(readTunnelEntries())]);
  return { ...present, tunnel: parseTunnel(neighbours, entries) };
}

/**
 * Networking with the tools of the host.
 * @param guard takes changes back that cut the host off from the server; absent: none does
 */
export function openHostNetworking(run: Runner, guard?: NetworkGuard, ask: AskNeighbours = askNeighbours): HostNetworking {
  const examine = async (network: HostNetwork): Promise<NetworkPlan> => planNetwork(network, await readPresent(run));
  return {
    examine,
    async ensure(network) {
      const held = await guard?.whyHeld(network);
      if (held !== undefined) return [held];
      let isGuarded = false;
      for (let round = 1; ; round += 1) {
        const present = await readPresent(run);
        const plan = planNetwork(network, present);
        if (plan.problems.length > 0) return plan.problems;
        if (plan.steps.length === 0) {
          const undone = isGuarded ? await guard?.confirm(network) : undefined;
          return undone === undefined ? [] : [undone];
        }
        // Only the first round knows what the host was before.
        if (round === 1 && guard !== undefined && isDisruptive(plan.steps)) isGuarded = await guard.arm(network, present);
        try {
          for (const command of commandsFor(plan.steps)) await run(command);
        } catch (error) {
          if (round >= ROUNDS) throw error;
        }
        if (round > ROUNDS) return [`network ${network.name}: does not become as it should be; still missing: ${plan.steps.map((step) => step.kind).join(', ')}`];
      }
    },
    async announce(network, pid, mac) {
      // Routed containers never leave their host's range, so nobody else knows their MAC.
      if (network.mode === 'flat') await run(announceNeighbours(pid, mac));
    },
    whoAnswers: async (network, address) => (network.mode === 'flat' ? await ask(run, network.bridge, address) : undefined),
    seenOutside: async (network, macs) => (network.mode === 'flat' && macs.length > 0 ? seenOutside(await run(readSeen(network.bridge)), macs) : []),
    heard: async (network) => (network.mode === 'flat' ? await heardNeighbours(run, network.bridge) : new Map()),
    whoElse: async (network, address) => (network.mode === 'flat' ? await lastAnswer(run, network.bridge, address) : undefined),
  };
}

/** Hosts that exist only in memory have no network to set up. */
export const noHostNetworking: HostNetworking = {
  examine: async () => ({ steps: [], problems: [] }),
  ensure: async () => [],
  announce: async () => undefined,
};
