// The command line as a whole: `firn NOUN VERB`, options that every command shares, and how errors become exit codes.
// Only the noun that is named is loaded, so that a command starts as fast as Node does.
import { Command, CommanderError, Option, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { makeClient } from './client.ts';
import { resolveTarget } from './config.ts';
import { CliError, EXIT } from './exit.ts';
import type { Begin, Noun } from './invocation.ts';
import { paint, type Io } from './io.ts';
import { FORMATS, type Format } from './output.ts';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Noun>;
}

interface SharedFlags {
  readonly address?: string;
  readonly token?: string;
  readonly context?: string;
  readonly output?: Format;
  readonly headers?: boolean;
}

/** Every noun, in the order of help. */
export const NOUNS: Readonly<Record<string, Entry>> = {
  status: { summary: 'The cluster at a glance', load: () => import('./commands/status.ts') },
  request: { summary: 'Ask for capacity: quote, submit, decide', load: () => import('./commands/request.ts') },
  service: { summary: 'What runs', load: () => import('./commands/service.ts') },
  logs: { summary: 'What replicas write', load: () => import('./commands/logs.ts') },
  shell: { summary: 'A terminal in a replica', load: () => import('./commands/shell.ts') },
  autoscale: { summary: 'How workloads follow demand, and why', load: () => import('./commands/autoscale.ts') },
  build: { summary: 'From a commit to an image', load: () => import('./commands/build.ts') },
  release: { summary: 'What could run, version by version', load: () => import('./commands/release.ts') },
  rollout: { summary: 'Moving a workload to a release, step by step', load: () => import('./commands/rollout.ts') },
  rollback: { summary: 'Back at once', load: () => import('./commands/rollback.ts') },
  lock: { summary: 'Keep releases from starting', load: () => import('./commands/lock.ts') },
  unlock: { summary: 'Let them start again', load: () => import('./commands/unlock.ts') },
  secret: { summary: 'Values that only containers and builds get to see', load: () => import('./commands/secret.ts') },
  freeze: { summary: 'When nothing is released', load: () => import('./commands/freeze.ts') },
  orphan: { summary: 'What nobody assigned, and what somebody changed by hand', load: () => import('./commands/orphan.ts') },
  webhook: { summary: 'Who hears of builds and rollouts', load: () => import('./commands/webhook.ts') },
  layer: { summary: 'What images stand on', load: () => import('./commands/layer.ts') },
  registry: { summary: 'Where images are kept, and what is kept', load: () => import('./commands/registry.ts') },
  host: { summary: 'Where it runs', load: () => import('./commands/host.ts') },
  maintenance: { summary: 'Empty hosts, racks and sites, now or at a time', load: () => import('./commands/maintenance.ts') },
  story: { summary: 'The life of a replica', load: () => import('./commands/story.ts') },
  fleet: { summary: 'Identities and agents of hosts', load: () => import('./commands/fleet.ts') },
  governor: { summary: 'How far automatic actions may reach, and what waits for a person', load: () => import('./commands/governor.ts') },
  metrics: { summary: 'What a workload does now, and before', load: () => import('./commands/metrics.ts') },
  site: { summary: 'Where hosts and clients are, and what is failed', load: () => import('./commands/site.ts') },
  name: { summary: 'Names that clients ask for, and where they lead', load: () => import('./commands/name.ts') },
  traffic: { summary: 'Shift clients between sites, drain a site', load: () => import('./commands/traffic.ts') },
  address: { summary: 'Who holds or held which address, and what is kept back', load: () => import('./commands/address.ts') },
  network: { summary: 'Address ranges, how full they are, and when they run out', load: () => import('./commands/network.ts') },
  plan: { summary: 'How the desired state changes', load: () => import('./commands/plan.ts') },
  quota: { summary: 'What teams may have without asking', load: () => import('./commands/quota.ts') },
  pack: { summary: 'Pack a file of workloads onto its hosts, with proof', load: () => import('./commands/pack.ts') },
  calendar: { summary: 'What today is on each market, and what follows from it', load: () => import('./commands/calendar.ts') },
  signal: { summary: 'Series from outside that raise floors', load: () => import('./commands/signal.ts') },
  drill: { summary: 'A day against the fleet as it is', load: () => import('./commands/drill.ts') },
  replay: { summary: 'A recorded day against the autoscaler and against others', load: () => import('./commands/replay.ts') },
  policy: { summary: 'The placement rules', load: () => import('./commands/policy.ts') },
  simulate: { summary: 'What changes would do, without doing them', load: () => import('./commands/simulate.ts') },
  proposal: { summary: 'Changes that wait for a second person', load: () => import('./commands/proposal.ts') },
  defrag: { summary: 'What moves would free or save', load: () => import('./commands/defrag.ts') },
  why: { summary: 'Why something finds no room, and what would help', load: () => import('./commands/why.ts') },
  survival: { summary: 'What may die now', load: () => import('./commands/survival.ts') },
  proof: { summary: 'How far it is from the cheapest possible', load: () => import('./commands/proof.ts') },
  pool: { summary: 'Cloud VMs that could be bought', load: () => import('./commands/pool.ts') },
  burst: { summary: 'Cloud VMs for a while, and what they cost', load: () => import('./commands/burst.ts') },
  event: { summary: 'What happened', load: () => import('./commands/event.ts') },
  user: { summary: 'Users and their roles', load: () => import('./commands/user.ts') },
  team: { summary: 'Teams', load: () => import('./commands/team.ts') },
  token: { summary: 'Your API tokens', load: () => import('./commands/token.ts') },
  login: { summary: 'Sign in and remember it as a context', load: () => import('./commands/login.ts') },
  logout: { summary: 'Delete the context and its token', load: () => import('./commands/logout.ts') },
  context: { summary: 'Which server, and as whom', load: () => import('./commands/context.ts') },
  server: { summary: 'Run the server', load: () => import('./commands/server.ts') },
  agent: { summary: 'Run the agent of a host', load: () => import('./commands/agent.ts') },
  completion: { summary: 'Completion for bash, zsh or fish', load: () => import('./commands/completion.ts') },
};

/**
 * Runs one command.
 * @param argv without the interpreter and the script
 * @returns the exit code; everything that can go wrong is said on stderr first
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.ok;
  try {
    if (argv[0] === 'agent' && !asksForHelp(argv)) await handOver(argv.slice(1), io);
    const program = await buildProgram(io, argv.find((word) => Object.hasOwn(NOUNS, word)), (code) => (exitCode = code));
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return said(io, error);
  }
}

const asksForHelp = (argv: readonly string[]): boolean => argv.includes('--help') || argv.includes('-h');

/** The agent reads its own flags, some of which are called like ours. Comes back only for a verb that it does not have. */
async function handOver(args: readonly string[], io: Io): Promise<void> {
  const { AGENT_VERBS, becomeAgent } = await import('./commands/agent.ts');
  if (AGENT_VERBS.some((verb) => verb === args[0])) becomeAgent(args, io.env);
}

/** The tree of commands. `noun`: which one is loaded; `all`: every one; the others are there by name and summary. */
export async function buildProgram(io: Io, noun: string | 'all' | undefined, endWith: (code: number) => void): Promise<CommandUnknownOpts> {
  const program = root(io);
  const begin: Begin = (command) => {
    const flags = command.optsWithGlobals() as SharedFlags;
    const target = () => resolveTarget(flags, io.env);
    return { io, printing: { output: flags.output ?? 'table', headers: flags.headers ?? true }, target, client: () => makeClient(target(), io.signal), endWith };
  };
  for (const [name, { summary, load }] of Object.entries(NOUNS)) {
    const command = name === noun || noun === 'all' ? (await load()).command(begin) : new Command(name);
    program.addCommand(command.name(name).summary(summary));
    if (command.description() === '') command.description(summary);
    adopt(program, command);
  }
  return program;
}

function root(io: Io): CommandUnknownOpts {
  return new Command('firn')
    .description('Ask for capacity in queries per second; containers of the right size answer.')
    .addOption(new Option('--address <url>', 'the server (FIRN_ADDR)'))
    .addOption(new Option('--token <token>', 'an API token (FIRN_TOKEN)'))
    .addOption(new Option('--context <name>', 'a context made by `firn login` (FIRN_CONTEXT)'))
    .addOption(new Option('-o, --output <format>', 'how to print').choices(FORMATS))
    .option('--no-headers', 'tables without their first line')
    .addHelpText('after', '\nExit codes: 0 done, 1 error, 2 taken but not all of it runs, 64 the command line cannot be.\nData goes to stdout, talk to stderr. NO_COLOR is honoured.')
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text), getOutHasColors: () => io.color.out, getErrHasColors: () => io.color.err })
    .showHelpAfterError('(add --help for all options)')
    .exitOverride();
}

/** Commands that were made on their own take the program's way to print and to fail. */
function adopt(parent: CommandUnknownOpts, command: CommandUnknownOpts): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) adopt(command, child);
}

function said(io: Io, error: unknown): number {
  if (error instanceof CommanderError) {
    const asked = ['commander.helpDisplayed', 'commander.version'].includes(error.code) || (error.code === 'commander.help' && error.exitCode === 0);
    return asked ? EXIT.ok : EXIT.usage;
  }
  if (!(error instanceof CliError)) throw error;
  io.err(`${paint(io.color.err, 'red', 'error:')} ${error.message}\n${error.details.map((line) => `  ${line}\n`).join('')}`);
  return error.exitCode;
}
