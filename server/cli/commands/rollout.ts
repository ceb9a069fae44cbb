// `firn rollout`: moving a workload to a release, step by step, and whatever a person does about it.
import { Command } from '@commander-js/extra-typings';
import type { Preflight, Releases, RolloutAskInput, RolloutDetail, Rollouts, RolloutView, ServiceDetail, StrategyInput } from '../../http/contract/index.ts';
import { age, parseInteger } from '../amounts.ts';
import { path, type Client } from '../client.ts';
import { CliError, usageError } from '../exit.ts';
import { followRollout } from '../follow-rollout.ts';
import { examples, readDocument, type Begin, type Invocation } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';
import { nameOf, phaseText, preflightText, rolloutText, waitText } from '../rollout-text.ts';
import { workloadOf } from './service.ts';

const columns = (now: number): readonly Column<RolloutView>[] => [
  { title: 'ID', value: ({ id }) => id },
  { title: 'WORKLOAD', value: nameOf },
  { title: 'VERSIONS', value: ({ from, to }) => `${from.version} -> ${to.version}` },
  { title: 'PHASE', value: phaseText },
  { title: 'SERVING', value: ({ replicas }) => `${replicas.onNew} of ${replicas.wanted}`, align: 'right' },
  { title: 'BY', value: ({ startedBy }) => startedBy },
  { title: 'AGE', value: ({ startedAt }) => age(now - Date.parse(startedAt)), align: 'right' },
  { title: 'WAITS FOR', value: waitText },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Rollouts, newest first.')
    .option('--service <name>', 'only of this service')
    .option('--active', 'only those under way')
    .option('--limit <count>', 'how many at most', parseInteger, 50)
    .addHelpText('after', examples('rollout list --active', 'rollout list --service quote -o json'))
    .action(async ({ service, active, limit }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Rollouts>('/rollouts', { service, limit, active: active === true ? 'true' : undefined });
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: columns(io.now()), empty: 'Nothing is being rolled out: firn rollout start SERVICE -e ENVIRONMENT' });
    });

/** The release of a version; the newest without one. @throws CliError naming the versions that there are */
export async function releaseOf(client: Client, service: string, environment: string, version: number | undefined): Promise<Releases['items'][number]> {
  const { items } = await client.get<Releases>(path('services', service, 'releases'), { environment, limit: 200 });
  const found = version === undefined ? items[0] : items.find((each) => each.version === version);
  if (found === undefined) throw new CliError(`${service} has no ${version === undefined ? 'release' : `version ${version}`} in ${environment}.`, 1, items.length === 0 ? [] : [`it has: ${items.map((each) => each.version).join(', ')}`]);
  return found;
}

interface StartFlags {
  readonly strategy?: string;
  readonly atOnce?: true;
  readonly stopFirst?: true;
  readonly why?: string;
  readonly override?: string[];
}

async function askOf(invocation: Invocation, { strategy, atOnce, stopFirst, why, override }: StartFlags): Promise<RolloutAskInput> {
  if (strategy !== undefined && (atOnce === true || stopFirst === true)) throw usageError('--strategy says everything: leave --at-once and --stop-first out.');
  const given = strategy === undefined ? undefined : ((await readDocument(invocation, strategy)) as StrategyInput);
  const short: StrategyInput | undefined = atOnce === true || stopFirst === true ? { steps: [{ target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }], ...(stopFirst === true ? { order: 'stop-first' as const } : {}) } : undefined;
  const chosen = given ?? short;
  return { ...(chosen === undefined ? {} : { strategy: chosen }), ...(why === undefined ? {} : { why }), ...(override === undefined ? {} : { override }) };
}

const start = (begin: Begin) =>
  new Command('start')
    .description("Rolls a release out and follows it. Without a strategy: the environment's usual one. Exit codes: 0 done, 2 rolled back, 3 it waits for a person.")
    .argument('<service>')
    .requiredOption('-e, --environment <name>', 'where')
    .option('--to <version>', 'the newest release without it', parseInteger)
    .option('--strategy <file>', 'steps, order, surge and gates as YAML or JSON; - for standard input')
    .option('--at-once', 'all replicas in one step')
    .option('--stop-first', 'in one step, each replica renewed where it is: needs no room')
    .option('--why <reason>', 'for the history')
    .option('--override <code...>', 'blockers to pass over')
    .option('--dry-run', 'only say whether every step fits, and what stands in the way')
    .option('--detach', 'do not follow it')
    .addHelpText('after', examples('rollout start quote -e production --why "faster quotes"', 'rollout start quote -e staging --to 7 --at-once --detach', 'rollout start quote -e production --dry-run'))
    .action(async (service, { environment, to, dryRun, detach, ...flags }, self) => {
      const invocation = begin(self);
      const { io, printing } = invocation;
      const client = invocation.client();
      const release = await releaseOf(client, service, environment, to);
      const ask = await askOf(invocation, flags);
      if (dryRun === true) {
        const preflight = await client.send<Preflight>('POST', path('releases', release.id, 'preflight'), ask);
        if (!preflight.fits || preflight.blockers.length > 0) invocation.endWith(2);
        return await printOne(io, printing, preflight, release.id, () => preflightText(preflight));
      }
      const begun = await client.send<RolloutDetail>('POST', path('releases', release.id, 'rollout'), ask);
      await finish(invocation, client, begun, detach, ['succeeded']);
    });

/** Follows what has begun, unless it is not wanted, and prints how it is then. */
export async function finish(invocation: Invocation, client: Client, begun: RolloutDetail, detach: boolean | undefined, wishes: readonly RolloutDetail['phase'][]): Promise<void> {
  const { io, printing } = invocation;
  if (detach === true) return await printOne(io, printing, begun, begun.id, () => rolloutText(begun));
  const { rollout, exitCode } = await followRollout(io, client, begun.id, wishes);
  invocation.endWith(exitCode);
  await printOne(io, printing, rollout, rollout.id, () => rolloutText(rollout));
}

/** By id, or the newest of a service in an environment. */
async function findRollout(client: Client, which: string, environment: string | undefined): Promise<string> {
  if (environment === undefined) return which;
  const { id } = workloadOf(await client.get<ServiceDetail>(path('services', which)), environment);
  const { items } = await client.get<Rollouts>('/rollouts', { service: which, limit: 200 });
  const found = items.find(({ workloadId }) => workloadId === id);
  if (found === undefined) throw new CliError(`${which}.${environment} was never rolled out.`);
  return found.id;
}

const one = (name: string, description: string, example: string) =>
  new Command(name)
    .description(description)
    .argument('<rollout>', 'its id, or a service together with -e')
    .option('-e, --environment <name>', "the service's newest rollout there")
    .addHelpText('after', examples(`rollout ${name} ${example}`, `rollout ${name} 01a1f1a0-…`));

const status = (begin: Begin) =>
  one('status', 'Where a rollout is: phase, what it waits for, gates, every replica.', 'quote -e production').action(async (which, { environment }, self) => {
    const { io, printing, client } = begin(self);
    const rollout = await client().get<RolloutDetail>(path('rollouts', await findRollout(client(), which, environment)));
    await printOne(io, printing, rollout, rollout.id, () => rolloutText(rollout));
  });

const watch = (begin: Begin) =>
  one('watch', 'Follows a rollout. Exit codes: 0 done, 2 rolled back, 3 it waits for a person.', 'quote -e production').action(async (which, { environment }, self) => {
    const invocation = begin(self);
    const client = invocation.client();
    const rollout = await client.get<RolloutDetail>(path('rollouts', await findRollout(client, which, environment)));
    await finish(invocation, client, rollout, false, ['succeeded']);
  });

const VERBS: Readonly<Record<Exclude<RolloutView['may'][number]['verb'], 'roll-back'>, string>> = {
  pause: 'Keeps the mix of releases as it is.',
  resume: 'Goes on where it was paused.',
  promote: 'Goes on to the next step now.',
  accept: 'Accepts what a gate holds, such as a higher cost, and goes on.',
  abort: 'Ends a rollout before anything of it serves; afterwards: firn rollback.',
};

const act = (begin: Begin, verb: keyof typeof VERBS) =>
  one(verb, VERBS[verb], 'quote -e production')
    .option('--why <reason>', 'for the history')
    .action(async (which, { environment, why }, self) => {
      const { io, printing, client } = begin(self);
      const id = await findRollout(client(), which, environment);
      const rollout = await client().send<RolloutDetail>('POST', path('rollouts', id), { verb, ...(why === undefined ? {} : { why }) });
      await printOne(io, printing, rollout, rollout.id, () => rolloutText(rollout));
    });

export const command = (begin: Begin) => {
  const rollout = new Command('rollout').description('Moving a workload to a release.').addCommand(start(begin)).addCommand(list(begin)).addCommand(status(begin)).addCommand(watch(begin));
  for (const verb of Object.keys(VERBS) as (keyof typeof VERBS)[]) rollout.addCommand(act(begin, verb));
  return rollout;
};
