// `firn freeze`: when nothing is released to an environment: around market sessions, every week, or once.
import { Command, Option } from '@commander-js/extra-typings';
import type { FreezeView, Freezes } from '../../http/contract/index.ts';
import { path } from '../client.ts';
import { usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { clean, printList, printOne, type Column } from '../output.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const MARKETS = ['a-share', 'hong-kong', 'us'] as const;

function ruleText({ rule }: FreezeView): string {
  if (rule.kind === 'session') return `${rule.market} ${rule.from} to ${rule.to}`;
  if (rule.kind === 'weekly') return `${rule.days.map((day) => DAYS[day - 1]).join(',')} ${rule.from} to ${rule.to} ${rule.timeZone}`;
  return `${rule.from} to ${rule.to}`;
}
const windowText = ({ isActive, next }: FreezeView): string | null => (next === null ? null : isActive ? `now, until ${next.to}` : `${next.from} to ${next.to}`);

const COLUMNS: readonly Column<FreezeView>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'ENVIRONMENT', value: ({ environment }) => environment },
  { title: 'WHEN', value: ruleText },
  { title: 'NEXT', value: windowText },
  { title: 'BY', value: ({ createdBy }) => createdBy },
  { title: 'REASON', value: ({ reason }) => reason },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Every freeze, and when it holds next.')
    .option('-e, --environment <name>', 'only of this environment')
    .addHelpText('after', examples('freeze list', 'freeze list -e production'))
    .action(async ({ environment }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Freezes>('/freezes', { environment });
      for (const { name, warning } of body.items) if (warning !== null) io.err(`warning: ${name}: ${clean(warning)}\n`);
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns: COLUMNS, empty: 'Nothing is ever frozen: firn freeze add NAME -e production --market a-share --from open-10m --to close+5m' });
    });

interface Flags {
  readonly market?: (typeof MARKETS)[number];
  readonly days?: string;
  readonly timeZone: string;
  readonly from: string;
  readonly to: string;
}

function ruleOf({ market, days, timeZone, from, to }: Flags) {
  if (market !== undefined && days !== undefined) throw usageError('Say --market or --days, and not both.');
  if (market !== undefined) return { kind: 'session', market, from, to };
  if (days === undefined) return { kind: 'once', from, to };
  const numbers = days.split(',').map((day) => DAYS.indexOf(day.trim().slice(0, 3).toLowerCase()) + 1);
  if (numbers.includes(0)) throw usageError(`"${days}" are no days of the week: write them as mon,tue,fri.`);
  return { kind: 'weekly', timeZone, days: numbers, from, to };
}

const add = (begin: Begin) =>
  new Command('add')
    .description('Keeps rollouts from starting: --market around its sessions, --days every week, neither of them once.')
    .argument('<name>')
    .requiredOption('-e, --environment <name>', 'where')
    .addOption(new Option('--market <market>', 'whose sessions').choices(MARKETS))
    .option('--days <days>', 'mon,tue,fri')
    .option('--time-zone <zone>', 'of --from and --to with --days', 'Asia/Shanghai')
    .requiredOption('--from <when>', 'open-10m, 09:15 or 2026-12-01T00:00:00Z')
    .requiredOption('--to <when>', 'close+5m, 15:05 or 2026-12-02T00:00:00Z')
    .option('--why <reason>', 'for whoever wants to release')
    .addHelpText('after', examples('freeze add sessions -e production --market a-share --from open-10m --to close+5m', 'freeze add weekend -e production --days sat,sun --from 00:00 --to 23:59', 'freeze add audit -e production --from 2026-12-01T00:00:00Z --to 2026-12-03T00:00:00Z --why "the audit"'))
    .action(async (name, { environment, why, ...flags }, self) => {
      const { io, printing, client } = begin(self);
      const freeze = await client().send<FreezeView>('POST', '/freezes', { name, environment, rule: ruleOf(flags), reason: why ?? '' });
      await printOne(io, printing, freeze, freeze.name, () => `${freeze.name}: ${freeze.environment} is frozen ${windowText(freeze) ?? 'never'}.\n`);
    });

const remove = (begin: Begin) =>
  new Command('rm')
    .description('Takes a freeze away.')
    .argument('<name>')
    .addHelpText('after', examples('freeze rm sessions'))
    .action(async (name, _options, self) => {
      const { io, client } = begin(self);
      await client().send('DELETE', path('freezes', name));
      io.err(`${name} is taken away.\n`);
    });

export const command = (begin: Begin) => new Command('freeze').description('When nothing is released to an environment.').addCommand(add(begin)).addCommand(list(begin)).addCommand(remove(begin));
