// `firn host timeline`, `evidence` and `call-lost`: what was held true of a host and why, and a person's word that it is gone.
import { Command, Option } from '@commander-js/extra-typings';
import type { HostEvidence, Timeline, TimelineEntry } from '../../http/contract/index.ts';
import { path } from '../client.ts';
import { confirm, examples, type Begin } from '../invocation.ts';
import { type Column, fields, printList, printOne } from '../output.ts';

const COLUMNS: readonly Column<TimelineEntry>[] = [
  { title: 'WHEN', value: ({ at }) => at },
  { title: 'WHAT', value: ({ kind, state }) => (state === null ? kind : `${kind}: ${state}`) },
  { title: 'WHY', value: ({ grounds }) => grounds.sentence },
  { title: 'WITNESSES', value: ({ witnesses }) => (witnesses.length === 0 ? null : witnesses.map(({ host, reaches, replicasAnswer, replicasAsked }) => `${host} ${reaches} ${replicasAnswer}/${replicasAsked}`).join(', ')) },
  { title: 'BY', value: ({ by }) => by },
];

const KINDS: readonly TimelineEntry['kind'][] = ['verdict', 'session', 'boot', 'engine', 'problem', 'clock', 'replica', 'maintenance', 'agent', 'network'];

export const timeline = (begin: Begin) =>
  new Command('timeline')
    .description('Verdicts, sessions, boots and problems of a host, newest first.')
    .argument('<host>')
    .addOption(new Option('--kind <kind>', 'only these').choices(KINDS))
    .option('--limit <count>', 'how many', '50')
    .addHelpText('after', examples('host timeline phy1', 'host timeline phy1 --kind verdict'))
    .action(async (name, { kind, limit }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Timeline>(path('hosts', name, 'timeline'), { kind, limit });
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => String(id), columns: COLUMNS, empty: 'Nothing is known of it yet.' });
    });

function evidenceText(seen: HostEvidence): string {
  const { secondPath } = seen;
  const witnesses = secondPath === null || secondPath.witnesses.length === 0 ? 'nobody was asked' : secondPath.witnesses.map(({ host, reaches, replicasAnswer, replicasAsked }) => `${host}: ${reaches}, ${replicasAnswer} of ${replicasAsked} replicas answer`).join('; ');
  return fields([
    ['state', `${seen.state} since ${seen.since}`],
    ['because', seen.grounds.sentence],
    ['last heard', seen.lastSeenAt],
    ['lease', `${seen.leaseMs} ms`],
    ['lost at', seen.lostAt],
    ['connected', seen.isConnected ? 'yes' : 'no'],
    ['engine', seen.engine],
    ['clock', seen.clockSkewMs === null ? null : `${seen.clockSkewMs} ms ahead`],
    ['neighbours', witnesses],
    ['hold', seen.holdId],
    ['may be called lost', `${seen.mayCallLost.may ? 'yes' : 'no'}: ${seen.mayCallLost.reason}`],
  ]);
}

export const evidence = (begin: Begin) =>
  new Command('evidence')
    .description('Why a host is held to be what it is now.')
    .argument('<host>')
    .addHelpText('after', examples('host evidence phy1'))
    .action(async (name, _options, self) => {
      const { io, printing, client } = begin(self);
      const seen = await client().get<HostEvidence>(path('hosts', name, 'evidence'));
      await printOne(io, printing, seen, name, () => evidenceText(seen));
    });

export const lost = (begin: Begin) =>
  new Command('call-lost')
    .description('Says that a silent host is lost: its replicas start elsewhere, whatever the governor and its neighbours say.')
    .argument('<host>')
    .requiredOption('--why <reason>', 'how you know')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('host call-lost phy1 --why "the machine is on my desk" --yes'))
    .action(async (name, { why, yes }, self) => {
      const invocation = begin(self);
      await confirm(invocation, yes, name, `Replicas of ${name} are started elsewhere; if it runs still, they run twice until it is heard again.`);
      const seen = await invocation.client().send<HostEvidence>('POST', path('hosts', name, 'lost'), { reason: why });
      await printOne(invocation.io, invocation.printing, seen, name, () => evidenceText(seen));
    });
