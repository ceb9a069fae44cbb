// `firn plan`: how the desired state changes, and why. `propose` is for scripts: its exit code says whether anything would.
import { Command } from '@commander-js/extra-typings';
import type { PlanDetail, PlanView } from '../../http/contract/index.ts';
import { age, parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { CliError, EXIT } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';
import { recordCommand, replayCommand, verifyCommand } from './plan-record.ts';
import { unplacedLines } from './replica-table.ts';

/** `propose` alone: anything but 0 and 1 means that it could not be found out. */
const PROPOSE = { noChange: 0, wouldChange: 1, error: 255 } as const;

function changes({ counts }: PlanView): string {
  const parts = [['start', counts.starts], ['move', counts.moves], ['resize', counts.resizes], ['renew', counts.renews], ['stop', counts.stops], ['wait', counts.waits], ['refused', counts.refused]] as const;
  return parts.filter(([, count]) => count > 0).map(([word, count]) => `${word} ${count}`).join(', ') || 'nothing';
}

const columns = (now: number): readonly Column<PlanView>[] => [
  { title: 'ID', value: ({ id }) => id },
  { title: 'VERB', value: ({ verb }) => verb },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'CHANGES', value: changes },
  { title: 'REVISION', value: ({ parent, revision }) => `${parent} -> ${revision ?? '?'}` },
  { title: 'AGE', value: ({ createdAt }) => age(now - Date.parse(createdAt)), align: 'right' },
  { title: 'CAUSE', value: ({ cause }) => cause },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Plans, newest first.')
    .option('--limit <count>', 'how many at most', parseInteger, 20)
    .addHelpText('after', examples('plan list', 'plan list --limit 5 -o json'))
    .action(async ({ limit }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: PlanView[] }>('/plans', { limit });
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: columns(io.now()), empty: 'Nothing was planned yet.' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('One plan: its steps with their reasons, and what has no place.')
    .argument('<id>')
    .addHelpText('after', examples('plan show 01a1f1a0-…'))
    .action(async (id, _options, self) => {
      const { io, printing, client } = begin(self);
      const plan = await client().get<PlanDetail>(path('plans', id));
      await printOne(io, printing, plan, plan.id, () => planText(plan));
    });

const propose = (begin: Begin) =>
  new Command('propose')
    .description('Plans the placement of everything from the present state, without applying it. Exit code 0: nothing would change, 1: something would, 255: error.')
    .addHelpText('after', examples('plan propose', 'plan propose -o name && echo "nothing to do"'))
    .action(async (_options, self) => {
      const { io, printing, client, endWith } = begin(self);
      try {
        const plan = await client().send<PlanDetail>('POST', '/plans', { verb: 'place', dryRun: true });
        await printOne(io, printing, plan, plan.id, () => planText(plan));
        const { starts, moves, resizes, renews, stops } = plan.counts;
        const changed = starts + moves + resizes + renews + stops > 0;
        if (changed) io.err(`To do it: firn plan apply ${plan.id}\n`);
        endWith(changed ? PROPOSE.wouldChange : PROPOSE.noChange);
      } catch (error) {
        if (error instanceof CliError && error.exitCode === EXIT.error) throw new CliError(error.message, PROPOSE.error, error.details);
        throw error;
      }
    });

const apply = (begin: Begin) =>
  new Command('apply')
    .description('Applies a proposed plan, if nothing changed since it was made. Exit code 2: only a part of it was accepted.')
    .argument('<id>')
    .addHelpText('after', examples('plan apply 01a1f1a0-…'))
    .action(async (id, _options, self) => {
      const { io, printing, client, endWith } = begin(self);
      const plan = await client().send<PlanDetail>('POST', path('plans', id, 'apply'));
      await printOne(io, printing, plan, plan.id, () => `${plan.state}: ${changes(plan)}, revision ${plan.parent} -> ${plan.revision ?? '?'}\n${refusedLines(plan)}`);
      if (plan.state !== 'applied') endWith(EXIT.pending);
    });

const refusedLines = (plan: PlanDetail): string => plan.steps.flatMap(({ replica, refused }) => (refused === null ? [] : [`  ${replica}: ${refused}\n`])).join('');

/** The server prints plans: the log, the console and this show the same diff. */
const planText = (plan: PlanDetail): string => `plan ${plan.id}: ${plan.state}, ${plan.verb}, because ${plan.cause}\n${plan.text.trimEnd()}\n${refusedLines(plan)}${plan.unplaced.length === 0 || plan.text.includes('no place') ? '' : `${unplacedLines(plan.unplaced).join('\n')}\n`}`;

export const command = (begin: Begin) => {
  const plan = new Command('plan').description('How the desired state changes, and why.');
  for (const verb of [list, show, propose, apply]) plan.addCommand(verb(begin));
  return plan.addCommand(verifyCommand(begin)).addCommand(replayCommand(begin)).addCommand(recordCommand(begin));
};
