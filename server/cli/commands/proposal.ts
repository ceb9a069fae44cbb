// `firn proposal`: changes that wait for a second person, are carried out, or can be taken back.
import { Command, Option } from '@commander-js/extra-typings';
import type { ProposalDetail, ProposalVerb, ProposalView, Status } from '../../http/contract/index.ts';
import { age, parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { simulationText } from '../consequence-text.ts';
import { examples, type Begin } from '../invocation.ts';
import { fields, printList, printOne, type Column } from '../output.ts';

const STATES = ['draft', 'approved', 'rejected', 'withdrawn', 'stale', 'applying', 'paused', 'done', 'undoing', 'undone'] as const;
const movesText = ({ moves }: ProposalView): string => (moves.planned === 0 ? '-' : `${moves.done} of ${moves.planned}`);

const columns = (now: number): readonly Column<ProposalView>[] => [
  { title: 'ID', value: ({ id }) => id },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'TITLE', value: ({ title }) => title },
  { title: 'CHANGES', value: ({ kinds }) => kinds.join(', ') },
  { title: 'MOVED', value: movesText, align: 'right' },
  { title: 'BY', value: ({ createdBy }) => createdBy },
  { title: 'AGE', value: ({ createdAt }) => age(now - Date.parse(createdAt)), align: 'right' },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Proposals, newest first.')
    .addOption(new Option('--state <state>', 'only of this state').choices(STATES))
    .option('--limit <count>', 'how many at most', parseInteger, 50)
    .addHelpText('after', examples('proposal list', 'proposal list --state draft -o name'))
    .action(async ({ state, limit }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: ProposalView[] }>('/proposals', { state, limit });
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: columns(io.now()), empty: 'Nothing is proposed: firn simulate CHANGE --save TITLE' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('One proposal: what it would do, how far it is, and what you may do with it.')
    .argument('<id>')
    .addHelpText('after', examples('proposal show 01a1f1a0-…'))
    .action(async (id, _options, self) => {
      const { io, printing, client } = begin(self);
      const proposal = await client().get<ProposalDetail>(path('proposals', id));
      const { currency } = await client().get<Status>('/status');
      await printOne(io, printing, proposal, proposal.id, () => `${head(proposal)}\n${simulationText(proposal.simulation, currency, io.color.out)}${declinedText(proposal)}`);
    });

function head(proposal: ProposalDetail): string {
  const verbs = Object.entries(proposal.may).flatMap(([verb, reason]) => (reason === null ? [verb] : []));
  return fields([
    ['proposal', `${proposal.title} (${proposal.id})`],
    ['state', `${proposal.state}: ${proposal.stateReason}`],
    ['note', proposal.note],
    ['made', `${proposal.createdAt} by ${proposal.createdBy}`],
    ['decided', proposal.decidedAt === null ? null : `${proposal.decidedAt} by ${proposal.decidedBy ?? '-'}`],
    ['applied', proposal.appliedAt === null ? null : `${proposal.appliedAt} by ${proposal.appliedBy ?? '-'}`],
    ['moves', movesText(proposal)],
    ['expected', proposal.expectedAt],
    ['you may', verbs.join(', ')],
  ]);
}

const declinedText = ({ declined }: ProposalDetail): string => (declined.length === 0 ? '' : `\nDeclined:\n${declined.map(({ replica, host, reason }) => `  ${replica} to ${host}: ${reason}\n`).join('')}`);

const VERBS: Readonly<Record<ProposalVerb, string>> = {
  approve: 'Approves a draft that somebody else made.',
  reject: 'Rejects a proposal.',
  withdraw: 'Takes back a proposal of your own that is not applied.',
  apply: 'Applies an approved proposal, if the revision that it was simulated from stands; its moves keep the pace of the policy.',
  pause: 'Begins no further move of a proposal.',
  resume: 'Goes on with a paused proposal.',
  undo: 'Takes an applied proposal back: the policy before, hosts take replicas again, moves go back.',
  refresh: 'Simulates a proposal again on the present; what comes out differently has to be approved again.',
};

const act = (begin: Begin, verb: ProposalVerb) =>
  new Command(verb)
    .description(VERBS[verb])
    .argument('<id>')
    .option('--why <reason>', 'for the history')
    .addHelpText('after', examples(`proposal ${verb} 01a1f1a0-… --why "as discussed"`))
    .action(async (id, { why }, self) => {
      const { io, printing, client } = begin(self);
      const proposal = await client().send<ProposalDetail>('POST', path('proposals', id), { verb, ...(why === undefined ? {} : { reason: why }) });
      await printOne(io, printing, proposal, proposal.id, () => `${proposal.title} is ${proposal.state}. ${proposal.stateReason}\n`);
    });

export const command = (begin: Begin) => {
  const proposal = new Command('proposal').description('Changes that wait for a second person.').addCommand(list(begin)).addCommand(show(begin));
  for (const verb of Object.keys(VERBS) as ProposalVerb[]) proposal.addCommand(act(begin, verb));
  return proposal;
};
