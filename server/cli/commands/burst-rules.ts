// `firn burst rules` and `firn burst provisioner`: within which money and when VMs are bought and given back, and how those of a pool are made.
import { Command, Option } from '@commander-js/extra-typings';
import type { BurstProvisioners, BurstSettingsView, ProvisionerEditInput, ProvisionerView } from '../../http/contract/index.ts';
import { collectPairs, parseDurationMs, parseInteger, parsePermille } from '../amounts.ts';
import { path } from '../client.ts';
import { examples, type Begin } from '../invocation.ts';
import { fields, printList, printOne } from '../output.ts';

const minutes = (text: string): number => Math.round(parseDurationMs(text) / 60_000);
const seconds = (text: string): number => Math.round(parseDurationMs(text) / 1_000);

function rulesText({ settings, version, warnings }: BurstSettingsView): string {
  const warm = Object.entries(settings.warmRoom).map(([environment, permille]) => `${environment} ${permille / 10} %`).join(', ');
  const { market, afterCloseMinutes, holdMinutes, drainMinutes } = settings.retreat;
  const pairs = [['mode', settings.mode], ['cap an hour', `${settings.capCentsPerHour} cents`], ['cap a day', `${settings.capCentsPerDay} cents`], ['warm room', warm === '' ? 'none' : warm], ['retreat', `${market === null ? '' : `${afterCloseMinutes} min after the close of ${market}, `}when spared for ${holdMinutes} min; emptied within ${drainMinutes} min`], ['time zone', settings.timeZone], ['version', version]] as const;
  return `${fields(pairs)}${warnings.map(({ sentence }) => `warning: ${sentence}\n`).join('')}`;
}

const showRules = (begin: Begin) =>
  new Command('show')
    .description('The rules as they are.')
    .addHelpText('after', examples('burst rules show'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<BurstSettingsView>('/burst/settings');
      await printOne(io, printing, body, String(body.version), () => rulesText(body));
    });

const setRules = (begin: Begin) =>
  new Command('set')
    .description('Changes what is named; the rest stays.')
    .addOption(new Option('--mode <mode>', 'off, propose (people approve), or automatic').choices(['off', 'propose', 'automatic'] as const))
    .option('--cap-hour <cents>', 'what all VMs may cost an hour', parseInteger)
    .option('--cap-day <cents>', 'what a day may cost', parseInteger)
    .option('--warm-room <environment=share>', 'such as production=20%; 0% for none; repeat it', collectPairs)
    .option('--market <name>', 'VMs stay until it closes; none: only while they are needed')
    .option('--after-close <duration>', 'and so much longer', minutes)
    .option('--hold <duration>', 'for so long everything must have fitted without a VM', minutes)
    .option('--drain <duration>', 'emptying that takes longer is an alert', minutes)
    .option('--time-zone <name>', "in which the ledger's days begin")
    .addHelpText('after', examples('burst rules set --mode automatic --cap-hour 800 --cap-day 6000 --market a-share', 'burst rules set --warm-room production=20%'))
    .action(async ({ mode, capHour, capDay, warmRoom, market, afterClose, hold, drain, timeZone }, self) => {
      const { io, printing, client } = begin(self);
      const { settings } = await client().get<BurstSettingsView>('/burst/settings');
      const warm = Object.fromEntries(Object.entries({ ...settings.warmRoom, ...Object.fromEntries(Object.entries(warmRoom ?? {}).map(([environment, share]) => [environment, parsePermille(share)])) }).filter(([, permille]) => permille > 0));
      const { retreat } = settings;
      const body = await client().send<BurstSettingsView>('PUT', '/burst/settings', {
        ...settings,
        mode: mode ?? settings.mode,
        capCentsPerHour: capHour ?? settings.capCentsPerHour,
        capCentsPerDay: capDay ?? settings.capCentsPerDay,
        warmRoom: warm,
        timeZone: timeZone ?? settings.timeZone,
        retreat: { market: market === undefined ? retreat.market : market === 'none' ? null : market, afterCloseMinutes: afterClose ?? retreat.afterCloseMinutes, holdMinutes: hold ?? retreat.holdMinutes, drainMinutes: drain ?? retreat.drainMinutes },
      });
      await printOne(io, printing, body, String(body.version), () => rulesText(body));
    });

export const rulesCommand = (begin: Begin) => new Command('rules').description('Within which money and when VMs are bought and given back.').addCommand(showRules(begin)).addCommand(setRules(begin));

const listProvisioners = (begin: Begin) =>
  new Command('list')
    .description('How VMs of each pool are made, and the hooks that the server is configured with.')
    .addHelpText('after', examples('burst provisioner list'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<BurstProvisioners>('/burst/provisioners');
      for (const { name, problem } of body.hooks) if (problem !== null) io.err(`warning: hook ${name}: ${problem}\n`);
      await printList(io, printing, {
        body, rows: body.items, name: ({ pool }) => pool, empty: `No pool has a provisioner: firn burst provisioner set POOL --hook HOOK --range 10.60.0.0/16. Hooks: ${body.hooks.map(({ name }) => name).join(', ') || 'none (FIRN_PROVISIONERS)'}`,
        columns: [{ title: 'POOL', value: ({ pool }) => pool }, { title: 'HOOK', value: ({ hook }) => hook }, { title: 'OUT', value: ({ out }) => out, align: 'right' }, { title: 'AT MOST', value: ({ limit }) => limit, align: 'right' }, { title: 'RANGES LEFT', value: ({ rangesLeft }) => rangesLeft, align: 'right' }, { title: 'PAID BY', value: ({ billingMinutes }) => `${billingMinutes} min`, align: 'right' }, { title: 'START', value: ({ startP50Seconds }) => (startP50Seconds === null ? null : `${Math.round(startP50Seconds)} s`), align: 'right' }, { title: 'PROBLEM', value: ({ problem }) => problem?.sentence ?? null }],
      });
    });

const setProvisioner = (begin: Begin) =>
  new Command('set')
    .description('Says anew and whole how VMs of a pool are made.')
    .argument('<pool>')
    .requiredOption('--hook <name>', "one of the server's configuration")
    .requiredOption('--range <cidr>', 'each VM gets a range of its own from here')
    .option('--prefix <length>', 'of each range; 24', parseInteger)
    .option('--billing <duration>', 'length of a paid period; 1h', minutes)
    .option('--margin <duration>', 'given back so long before a period ends; 180s', seconds)
    .option('--provision <duration>', 'until the machine runs; 300s', seconds)
    .option('--join <duration>', 'until its agent has joined; 180s', seconds)
    .option('--release <duration>', 'until it is gone; 300s', seconds)
    .option('--least <share>', 'a smaller VM is kept from this share on; 50%', parsePermille)
    .option('--option <key=value>', 'handed to the hook; repeat it', collectPairs)
    .option('--closed', 'nothing is bought from it')
    .addHelpText('after', examples('burst provisioner set large --hook my-cloud --range 10.60.0.0/16 --option region=cn-a'))
    .action(async (pool, { hook, range, prefix, billing, margin, provision, join, release, least, option, closed }, self) => {
      const { io, printing, client } = begin(self);
      const edit: ProvisionerEditInput = { hook, rangeSupernet: range, rangePrefix: prefix, billingMinutes: billing, releaseMarginSeconds: margin, provisionSeconds: provision, joinSeconds: join, releaseSeconds: release, leastShare: least, options: option ?? {}, isEnabled: closed !== true };
      const body = await client().send<ProvisionerView>('PUT', path('burst', 'provisioners', pool), edit);
      await printOne(io, printing, body, body.pool, () => `VMs of ${body.pool} are made by hook ${body.hook}${body.problem === null ? '' : `; ${body.problem.sentence}`}.\n`);
    });

const removeProvisioner = (begin: Begin) =>
  new Command('remove')
    .description('Nothing more is bought from a pool; VMs that are out stay.')
    .argument('<pool>')
    .addHelpText('after', examples('burst provisioner remove large'))
    .action(async (pool, _options, self) => {
      const { io, client } = begin(self);
      await client().send('DELETE', path('burst', 'provisioners', pool));
      io.err(`Nothing more is bought from ${pool}.\n`);
    });

export const provisionerCommand = (begin: Begin) => new Command('provisioner').description('How VMs of pools are made.').addCommand(listProvisioners(begin)).addCommand(setProvisioner(begin)).addCommand(removeProvisioner(begin));
