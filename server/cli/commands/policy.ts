// `firn policy`: the placement rules, read as YAML, changed as a whole from a file by a proposal that shows its consequence.
import { Command } from '@commander-js/extra-typings';
import type { PolicyView, ProposalDetail, ProposalView, Status } from '../../http/contract/index.ts';
import { parseInteger } from '../amounts.ts';
import { readPolicy } from '../change.ts';
import { path } from '../client.ts';
import { simulationText } from '../consequence-text.ts';
import { CliError, EXIT } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

const show = (begin: Begin) =>
  new Command('show')
    .description('The policy in force, as YAML that `policy edit` takes.')
    .addHelpText('after', examples('policy show > policy.yaml', 'policy show -o json'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const policy = await client().get<PolicyView>('/policy');
      const { stringify } = await import('yaml');
      await printOne(io, printing, policy, String(policy.version), () => `# version ${policy.version}, by ${policy.createdBy} at ${policy.createdAt}: ${policy.why.replaceAll('\n', ' ')}\n${stringify(policy.record)}`);
    });

const COLUMNS: readonly Column<PolicyView>[] = [
  { title: 'VERSION', value: ({ version }) => version, align: 'right' },
  { title: 'SINCE', value: ({ createdAt }) => createdAt },
  { title: 'BY', value: ({ createdBy }) => createdBy },
  { title: 'WHY', value: ({ why }) => why },
];

const versions = (begin: Begin) =>
  new Command('versions')
    .description('Every version of the policy, newest first.')
    .option('--limit <count>', 'how many at most', parseInteger, 20)
    .addHelpText('after', examples('policy versions', 'policy versions -o json'))
    .action(async ({ limit }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: PolicyView[] }>('/policy/versions', { limit });
      await printList(io, printing, { body, rows: body.items, name: ({ version }) => String(version), columns: COLUMNS, empty: 'There is no policy.' });
    });

const edit = (begin: Begin) =>
  new Command('edit')
    .description('Proposes the policy in a file and shows what it would change. A second person approves it, then it is applied. Exit code 2: something would find no room.')
    .requiredOption('-f, --file <file>', 'the whole policy as YAML or JSON, - for standard input')
    .requiredOption('--why <title>', 'what it is for, in a few words')
    .option('--note <text>', 'more, for whoever approves it')
    .addHelpText('after', examples('policy edit -f policy.yaml --why "pack tighter over the holidays"', 'policy edit -f policy.yaml --why "as reviewed" -o name'))
    .action(async ({ file, why, note }, self) => {
      const invocation = begin(self);
      const { io, printing, endWith } = invocation;
      const record = await readPolicy(invocation, file);
      const client = invocation.client();
      const proposal = await client.send<ProposalDetail>('POST', '/proposals', { title: why, changes: [{ kind: 'policy', record }], ...(note === undefined ? {} : { note }) });
      const { currency } = await client.get<Status>('/status');
      await printOne(io, printing, proposal, proposal.id, () => simulationText(proposal.simulation, currency, io.color.out));
      io.err(`Proposal ${proposal.id}: ${proposal.stateReason}\nThen: firn proposal approve ${proposal.id}, firn proposal apply ${proposal.id}\n`);
      if (proposal.simulation.consequence.unplaced.length > 0) endWith(EXIT.pending);
    });

const undo = (begin: Begin) =>
  new Command('undo')
    .description('Takes the last change of the policy back: the version before becomes the next one.')
    .option('--why <reason>', 'for the history')
    .addHelpText('after', examples('policy undo --why "too many moves"'))
    .action(async ({ why }, self) => {
      const { io, printing, client } = begin(self);
      const last = await lastPolicyProposal(client());
      const proposal = await client().send<ProposalDetail>('POST', path('proposals', last.id), { verb: 'undo', ...(why === undefined ? {} : { reason: why }) });
      const policy = await client().get<PolicyView>('/policy');
      await printOne(io, printing, proposal, proposal.id, () => `"${proposal.title}" is taken back: version ${policy.version} is in force.\n`);
    });

/** The newest applied proposal that changed the policy; the server says if it can no longer be undone. */
async function lastPolicyProposal(client: ReturnType<ReturnType<Begin>['client']>): Promise<ProposalView> {
  const { items } = await client.get<{ items: ProposalView[] }>('/proposals', { limit: 500 });
  const applied = items.filter(({ kinds, appliedAt, state }) => kinds.includes('policy') && appliedAt !== null && state !== 'undone');
  const last = applied.sort((one, other) => Date.parse(other.appliedAt!) - Date.parse(one.appliedAt!))[0];
  if (last === undefined) throw new CliError('No proposal changed the policy yet: there is nothing to take back.');
  return last;
}

export const command = (begin: Begin) => new Command('policy').description('The placement rules.').addCommand(show(begin)).addCommand(versions(begin)).addCommand(edit(begin)).addCommand(undo(begin));
