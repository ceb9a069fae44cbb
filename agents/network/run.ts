// The only file of the agent that starts processes: one command at a time, no shell, a deadline each.
// Also the host's side of the network put together: read, plan, run, until nothing is left to do.
import { execFile } from 'node:child_process';
import type { HostNetwork } from '../protocol.ts';
import { announceNeighbours, commandsFor, readAddresses, readForwarding, readRoutes, type Command } from './commands.ts';
import { parsePresent, planNetwork, type NetworkPlan } from './plan.ts';

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
}

/** Networking with the tools of the host. */
export function openHostNetworking(run: Runner): HostNetworking {
  const examine = async (network: HostNetwork): Promise<NetworkPlan> => {
    const [addresses, routes, forwarding] = await Promise.all([run(readAddresses()), run(readRoutes()), run(readForwarding())]);
    return planNetwork(network, parsePresent(addresses, routes, forwarding));
  };
  return {
    examine,
    async ensure(network) {
      for (let round = 1; ; round += 1) {
        const plan = await examine(network);
        if (plan.problems.length > 0 || plan.steps.length === 0) return plan.problems;
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
  };
}

/** Hosts that exist only in memory have no network to set up. */
export const noHostNetworking: HostNetworking = {
  examine: async () => ({ steps: [], problems: [] }),
  ensure: async () => [],
  announce: async () => undefined,
};
