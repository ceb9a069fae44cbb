// `firn fleet`: who hosts are to the server, and which agents they run: the authority, alarms, versions, upgrades.
import { Command, Option } from '@commander-js/extra-typings';
import type { AgentVersions, FleetAuthority, IdentityAlarm, IdentityAlarms, UpgradeDetail, Upgrades, UpgradeView } from '../../http/contract/index.ts';
import { collect, parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { examples, type Begin } from '../invocation.ts';
import { fields, printList, printOne, table, type Column } from '../output.ts';

const identity = (begin: Begin) =>
  new Command('identity')
    .description('The authority that hosts trust, and how many hosts have certificates.')
    .addHelpText('after', examples('fleet identity'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<FleetAuthority>('/agents/identity');
      const { certified, withoutCertificate, expired, revoked, alarms } = body.hosts;
      await printOne(io, printing, body, body.caSha256 ?? 'none', () => fields([['tls', body.tls], ['fingerprint', body.caSha256], ['agents call', body.agentUrl], ['names', body.serverNames.join(' ')], ['hosts', `${certified} with a certificate, ${withoutCertificate} without, ${expired} expired, ${revoked} revoked`], ['alarms', String(alarms)]]));
    });

const ALARM_COLUMNS: readonly Column<IdentityAlarm>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'HOST', value: ({ host }) => host },
  { title: 'KNOWN', value: ({ known }) => `${known.address} ${known.bootId.slice(0, 8)}` },
  { title: 'NEWCOMER', value: ({ newcomer }) => `${newcomer.address} ${newcomer.bootId.slice(0, 8)}` },
  { title: 'EVIDENCE', value: ({ evidence }) => evidence },
  { title: 'TRIES', value: ({ attempts }) => attempts, align: 'right' },
  { title: 'ANSWER', value: (alarm) => (alarm.answer === null ? null : `${alarm.answer.verdict} by ${alarm.answer.by}`) },
];

const alarms = (begin: Begin) =>
  new Command('alarms')
    .description('Machines that claimed to be a host which another machine is.')
    .addHelpText('after', examples('fleet alarms'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<IdentityAlarms>('/identity-alarms');
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: ALARM_COLUMNS, empty: 'No two machines ever claimed to be one host.' });
    });

const answerAlarm = (begin: Begin) =>
  new Command('answer')
    .description('Says which of two machines is the host; the other one stays out.')
    .argument('<alarm>')
    .addOption(new Option('--verdict <verdict>', 'keep: the known one; newcomer: the other').choices(['keep', 'newcomer'] as const).makeOptionMandatory())
    .requiredOption('--why <reason>', 'for whoever wonders tomorrow')
    .addHelpText('after', examples('fleet answer 01a1f1a0 --verdict keep --why "a copied disk"'))
    .action(async (id, { verdict, why }, self) => {
      const { io, printing, client } = begin(self);
      const alarm = await client().send<IdentityAlarm>('POST', path('identity-alarms', id), { verdict, reason: why });
      await printOne(io, printing, alarm, id, () => `${alarm.host} is the machine at ${(verdict === 'keep' ? alarm.known : alarm.newcomer).address}.\n`);
    });

const versions = (begin: Begin) =>
  new Command('versions')
    .description('Which agents hosts run, and which ones this server has.')
    .addHelpText('after', examples('fleet versions'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<AgentVersions>('/agents/versions');
      const columns: Column<AgentVersions['running'][number]>[] = [
        { title: 'VERSION', value: ({ version }) => version },
        { title: 'BUNDLE', value: ({ bundle }) => bundle?.slice(0, 12) ?? null },
        { title: 'HOSTS', value: ({ hosts }) => hosts, align: 'right' },
        { title: 'UPGRADES ITSELF', value: ({ upgrades }) => (upgrades ? 'yes' : 'no') },
        { title: 'WORKS', value: ({ works }) => (works ? 'yes' : 'no') },
      ];
      for (const { sha256, version, source } of body.bundles) io.err(`bundle ${sha256} version ${version} (${source})\n`);
      await printList(io, printing, { body, rows: body.running, name: ({ version }) => version, columns, empty: 'No host has joined.' });
    });

const UPGRADE_COLUMNS: readonly Column<UpgradeView>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'VERSION', value: ({ version }) => version },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'DONE', value: ({ counts }) => counts.done, align: 'right' },
  { title: 'FAILED', value: ({ counts }) => counts.failed, align: 'right' },
  { title: 'WHY', value: ({ stateReason }) => stateReason },
];
const detailText = (upgrade: UpgradeDetail): string =>
  `${fields([['upgrade', upgrade.version], ['state', `${upgrade.state}: ${upgrade.stateReason}`], ['first', upgrade.canary]])}\n${table(upgrade.hosts, [{ title: 'HOST', value: ({ host }) => host }, { title: 'STATE', value: ({ state }) => state }, { title: 'FROM', value: ({ fromVersion }) => fromVersion }, { title: 'WHY', value: ({ reason }) => reason }])}`;

const list = (begin: Begin) =>
  new Command('list')
    .description('Campaigns of upgrades.')
    .addHelpText('after', examples('fleet upgrade list'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Upgrades>('/agents/upgrades');
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: UPGRADE_COLUMNS, empty: 'No agent was ever upgraded: firn fleet upgrade start' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('One campaign, host by host.')
    .argument('<id>')
    .addHelpText('after', examples('fleet upgrade show 01a1f1a0'))
    .action(async (id, _options, self) => {
      const { io, printing, client } = begin(self);
      const upgrade = await client().get<UpgradeDetail>(path('agents', 'upgrades', id));
      await printOne(io, printing, upgrade, id, () => detailText(upgrade));
    });

const start = (begin: Begin) =>
  new Command('start')
    .description("Upgrades agents: one host first, then some at a time. An agent that is not welcomed goes back by itself; containers do not notice.")
    .option('--bundle <sha256>', "which agent; the server's own when left out")
    .option('--canary <host>', 'goes first, alone')
    .option('--host <name>', 'only this one; repeat it', collect)
    .option('--at-once <n>', 'hosts at a time after the first', parseInteger)
    .option('--most-failures <n>', 'pauses when more hosts than this went back', parseInteger)
    .option('--why <reason>', 'for whoever wonders tomorrow')
    .addHelpText('after', examples('fleet upgrade start --canary phy1 --at-once 10'))
    .action(async ({ bundle, canary, host, atOnce, mostFailures, why }, self) => {
      const { io, printing, client } = begin(self);
      const upgrade = await client().send<UpgradeDetail>('POST', '/agents/upgrades', { bundle, canary, hosts: host, atOnce, mostFailures, reason: why });
      await printOne(io, printing, upgrade, upgrade.id, () => detailText(upgrade));
    });

const act = (begin: Begin, verb: 'pause' | 'resume' | 'abort', description: string) =>
  new Command(verb)
    .description(description)
    .argument('<id>')
    .option('--why <reason>', 'for whoever wonders tomorrow')
    .addHelpText('after', examples(`fleet upgrade ${verb} 01a1f1a0`))
    .action(async (id, { why }, self) => {
      const { io, printing, client } = begin(self);
      const upgrade = await client().send<UpgradeDetail>('POST', path('agents', 'upgrades', id), { verb, reason: why });
      await printOne(io, printing, upgrade, id, () => detailText(upgrade));
    });

export const command = (begin: Begin) => {
  const upgrade = new Command('upgrade').description('Brings hosts to another agent.').addCommand(start(begin)).addCommand(list(begin)).addCommand(show(begin));
  upgrade.addCommand(act(begin, 'pause', 'Tells no further host.')).addCommand(act(begin, 'resume', 'Goes on, whatever failed so far.')).addCommand(act(begin, 'abort', 'Ends it; what is under way ends by itself.'));
  return new Command('fleet').description('Identities and agents of hosts.').addCommand(identity(begin)).addCommand(versions(begin)).addCommand(upgrade).addCommand(alarms(begin)).addCommand(answerAlarm(begin));
};
