// `firn burst`: cloud VMs that are bought for a while: what is out and what it costs, buying and letting go, proposals, the ledger, warm room.
import { Command } from '@commander-js/extra-typings';
import type { BurstBuyAnswer, BurstBuyAsk, BurstLedger, BurstOverview, BurstProposals, BurstProposalView, BurstRetreatAnswer, BurstVmDetail, BurstVms, BurstVmView, WarmRoom } from '../../http/contract/index.ts';
import { age, coreCount, counted, memory, parseDurationMs, parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { fields, printList, printOne, table, type Column } from '../output.ts';
import { provisionerCommand, rulesCommand } from './burst-rules.ts';

const clock = (at: string | null): string | null => (at === null ? null : at.slice(0, 16).replace('T', ' '));

const VMS: readonly Column<BurstVmView>[] = [
  { title: 'VM', value: ({ name }) => name },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'SIZE', value: ({ bought, delivered }) => `${coreCount((delivered ?? bought).cpuMilli)} ${memory((delivered ?? bought).memoryMib)}` },
  { title: 'REPLICAS', value: ({ replicas }) => replicas, align: 'right' },
  { title: 'CENTS/H', value: ({ costCentsPerHour }) => costCentsPerHour, align: 'right' },
  { title: 'SPENT', value: ({ spentCents }) => spentCents, align: 'right' },
  { title: 'COMES BACK', value: ({ comesBackAt }) => clock(comesBackAt) },
  { title: 'RANK', value: ({ retreatRank }) => retreatRank, align: 'right' },
  { title: 'NOW', value: ({ wait, why }) => (wait === null ? why.sentence : `${wait.owner}: ${wait.reason.sentence}`) },
];

const status = (begin: Begin) =>
  new Command('status')
    .description('Money, what is out in the order of retreat, what waits for an answer.')
    .addHelpText('after', examples('burst status', 'burst status -o json'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<BurstOverview>('/burst');
      const span = ({ actualCents, promisedCents, capCents }: BurstOverview['spend']['today']) => `${actualCents} cents paid, ${promisedCents} promised${capCents === null ? '' : `, cap ${capCents}`}`;
      await printOne(io, printing, body, body.mode, () =>
        [
          fields([['now', body.status.sentence], ['mode', body.mode], ['an hour', `${body.spend.hour.actualCents} cents, cap ${body.spend.hour.capCents ?? 0}`], ['today', span(body.spend.today)], ['this month', span(body.spend.month)], ['retreat', body.retreat.reason.sentence], ['warm room', body.warmRoom.sentence.sentence]]),
          ...body.alerts.map(({ severity, sentence }) => `${severity}: ${sentence}\n`),
          ...body.proposals.map(({ id, centsPerHour, mix }) => `proposal ${id}: ${mix.map(({ pool, count }) => `${count} of ${pool}`).join(', ') || 'nothing'} for ${centsPerHour} cents an hour\n`),
          ...(body.out.length === 0 ? [] : ['\n', table(body.out, VMS)]),
        ].join(''),
      );
    });

const list = (begin: Begin) =>
  new Command('list')
    .description('VMs, newest first; --out: only those that may cost money.')
    .option('--out')
    .addHelpText('after', examples('burst list --out'))
    .action(async ({ out }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<BurstVms>('/burst/vms', { state: out === true ? 'out' : 'all' });
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns: VMS, empty: 'No VM was ever bought: firn burst rules set --mode propose --cap-hour CENTS --cap-day CENTS' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('One VM with its history and what was paid.')
    .argument('<vm>')
    .addHelpText('after', examples('burst show burst-large-1'))
    .action(async (vm, _options, self) => {
      const { io, printing, client } = begin(self);
      printVm(io, await client().get<BurstVmDetail>(path('burst', 'vms', vm)), printing);
    });

function printVm(io: Parameters<typeof printOne>[0], vm: BurstVmDetail, printing: Parameters<typeof printOne>[1]): void {
  void printOne(io, printing, vm, vm.name, () =>
    [
      fields([['vm', vm.name], ['state', vm.state], ['waits for', vm.wait === null ? null : `${vm.wait.owner}: ${vm.wait.reason.sentence}`], ['deadline', clock(vm.wait?.deadline ?? null)], ['pool', `${vm.pool} by hook ${vm.hook}`], ['address', vm.address], ['range', vm.containerCidr], ['why', vm.why.sentence], ['for', vm.forWorkloads.map(({ workload, replicas }) => `${replicas} of ${workload}`).join(', ')], ['paid until', clock(vm.paidUntil)], ['comes back', clock(vm.comesBackAt)], ['kept until', clock(vm.keepUntil)], ['predicted', `${vm.predictedCents} cents`], ['spent', `${vm.spentCents} cents in ${counted(vm.charges.length, 'period')}`]]),
      '\n',
      table(vm.history, [{ title: 'WHEN', value: ({ at }) => at }, { title: 'STATE', value: ({ state }) => state }, { title: 'BY', value: ({ actor }) => actor }, { title: 'WHY', value: ({ reason }) => reason.sentence }]),
    ].join(''),
  );
}

function mixOf(lines: readonly string[]): BurstBuyAsk['mix'] {
  if (lines.length === 0) return undefined;
  return lines.map((line) => {
    const [pool = '', count = '1', ...rest] = line.split('=');
    if (pool === '' || rest.length > 0) throw usageError(`"${line}" is no part of a mix: write it as POOL=COUNT.`);
    return { pool, count: parseInteger(count) };
  });
}

const buy = (begin: Begin) =>
  new Command('buy')
    .description('Buys now, within the caps: POOL=COUNT ..., or without them the cheapest mix that is needed.')
    .argument('[mix...]')
    .requiredOption('--reason <text>', 'why')
    .option('--dry-run', 'only say what it would be')
    .addHelpText('after', examples('burst buy --dry-run --reason "before the open"', 'burst buy large=2 --reason "before the open"'))
    .action(async (mix, { reason, dryRun }, self) => {
      const { io, printing, client } = begin(self);
      const answer = await client().send<BurstBuyAnswer>('POST', '/burst/buy', { mix: mixOf(mix), reason, dryRun: dryRun === true });
      await printOne(io, printing, answer, answer.vms.map(({ name }) => name).join('\n'), () => [`${answer.sentence.sentence}.\n`, ...(answer.proposal === null ? [] : [proposalText(answer.proposal)]), ...(answer.vms.length === 0 ? [] : [table(answer.vms, VMS)])].join(''));
    });

const proposalText = ({ mix, predictedCents, givesRoomFor, leaves, bounded }: BurstProposalView): string =>
  [
    ...mix.map(({ pool, count, capacity, costCentsPerHour }) => `  ${count} of ${pool} (${coreCount(capacity.cpuMilli)}, ${memory(capacity.memoryMib)}) at ${costCentsPerHour} cents an hour\n`),
    ...(mix.length === 0 ? [] : [`  predicted: ${predictedCents} cents until it comes back\n`]),
    ...givesRoomFor.map(({ workload, replicas }) => `  room for ${replicas} of ${workload}\n`),
    ...leaves.map(({ workload, replicas, reason }) => `  leaves ${replicas} of ${workload}: ${reason.sentence}\n`),
    ...bounded.map(({ sentence }) => `  ${sentence}\n`),
  ].join('');

const retreat = (begin: Begin) =>
  new Command('retreat')
    .description('Lets VMs go now, in order, as far as everything fits without them.')
    .argument('[vm...]', 'only these')
    .requiredOption('--reason <text>', 'why')
    .option('--dry-run', 'only say which')
    .addHelpText('after', examples('burst retreat --dry-run --reason "calm day"', 'burst retreat burst-large-1 --reason "calm day"'))
    .action(async (vms, { reason, dryRun }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().send<BurstRetreatAnswer>('POST', '/burst/retreat', { ...(vms.length === 0 ? {} : { vms }), reason, dryRun: dryRun === true });
      await printList(io, printing, {
        body, rows: body.steps, name: ({ vm }) => vm, empty: 'No VM serves.',
        columns: [{ title: 'RANK', value: ({ rank }) => rank, align: 'right' }, { title: 'VM', value: ({ vm }) => vm }, { title: 'GOES', value: ({ goes }) => (goes ? 'yes' : 'no') }, { title: 'REPLICAS', value: ({ replicas }) => replicas, align: 'right' }, { title: 'PAID UNTIL', value: ({ paidUntil }) => clock(paidUntil) }, { title: 'WHY', value: ({ reason: why }) => why.sentence }],
      });
      if (body.steps.length > 0) io.err(`${body.sentence.sentence}.\n`);
    });

const keep = (begin: Begin) =>
  new Command('keep')
    .description('Keeps a VM out for so long; --no-longer: it may go again.')
    .argument('<vm>')
    .option('--for <duration>', 'such as 2h', parseDurationMs)
    .option('--no-longer')
    .option('--reason <text>', 'why', '')
    .addHelpText('after', examples('burst keep burst-large-1 --for 3h --reason "a push at eight"'))
    .action(async (vm, { for: span, longer, reason }, self) => {
      if ((span === undefined) === longer) throw usageError('Say either --for DURATION or --no-longer.');
      const { io, printing, client } = begin(self);
      const until = span === undefined ? null : new Date(Date.now() + span).toISOString();
      printVm(io, await client().send<BurstVmDetail>('POST', path('burst', 'vms', vm), { verb: 'keep', until, reason }), printing);
    });

const abandon = (begin: Begin) =>
  new Command('abandon')
    .description('Gives a VM back now, whatever runs there: replicas are placed elsewhere as after a loss.')
    .argument('<vm>')
    .requiredOption('--reason <text>', 'why')
    .addHelpText('after', examples('burst abandon burst-large-1 --reason "wrong region"'))
    .action(async (vm, { reason }, self) => {
      const { io, printing, client } = begin(self);
      printVm(io, await client().send<BurstVmDetail>('POST', path('burst', 'vms', vm), { verb: 'abandon', reason }), printing);
    });

const proposals = (begin: Begin) =>
  new Command('proposals')
    .description('Proposals to buy, newest first.')
    .addHelpText('after', examples('burst proposals'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<BurstProposals>('/burst/proposals');
      await printList(io, printing, {
        body, rows: body.items, name: ({ id }) => id, empty: 'Nothing was ever proposed.',
        columns: [{ title: 'ID', value: ({ id }) => id }, { title: 'STATE', value: ({ state }) => state }, { title: 'MIX', value: ({ mix }) => mix.map(({ pool, count }) => `${count} of ${pool}`).join(', ') || 'nothing' }, { title: 'CENTS/H', value: ({ centsPerHour }) => centsPerHour, align: 'right' }, { title: 'AGO', value: ({ createdAt }) => age(Date.now() - Date.parse(createdAt)), align: 'right' }, { title: 'WHY', value: ({ reasons, stateReason, state }) => (state === 'open' ? reasons.map(({ sentence }) => sentence).join('; ') : stateReason.sentence) }],
      });
    });

const decide = (begin: Begin, verb: 'approve' | 'dismiss') =>
  new Command(verb)
    .description(verb === 'approve' ? 'Buys what a proposal says.' : 'Lets a proposal go.')
    .argument('<proposal>')
    .option('--note <text>', 'why', '')
    .addHelpText('after', examples(`burst ${verb} 01975c4e`))
    .action(async (id, { note }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().send<BurstProposalView>('POST', path('burst', 'proposals', id), { verb, note });
      await printOne(io, printing, body, body.id, () => `${body.stateReason.sentence}.\n${proposalText(body)}`);
    });

const ledger = (begin: Begin) =>
  new Command('ledger')
    .description('What was bought, what it was said to cost and what it did; this month unless told.')
    .option('--from <instant>')
    .option('--to <instant>')
    .addHelpText('after', examples('burst ledger', 'burst ledger --from 2026-11-01T00:00:00Z -o json'))
    .action(async ({ from, to }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<BurstLedger>('/burst/ledger', { from, to });
      await printList(io, printing, {
        body, rows: body.items, name: ({ vm }) => vm, empty: 'Nothing was bought in this span.',
        columns: [{ title: 'VM', value: ({ vm }) => vm }, { title: 'STATE', value: ({ state }) => state }, { title: 'BY', value: ({ boughtBy }) => boughtBy }, { title: 'ASKED', value: ({ askedAt }) => clock(askedAt) }, { title: 'ENDED', value: ({ endedAt }) => clock(endedAt) }, { title: 'COMES BACK', value: ({ comesBackAt }) => clock(comesBackAt) }, { title: 'PREDICTED', value: ({ predictedCents }) => predictedCents, align: 'right' }, { title: 'PAID', value: ({ actualCents }) => actualCents, align: 'right' }, { title: 'WHY', value: ({ why }) => why.sentence }],
      });
      if (body.items.length > 0) io.err(`${counted(body.totals.vms, 'VM')}, ${body.totals.vmHours} hours: ${body.totals.predictedCents} cents predicted, ${body.totals.actualCents} paid.\n`);
    });

const warmRoom = (begin: Begin) =>
  new Command('warm-room')
    .description('How much starts in seconds, and what more would need.')
    .addHelpText('after', examples('burst warm-room'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<WarmRoom>('/burst/warm-room');
      await printList(io, printing, {
        body, rows: body.environments, name: ({ environment }) => environment, empty: 'There is no environment.',
        columns: [{ title: 'ENVIRONMENT', value: ({ environment }) => environment }, { title: 'TARGET', value: ({ targetPermille }) => `${targetPermille / 10} %`, align: 'right' }, { title: 'WANTED', value: ({ wanted }) => wanted, align: 'right' }, { title: 'FITS', value: ({ fits }) => fits, align: 'right' }, { title: 'CENTS/H', value: ({ centsPerHour }) => centsPerHour, align: 'right' }, { title: 'GROWTH', value: ({ growth }) => growth.map(({ permille, containers, fits }) => `+${permille / 10} %: ${fits} of ${containers}`).join(', ') }],
      });
      io.err(`${body.sentence.sentence}.\n`);
    });

export const command = (begin: Begin) => {
  const burst = new Command('burst').description('Cloud VMs that are bought for a while.');
  for (const verb of [status, list, show, buy, retreat, keep, abandon, proposals, ledger, warmRoom, rulesCommand, provisionerCommand]) burst.addCommand(verb(begin));
  return burst.addCommand(decide(begin, 'approve')).addCommand(decide(begin, 'dismiss'));
};
