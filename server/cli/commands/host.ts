// `firn host`: the machines, keeping new replicas away from one, emptying one, what is declared of it.
import { Command, Option } from '@commander-js/extra-typings';
import type { HostDetail, HostView } from '../../http/contract/index.ts';
import { age, collect, collectPairs, coreCount, cores, memory, parseCpuMilli, parseInteger, parseMemoryMib } from '../amounts.ts';
import { path } from '../client.ts';
import { usageError } from '../exit.ts';
import { confirm, examples, type Begin } from '../invocation.ts';
import { fields, printList, printOne, table, type Column } from '../output.ts';
import { drain, drainText, undrain } from './host-drain.ts';
import { evidence, lost, timeline } from './host-verdict.ts';
import { identityVerbs } from './host-identity.ts';
import { hostTokenCommand } from './host-token.ts';
import { REPLICA_COLUMNS } from './replica-table.ts';

const stateOf = (host: HostView): string => [host.state, ...(host.cordoned ? ['cordoned'] : []), ...(host.drain === null ? [] : ['draining']), ...(host.converged || host.state !== 'ready' ? [] : ['changing'])].join(', ');

const COLUMNS: readonly Column<HostView>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'SITE/RACK', value: ({ site, rack }) => `${site}/${rack}` },
  { title: 'STATE', value: stateOf },
  { title: 'CPU', value: ({ allocated, capacity }) => `${cores(allocated.cpuMilli)} of ${cores(capacity.cpuMilli)}`, align: 'right' },
  { title: 'MEMORY', value: ({ allocated, capacity }) => `${memory(allocated.memoryMib)} of ${memory(capacity.memoryMib)}`, align: 'right' },
  { title: 'REPLICAS', value: ({ replicas }) => replicas, align: 'right' },
  { title: 'ADDRESS', value: ({ address, networkMode }) => `${address} ${networkMode}` },
  { title: 'PROBLEMS', value: ({ problems }) => (problems.length === 0 ? null : problems.length), align: 'right' },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('All hosts.')
    .addHelpText('after', examples('host list', 'host list -o json', 'host list -o name'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: HostView[] }>('/hosts');
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns: COLUMNS, empty: 'No host has joined: firn host token create --kind physical --site SITE --rack RACK --mode flat --network NETWORK' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('One host: facts, capacity, problems, and what runs there.')
    .argument('<host>')
    .addHelpText('after', examples('host show phy1'))
    .action(async (name, _options, self) => {
      const { io, printing, client } = begin(self);
      const host = await client().get<HostDetail>(path('hosts', name));
      await printOne(io, printing, host, host.name, () => `${fields(facts(host, io.now()))}\n${host.runs.length === 0 ? 'Nothing runs here.\n' : table(host.runs, REPLICA_COLUMNS.filter(({ title }) => title !== 'HOST'))}`);
    });

function facts(host: HostDetail, now: number): [string, string | null][] {
  const amount = ({ cpuMilli, memoryMib }: { cpuMilli: number; memoryMib: number }) => `${coreCount(cpuMilli)}, ${memory(memoryMib)}`;
  const ago = (at: string | null) => (at === null ? 'never' : `${age(now - Date.parse(at))} ago`);
  return [
    ['host', `${host.name}, ${host.kind} at ${host.site}/${host.rack}`],
    ['state', `${stateOf(host)}${host.stateReason === '' ? '' : ` (${host.stateReason})`}, seen ${ago(host.lastSeenAt)}`],
    ...(host.cordonReason === null ? [] : ([['cordoned', host.cordonReason]] as [string, string][])),
    ...(host.drain === null ? [] : ([['draining', `${host.drain.reason}: ${drainText(host)}`]] as [string, string][])),
    ['address', `${host.address}, ${host.networkMode} network`],
    ['capacity', amount(host.capacity)],
    ['reserved', amount(host.reserved)],
    ['allocated', `${amount(host.allocated)} in ${host.replicas} replicas`],
    ['free', amount(host.free)],
    ['used now', host.usedNow === null ? null : amount(host.usedNow)],
    ['generation', `${host.reportedGeneration} of ${host.generation}${host.converged ? '' : ', still changing'}`],
    ['labels', Object.entries(host.labels).map(([key, value]) => `${key}=${value}`).join(' ')],
    ['taints', host.taints.join(' ')],
    ['environments', host.environments.join(' ') || 'all'],
    ['software', `Docker ${host.engineVersion ?? '?'}, agent ${host.agentVersion ?? '?'}`],
    ['strangers', host.strangers === 0 ? null : `${host.strangers} containers that are not ours`],
    ...host.problems.map((problem): [string, string] => ['problem', problem]),
  ];
}

const cordon = (begin: Begin) =>
  new Command('cordon')
    .description('Keeps new replicas away from a host; those that are there stay.')
    .argument('<host>')
    .requiredOption('--why <reason>', 'for whoever wonders tomorrow')
    .addHelpText('after', examples('host cordon phy1 --why "disk replacement, ticket 311"'))
    .action(async (name, { why }, self) => {
      const { io, printing, client } = begin(self);
      const host = await client().send<HostView>('POST', path('hosts', name, 'cordon'), { reason: why });
      await printOne(io, printing, host, name, () => `${name} takes nothing new: ${why}.\n`);
    });

const uncordon = (begin: Begin) =>
  new Command('uncordon')
    .description('Lets a host take new replicas again.')
    .argument('<host>')
    .addHelpText('after', examples('host uncordon phy1'))
    .action(async (name, _options, self) => {
      const { io, printing, client } = begin(self);
      const host = await client().send<HostView>('POST', path('hosts', name, 'uncordon'));
      await printOne(io, printing, host, name, () => `${name} takes new replicas again.\n`);
    });

const edit = (begin: Begin) =>
  new Command('edit')
    .description('Changes what is declared of a host. Labels, taints and environments are given whole: what is left out goes.')
    .argument('<host>')
    .option('--label <key=value>', 'a label; repeat it', collectPairs)
    .option('--no-labels', 'take every label away')
    .option('--taint <key=value>', 'a taint; repeat it', collect)
    .option('--no-taints', 'take every taint away')
    .option('--environment <name>', 'an environment that may run here; repeat it', collect)
    .option('--all-environments', 'every environment may run here')
    .option('--reserve-cpu <cores>', 'CPU that the host keeps for itself', parseCpuMilli)
    .option('--reserve-memory <amount>', 'memory that the host keeps for itself', parseMemoryMib)
    .addOption(new Option('--cost <cents>', 'cost of an hour in cents').argParser(parseInteger))
    .addOption(new Option('--performance <0..100>', 'how fast its cores are').argParser(parseInteger))
    .addOption(new Option('--stability <0..100>', 'how rarely it fails').argParser(parseInteger))
    .addHelpText('after', examples('host edit phy1 --label disk=nvme --label gen=3', 'host edit phy1 --taint gpu=only --reserve-memory 4Gi', 'host edit phy1 --no-taints'))
    .action(async (name, options, self) => {
      const { io, printing, client } = begin(self);
      const reserved = { ...(options.reserveCpu === undefined ? {} : { cpuMilli: options.reserveCpu }), ...(options.reserveMemory === undefined ? {} : { memoryMib: options.reserveMemory }) };
      const change = {
        ...(options.label !== undefined ? { labels: options.label } : options.labels ? {} : { labels: {} }),
        ...(options.taint !== undefined ? { taints: options.taint } : options.taints ? {} : { taints: [] }),
        ...(options.environment !== undefined ? { environments: options.environment } : options.allEnvironments === true ? { environments: [] } : {}),
        ...(Object.keys(reserved).length === 0 ? {} : { reserved }),
        ...(options.cost === undefined ? {} : { costCentsPerHour: options.cost }),
        ...(options.performance === undefined ? {} : { performance: options.performance }),
        ...(options.stability === undefined ? {} : { stability: options.stability }),
      };
      if (Object.keys(change).length === 0) throw usageError('Nothing to change was given: see firn host edit --help.');
      const host = await client().send<HostView>('PATCH', path('hosts', name), change);
      await printOne(io, printing, host, name, () => `${name} was changed: ${Object.keys(change).join(', ')}.\n`);
    });

const remove = (begin: Begin) =>
  new Command('remove')
    .description('Forgets a host that is lost or empty.')
    .argument('<host>')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('host remove phy1 --yes'))
    .action(async (name, { yes }, self) => {
      const invocation = begin(self);
      await confirm(invocation, yes, name, `Host ${name} is forgotten and must join again to come back.`);
      await invocation.client().send('DELETE', path('hosts', name));
      invocation.io.err(`${name} is forgotten.\n`);
    });

export const command = (begin: Begin) => {
  const host = new Command('host').description('The machines.');
  for (const verb of [list, show, cordon, uncordon, drain, undrain, timeline, evidence, lost, edit, remove, ...identityVerbs]) host.addCommand(verb(begin));
  return host.addCommand(hostTokenCommand(begin));
};
