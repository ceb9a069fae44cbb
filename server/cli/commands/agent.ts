// `firn agent`: becomes the agent's process. The agent reads its own flags and settings, and nothing of this program stays
// in memory beside it; the server's code never imports the agent's.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from '@commander-js/extra-typings';
import { CliError, usageError } from '../exit.ts';
import type { Environment } from '../config.ts';
import { examples, type Begin } from '../invocation.ts';

export const AGENT_VERBS = ['join', 'install', 'prepare', 'run', 'doctor'] as const;

const SUMMARIES: Readonly<Record<(typeof AGENT_VERBS)[number], string>> = {
  join: 'Makes this machine a host of the cluster, with a one-time token',
  prepare: 'Makes the network of this host, and takes it back when the server cannot be reached after it',
  run: 'Keeps the containers of this host as the server wants them; until it is stopped',
  install: 'Makes the agent a service of this machine: joins, writes the systemd unit, starts it',
  doctor: 'Says what is wrong on this machine, and how to mend it',
};
const FLAGS = `
Settings (flag, or environment variable):
  --server <url>            where agents join, http://10.0.0.5:7071 (FIRN_AGENT_SERVER)
  --name <name>             the host's name; this machine's when left out (FIRN_AGENT_NAME)
  --address <address>       by which other hosts reach this one (FIRN_AGENT_ADDRESS)
  --uplink <interface>      the interface that has it; eth0 (FIRN_AGENT_UPLINK)
  --container-cidr <cidr>   routed: the range of this host's containers (FIRN_AGENT_CONTAINER_CIDR)
  --state-dir <folder>      credential and last assignment; /var/lib/firn-agent (FIRN_AGENT_STATE_DIR)
  --persist-dir <folder>    what containers keep; /var/lib/firn-persist (FIRN_AGENT_PERSIST_DIR)
  --docker-socket <path>    /var/run/docker.sock (FIRN_AGENT_DOCKER_SOCKET)
  --config <file>           the same settings as JSON (FIRN_AGENT_CONFIG)
  --ca-sha256 <hex>         join: fingerprint of the server, from the join command (FIRN_AGENT_CA_SHA256)
  --insecure-first-join     join: believe whichever server answers
  --again                   join: this host has joined before, with a token of firn host rejoin
  --token-file <file>       join: the one-time token; or FIRN_JOIN_TOKEN
  --network-confirm-seconds <n>  how long the server may be away after a change of this host's network; 20, 0: for ever (FIRN_AGENT_NETWORK_CONFIRM_SECONDS)
  -o json                   doctor: for scripts`;
const EXAMPLES: Readonly<Record<(typeof AGENT_VERBS)[number], string>> = {
  join: 'agent join --server http://10.0.0.5:7071 --address 10.0.0.11 --uplink eth0 --token-file token',
  prepare: 'agent prepare --server http://10.0.0.5:7071 --address 10.0.0.11 --uplink eth0',
  install: 'agent install --server https://10.0.0.5:7071 --ca-sha256 HEX --address 10.0.0.11 --uplink eth0 --token-file token',
  run: 'agent run --server http://10.0.0.5:7071 --address 10.0.0.11 --uplink eth0',
  doctor: 'agent doctor --server http://10.0.0.5:7071 --address 10.0.0.11 --uplink eth0',
};

/** For help and completion; `becomeAgent` does the work, because the agent's flags are its own. */
export const command = (_begin: Begin) => {
  const agent = new Command('agent').description('The agent of a host: one on each machine that runs containers.');
  for (const verb of AGENT_VERBS) {
    agent.addCommand(
      new Command(verb)
        .description(`${SUMMARIES[verb]}.`)
        .addHelpText('after', FLAGS + examples(EXAMPLES[verb]))
        .action(() => {
          throw usageError(`Say \`firn agent ${verb}\` first and the options after it.`);
        }),
    );
  }
  return agent;
};

/** The built agent, which takes less memory, or its source. */
function agentEntry(): string {
  const built = fileURLToPath(new URL('../../../dist/agent/main.js', import.meta.url));
  return existsSync(built) ? built : fileURLToPath(new URL('../../../agents/main.ts', import.meta.url));
}

/** Room for young objects that fits a process which mostly waits. */
const MEMORY_FLAGS = ['--max-semi-space-size=1', '--v8-pool-size=1'];

/** Replaces this process by the agent's. @throws CliError where the system cannot do that */
export function becomeAgent(args: readonly string[], env: Environment): never {
  if (process.execve === undefined) throw new CliError('This system cannot run the agent.');
  const defined = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  return process.execve(process.execPath, [process.execPath, ...MEMORY_FLAGS, agentEntry(), ...args], defined);
}
