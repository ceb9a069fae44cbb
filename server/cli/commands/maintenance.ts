// `firn maintenance`: hosts, racks and sites emptied now or at a time; how far, until when, what blocks it, what force would lose, and giving them back.
import { Command, Option } from '@commander-js/extra-typings';
import type { Loss, Maintenance, MaintenanceDetail, MaintenancePreview, Maintenances } from '../../http/contract/index.ts';
import { age, collect, counted, parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { EXIT, usageError } from '../exit.ts';
import { confirm, examples, type Begin } from '../invocation.ts';
import { fields, printList, printOne, table, type Column } from '../output.ts';

const COLUMNS: readonly Column<Maintenance>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'WHAT', value: ({ scope }) => scope },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'MOVED', value: ({ progress }) => `${progress.moved} of ${progress.total}`, align: 'right' },
  { title: 'DONE', value: ({ eta }) => (eta === null ? null : `${eta.earliestAt} to ${eta.latestAt}`) },
  { title: 'BY', value: ({ createdBy }) => createdBy },
  { title: 'WHY', value: ({ why }) => why },
];

const REPLICAS: readonly Column<MaintenanceDetail['replicas'][number]>[] = [
  { title: 'REPLICA', value: ({ replica }) => replica },
  { title: 'FROM', value: ({ fromHost }) => fromHost },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'TO', value: ({ toHost, reservedHost }) => toHost ?? (reservedHost === null ? null : `${reservedHost} (kept)`) },
  { title: 'REASON', value: ({ reason }) => reason },
];

interface Scope {
  readonly host?: string[];
  readonly rack?: string;
  readonly site?: string;
  readonly movesPerHour?: number;
  readonly atOnce?: number;
}

/** @throws CliError where not exactly one of the three is named */
function askOf({ host, rack, site, movesPerHour, atOnce }: Scope) {
  if ([host, rack, site].filter((each) => each !== undefined).length !== 1) throw usageError('Say what: --host (repeat it), --rack SITE/RACK or --site.');
  const pace = { ...(movesPerHour === undefined ? {} : { movesPerHour }), ...(atOnce === undefined ? {} : { atOnce }) };
  return { ...(host === undefined ? {} : { hosts: host }), ...(rack === undefined ? {} : { rack }), ...(site === undefined ? {} : { site }), pace };
}

const list = (begin: Begin) =>
  new Command('list')
    .description('What is emptied now or will be; --all: also what was.')
    .option('--all', 'also what is over')
    .addHelpText('after', examples('maintenance list', 'maintenance list --all -o json'))
    .action(async ({ all }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Maintenances>('/maintenance', all === true ? {} : { open: 'true' });
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: COLUMNS, empty: 'Nothing is emptied: firn maintenance start --host HOST --why REASON' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('One with its replicas, what blocks it since when, and what would help. Exit code 2: it is blocked.')
    .argument('<id>')
    .addHelpText('after', examples('maintenance show 019a...'))
    .action(async (id, _options, self) => {
      const { io, printing, client, endWith } = begin(self);
      const shown = await client().get<MaintenanceDetail>(path('maintenance', id));
      await printOne(io, printing, shown, shown.id, () => detailText(shown, io.now()));
      if (shown.state === 'blocked') endWith(EXIT.pending);
    });

function detailText(shown: MaintenanceDetail, now: number): string {
  const { progress, pace, eta, forced } = shown;
  const ago = (at: string) => `${age(now - Date.parse(at))} ago`;
  const head = fields([
    ['maintenance', `${shown.scope}: ${shown.why}`],
    ['state', `${shown.state}${shown.stateReason === '' ? '' : `: ${shown.stateReason}`}`],
    ['replicas', `${progress.moved} of ${progress.total} moved, ${progress.starting} start elsewhere, ${progress.waiting} wait (room is kept for ${progress.reserved}), ${progress.stopped} stopped, ${progress.stays} stay`],
    ['back', progress.returning + progress.returned === 0 ? null : `${progress.returned} are back, ${progress.returning} on their way`],
    ['done', eta === null ? null : `${eta.earliestAt} to ${eta.latestAt}: ${eta.sentence}`],
    ['pace', `${pace.movesPerHour === undefined ? `the policy's ${shown.policyMovesPerHour}` : pace.movesPerHour} moves an hour${pace.atOnce === undefined ? '' : `, ${pace.atOnce} at once`}`],
    ['window', shown.startsAt === null && shown.endsAt === null ? null : `${shown.startsAt ?? 'now'} to ${shown.endsAt ?? 'when somebody ends it'}${shown.bringBack ? ', and what moved comes back' : ''}`],
    ['forced', forced === null ? null : `by ${forced.by} ${ago(forced.at)}: ${forced.why}`],
    ['by', `${shown.createdBy} ${ago(shown.createdAt)}${shown.finishedAt === null ? '' : `, ${shown.state} by ${shown.finishedBy} ${ago(shown.finishedAt)}`}`],
  ]);
  return `${head}\n${blockersText(shown.blockers, ago)}${shown.replicas.length === 0 ? '' : table(shown.replicas, REPLICAS)}`;
}

function blockersText(blockers: Maintenance['blockers'], ago: (at: string) => string): string {
  return blockers.map(({ workload, count, replicas, sentence, since, help, helpState }) => {
    const named = replicas.map(({ name, host }) => `${name} on ${host}`).slice(0, 3).join(', ');
    const helps = help.length > 0 ? help.slice(0, 3).map((each) => `    would help: ${each.sentence}\n`).join('') : helpState === 'looked' ? '    no single change helps\n' : '';
    return `  ${counted(count, 'replica')} of ${workload} cannot leave since ${ago(since)} (${named}): ${sentence}\n${helps}`;
  }).join('');
}

const withScope = <T extends Command>(command: T) =>
  command
    .option('--host <host>', 'a host; repeat it', collect)
    .option('--rack <site/rack>', 'every host of a rack')
    .option('--site <site>', 'every host of a site')
    .addOption(new Option('--moves-per-hour <count>', 'a pace of its own, within the policy\'s').argParser(parseInteger))
    .addOption(new Option('--at-once <count>', 'most moves under way at a time').argParser(parseInteger));

const preview = (begin: Begin) =>
  withScope(new Command('preview'))
    .description('What would follow: where each replica would go, until when, what blocks it, what force would lose. Changes nothing. Exit code 2: not everything could leave.')
    .addHelpText('after', examples('maintenance preview --host phy1', 'maintenance preview --rack dc1/r01'))
    .action(async (options, self) => {
      const { io, printing, client, endWith } = begin(self);
      const found = await client().send<MaintenancePreview>('POST', '/maintenance/preview', askOf(options));
      const lines = found.replicas.map(({ replica, fromHost, toHost }) => `  ${replica}: ${fromHost} -> ${toHost ?? 'nowhere'}\n`).join('');
      await printOne(io, printing, found, found.scope, () => `${found.sentence}\n${lines}${blockersText(found.blockers, () => 'now')}By force: ${found.loss.sentence}\n`);
      if (found.blockers.length > 0) endWith(EXIT.pending);
    });

const start = (begin: Begin) =>
  withScope(new Command('start'))
    .description('Empties hosts, a rack or a site, now or at a time: room is kept for each replica, which leaves once its successor serves there. Exit code 2: something cannot leave.')
    .requiredOption('--why <reason>', 'for whoever wonders tomorrow')
    .option('--from <instant>', 'when it begins; without it: now')
    .option('--until <instant>', 'when the hosts are given back by themselves')
    .option('--bring-back', 'what moved comes back when it ends')
    .addHelpText('after', examples('maintenance start --host phy1 --why "new disk"', 'maintenance start --rack dc1/r01 --why "power" --from 2026-12-01T01:00:00Z --until 2026-12-01T05:00:00Z --bring-back', 'maintenance start --site dc2 --why "flood" --moves-per-hour 600'))
    .action(async (options, self) => {
      const { io, printing, client, endWith } = begin(self);
      const { why, from, until, bringBack } = options;
      const made = await client().send<MaintenanceDetail>('POST', '/maintenance', { ...askOf(options), why, ...(from === undefined ? {} : { startsAt: from }), ...(until === undefined ? {} : { endsAt: until }), bringBack: bringBack === true });
      await printOne(io, printing, made, made.id, () => detailText(made, io.now()));
      if (made.blockers.length > 0) endWith(EXIT.pending);
    });

const end = (begin: Begin) =>
  new Command('end')
    .description('Gives its hosts back. What moved stays away unless it is brought back; before everything moved, this cancels the rest.')
    .argument('<id>')
    .option('--why <reason>', 'for whoever wonders tomorrow')
    .option('--bring-back', 'what moved comes back, at the pace of the policy')
    .addHelpText('after', examples('maintenance end 019a...', 'maintenance end 019a... --bring-back'))
    .action(async (id, { why, bringBack }, self) => {
      const { io, printing, client } = begin(self);
      const ended = await client().send<MaintenanceDetail>('POST', path('maintenance', id, 'end'), { reason: why ?? '', ...(bringBack === undefined ? {} : { bringBack }) });
      await printOne(io, printing, ended, ended.id, () => `${ended.scope} is given back${ended.progress.returning > 0 ? `; ${counted(ended.progress.returning, 'replica')} come back` : ''}.\n`);
    });

const force = (begin: Begin) =>
  new Command('force')
    .description('Stops what is left, without waiting for successors. It says first what is lost, and does it only with your word.')
    .argument('<id>')
    .requiredOption('--why <reason>', 'for whoever wonders tomorrow')
    .addOption(new Option('--lose <replicas>', 'how many replicas you know will stop; without it you are asked').argParser(parseInteger))
    .addHelpText('after', examples('maintenance force 019a... --why "the rack is on fire"', 'maintenance force 019a... --why "the rack is on fire" --lose 4'))
    .action(async (id, { why, lose }, self) => {
      const invocation = begin(self);
      const { io, printing } = invocation;
      const client = invocation.client();
      const loss = await client.get<Loss>(path('maintenance', id, 'loss'));
      io.err(lossText(loss));
      if (lose !== undefined && lose !== loss.replicas) throw usageError(`--lose is ${lose}, and ${loss.replicas} replicas would stop now: nothing was changed.`);
      await confirm(invocation, lose !== undefined, String(loss.replicas), `${counted(loss.replicas, 'replica')} will stop.`);
      const forced = await client.send<MaintenanceDetail>('POST', path('maintenance', id, 'force'), { why, confirm: loss.confirm });
      await printOne(io, printing, forced, forced.id, () => detailText(forced, io.now()));
    });

function lossText({ sentence, workloads }: Loss): string {
  const lines = workloads.map(({ workload, replicas, serving, remain, mustRemain, qpsMissing, seconds }) => `  ${workload}: ${counted(replicas, 'replica')} stop; of ${serving} that serve ${remain} remain, ${mustRemain} must${qpsMissing > 0 ? `; ${qpsMissing} QPS of its peak find no capacity` : ''}${seconds === null ? ', without end' : ` for ${seconds.least} to ${seconds.most} s`}\n`);
  return `${sentence}\n${lines.join('')}`;
}

/** `firn maintenance`. */
export const command = (begin: Begin) =>
  new Command('maintenance')
    .description('Hosts, racks and sites that are emptied: now or at a time, how far, what blocks it, and back.')
    .addCommand(list(begin))
    .addCommand(show(begin))
    .addCommand(preview(begin))
    .addCommand(start(begin))
    .addCommand(end(begin))
    .addCommand(force(begin));
