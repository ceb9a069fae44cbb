// `firn host drain`: empties a host start-first, shows beforehand what it would do, and watches until nothing runs there any more.
import { Command } from '@commander-js/extra-typings';
import type { HostView, Simulation, Status } from '../../http/contract/index.ts';
import { counted, parseDurationMs } from '../amounts.ts';
import { type Client, path } from '../client.ts';
import { simulationText } from '../consequence-text.ts';
import { CliError, EXIT, usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import type { Io } from '../io.ts';
import { printOne } from '../output.ts';

const ASK_EVERY_MS = 1_000;
/** What cannot leave for this long will not by waiting a little more. */
const BLOCKED_FOR_MS = 10_000;

export const drain = (begin: Begin) =>
  new Command('drain')
    .description('Empties a host: each replica stops once its successor serves elsewhere, at the pace of the policy. Exit code 2: not everything could leave.')
    .argument('<host>')
    .option('--why <reason>', 'for whoever wonders tomorrow')
    .option('--dry-run', 'show what would move, and change nothing')
    .option('--wait', 'until nothing runs there any more')
    .option('--timeout <duration>', 'how long to wait', parseDurationMs, 3_600_000)
    .addHelpText('after', examples('host drain phy1 --dry-run', 'host drain phy1 --why "disk replacement" --wait'))
    .action(async (name, { why, dryRun, wait, timeout }, self) => {
      const { io, printing, client: connect, endWith } = begin(self);
      const client = connect();
      if (dryRun === true) {
        const simulation = await client.send<Simulation>('POST', '/simulate', { changes: [{ kind: 'drain', hosts: [name] }], withProof: false });
        const { currency } = await client.get<Status>('/status');
        await printOne(io, printing, simulation, name, () => simulationText(simulation, currency, io.color.out));
        if (simulation.consequence.unplaced.length > 0) endWith(EXIT.pending);
        return;
      }
      if (why === undefined) throw usageError('Say --why: the reason is kept for whoever wonders tomorrow. (--dry-run needs none.)');
      const host = await client.send<HostView>('POST', path('hosts', name, 'drain'), { reason: why });
      const last = wait === true ? await watch(io, client, name, timeout) : host;
      await printOne(io, printing, last, name, () => `${drainText(last)}\n`);
      if (wait !== true && (last.drain?.blockers.length ?? 0) > 0) endWith(EXIT.pending);
    });

export const undrain = (begin: Begin) =>
  new Command('undrain')
    .description('Lets a host that is being drained keep what is left and take new replicas again.')
    .argument('<host>')
    .addHelpText('after', examples('host undrain phy1'))
    .action(async (name, _options, self) => {
      const { io, printing, client } = begin(self);
      const host = await client().send<HostView>('POST', path('hosts', name, 'undrain'));
      await printOne(io, printing, host, name, () => `${name} takes new replicas again.\n`);
    });

/** How far a drain is, in a line or several. */
export function drainText({ name, drain: state, converged }: HostView): string {
  if (state === null) return `${name} is not being drained.`;
  if (state.left === 0) return `${name} is drained: ${converged ? 'nothing runs there' : 'its last containers stop now'}.`;
  const lines = state.blockers.map(({ workload, count, reason }) => `  ${workload}: ${counted(count, 'replica')} cannot leave: ${reason}`);
  return [`${name} is being drained: ${counted(state.left, 'replica')} left, ${state.underWay} of them with a successor that starts.`, ...lines].join('\n');
}

/** @returns when nothing runs there. @throws CliError with exit code 2 when something cannot leave, the drain ends otherwise, or time is up */
async function watch(io: Io, client: Client, name: string, timeoutMs: number): Promise<HostView> {
  const started = io.now();
  let said = '';
  let blockedSince: number | null = null;
  for (;;) {
    const host = await client.get<HostView>(path('hosts', name));
    const { drain: state } = host;
    if (state === null) throw new CliError(`${name} is not being drained any more: somebody ended it.`, EXIT.pending);
    if (state.left === 0 && host.converged) return host;
    const line = drainText(host);
    if (line !== said) io.err(`${(said = line)}\n`);
    const isStuck = state.blockers.length > 0 && state.underWay === 0 && state.blockers.reduce((sum, { count }) => sum + count, 0) >= state.left;
    blockedSince = isStuck ? (blockedSince ?? io.now()) : null;
    if (blockedSince !== null && io.now() - blockedSince >= BLOCKED_FOR_MS) throw new CliError(`${name} cannot be emptied; what is left stays and serves until there is room.`, EXIT.pending);
    if (io.now() - started >= timeoutMs) throw new CliError(`${name} is not empty after ${Math.round(timeoutMs / 1000)} s; it goes on without being watched.`, EXIT.pending);
    try {
      await io.wait(ASK_EVERY_MS);
    } catch {
      throw new CliError('Not watched any more; the drain goes on.', EXIT.pending);
    }
  }
}
