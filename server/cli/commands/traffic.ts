// `firn traffic`: shifts of clients between sites, and the draining of a site: first what it would need and do, then step by step.
import { Command } from '@commander-js/extra-typings';
import type { Shifts, ShiftPlan, ShiftView } from '../../http/contract/index.ts';
import { collectPairs, cores, counted, parseDurationMs, parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { EXIT, usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, table, type Column } from '../output.ts';
import { weightsOf } from './name.ts';

const percent = (permille: number): string => `${permille / 10} %`;
const LOADS: readonly Column<ShiftPlan['loads'][number]>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'SITE', value: ({ site }) => site },
  { title: 'CLIENTS', value: ({ beforePermille, afterPermille }) => `${percent(beforePermille)} -> ${percent(afterPermille)}`, align: 'right' },
  { title: 'PEAK QPS', value: ({ peakQps }) => peakQps, align: 'right' },
  { title: 'NEEDS', value: ({ replicas, cpuMilli }) => `${counted(replicas, 'replica')}, ${cores(cpuMilli)} cores`, align: 'right' },
  { title: 'RUNS', value: ({ running }) => running, align: 'right' },
  { title: 'CARRIES', value: ({ carriesPermille }) => percent(carriesPermille), align: 'right' },
];

function planText(plan: ShiftPlan): string {
  const done = `At most 1 % of the clients are on the old side after ${plan.doneAfterSeconds} s.\n`;
  const curve = plan.decay.filter((_, index) => index % Math.max(1, Math.ceil(plan.decay.length / 8)) === 0).map(({ seconds, oldPermille }) => `${seconds} s ${percent(oldPermille)}`).join(', ');
  const refusals = plan.refusals.map(({ sentence }) => `Refused: ${sentence}.\n`).join('');
  return `${plan.loads.length === 0 ? 'No client moves.\n' : table(plan.loads, LOADS)}${refusals === '' ? `${done}Still there: ${curve}\n` : refusals}${plan.advice.map(({ sentence }) => `${sentence}\n`).join('')}`;
}
const shiftText = (shift: ShiftView): string => `${planText(shift.plan)}${shift.id}  ${shift.title}: ${shift.state}. ${shift.stateText}\n`;

interface Flags {
  readonly steps: number;
  readonly every: number;
  readonly why?: string;
  readonly dryRun?: true;
}

async function ask(begin: Begin, self: Parameters<Begin>[0], body: object, { steps, every, why, dryRun }: Flags): Promise<void> {
  const { io, printing, client: connect, endWith } = begin(self);
  const client = connect();
  const full = { ...body, steps, stepSeconds: Math.round(every / 1000), reason: why ?? '' };
  if (dryRun === true) {
    const plan = await client.send<ShiftPlan>('POST', '/shifts/preview', full);
    await printOne(io, printing, plan, 'preview', () => planText(plan));
    if (!plan.isAllowed) endWith(EXIT.pending);
    return;
  }
  const shift = await client.send<ShiftView>('POST', '/shifts', full);
  await printOne(io, printing, shift, shift.id, () => shiftText(shift));
}

const shift = (begin: Begin) =>
  new Command('shift')
    .description('Drafts new weights of a name, to be approved by a second person; refused when the other side cannot carry them.')
    .argument('<name>')
    .option('--weight <site=0..1000>', 'afterwards; repeat it', collectPairs)
    .option('--steps <count>', 'in so many steps', parseInteger, 4)
    .option('--every <duration>', 'between two steps', parseDurationMs, 60_000)
    .option('--why <reason>', 'for whoever approves')
    .option('--dry-run', 'show what it would need and do, and store nothing')
    .addHelpText('after', examples('traffic shift quote.example --weight dc1=700 --weight dc2=300 --dry-run', 'traffic shift quote.example --weight dc1=700 --weight dc2=300 --steps 3 --every 2m'))
    .action(async (name, { weight, ...flags }, self) => {
      if (weight === undefined) throw usageError('Say --weight SITE=WEIGHT at least once.');
      await ask(begin, self, { kind: 'weights', changes: [{ name, weights: weightsOf(weight) }] }, flags);
    });

const drain = (begin: Begin) =>
  new Command('drain')
    .description('Drafts the draining of a site: all its names lead elsewhere afterwards, and its hosts can be drained.')
    .argument('<site>')
    .option('--steps <count>', 'in so many steps', parseInteger, 4)
    .option('--every <duration>', 'between two steps', parseDurationMs, 60_000)
    .option('--why <reason>', 'for whoever approves')
    .option('--dry-run', 'show what it would need and do, and store nothing')
    .addHelpText('after', examples('traffic drain dc2 --dry-run', 'traffic drain dc2 --why "new switches"'))
    .action(async (site, flags, self) => await ask(begin, self, { kind: 'drain', site }, flags));

const COLUMNS: readonly Column<ShiftView>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'SHIFT', value: ({ title }) => title },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'STEP', value: ({ step, steps }) => `${step}/${steps}`, align: 'right' },
  { title: 'BY', value: ({ createdBy }) => createdBy },
  { title: 'NOW', value: ({ stateText }) => stateText },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Shifts, the newest first.')
    .addHelpText('after', examples('traffic list'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Shifts>('/shifts');
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: COLUMNS, empty: 'No traffic was ever shifted: firn traffic shift NAME --weight SITE=WEIGHT' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('One shift: what it needs and does, and where it is.')
    .argument('<id>')
    .addHelpText('after', examples('traffic show 01a2'))
    .action(async (id, _options, self) => {
      const { io, printing, client } = begin(self);
      const view = await client().get<ShiftView>(path('shifts', id));
      await printOne(io, printing, view, view.id, () => shiftText(view));
    });

const VERBS = { approve: 'Approves the draft of somebody else.', reject: 'Rejects a draft.', withdraw: 'Takes your own draft back.', apply: 'Begins an approved shift.', pause: 'Lets no further step begin.', resume: 'Goes on.', undo: 'Puts the weights before it into force at once.', refresh: 'Works it out again on the present.' } as const;

const act = (begin: Begin, verb: keyof typeof VERBS) =>
  new Command(verb)
    .description(VERBS[verb])
    .argument('<id>')
    .option('--why <reason>', 'for whoever wonders tomorrow')
    .addHelpText('after', examples(`traffic ${verb} 01a2`))
    .action(async (id, { why }, self) => {
      const { io, printing, client } = begin(self);
      const view = await client().send<ShiftView>('POST', path('shifts', id), { verb, reason: why ?? '' });
      await printOne(io, printing, view, view.id, () => `${view.title}: ${view.state}. ${view.stateText}\n`);
    });

export function command(begin: Begin) {
  const noun = new Command('traffic').description('Shifts of clients between sites.').addCommand(shift(begin)).addCommand(drain(begin)).addCommand(list(begin)).addCommand(show(begin));
  for (const verb of Object.keys(VERBS) as (keyof typeof VERBS)[]) noun.addCommand(act(begin, verb));
  return noun;
}
