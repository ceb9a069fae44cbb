// A quote as a person reads it: like a bill, the sum first, then where it goes, what it leaves of the quota and what it
// costs. Pure; the sentences of the sum and of refusals are the server's.
import type { Quote } from '../http/contract/index.ts';
import { coreCount, cores, counted, memory, money } from './amounts.ts';
import { unplacedLines } from './commands/replica-table.ts';
import { paint } from './io.ts';
import { fields, table } from './output.ts';

const LIMITS: Readonly<Record<Quote['sizing']['limit'], string>> = {
  cpu: 'CPU decided',
  memory: 'memory decided',
  'max-qps': 'the most QPS that a container takes decided',
  minimum: 'the minimum decided',
  survival: 'what it must survive decided',
  autoscaler: 'the autoscaler decided',
};

/** Several lines, ending in what submitting would do. */
export function quoteText(quote: Quote, title: string, color: boolean): string {
  const { sizing, quota, current } = quote;
  const bold = (text: string) => paint(color, 'bold', text);
  const before = current.replicas === 0 ? '' : `, ${current.replicas} now`;
  const parts = [
    `${bold(title)}\n`,
    ...sizing.lines.map((line) => `  ${line}\n`),
    '\n',
    `${bold(counted(sizing.replicas, 'replica'))} of ${coreCount(sizing.shape.cpuMilli)} and ${memory(sizing.shape.memoryMib)}${before}: ${LIMITS[sizing.limit]}\n`,
    '\n',
    whereText(quote),
    ...unplacedLines(quote.unplaced).map((line) => paint(color, 'yellow', line) + '\n'),
    quote.unplaced.length > 0 ? '\n' : '',
    fields([
      ['quota', `${quota.team}/${quota.environment}${quota.within ? '' : ', exceeded'}`],
      ['  CPU', `${cores(quota.before.cpuMilli)} -> ${cores(quota.after.cpuMilli)} of ${coreCount(quota.limit.cpuMilli)}`],
      ['  memory', `${memory(quota.before.memoryMib)} -> ${memory(quota.after.memoryMib)} of ${memory(quota.limit.memoryMib)}`],
      ['cost', `${money(quote.costCentsPerHour, quote.currency)} an hour, ${money(quote.costCentsPerMonth, quote.currency)} a month${quote.costBeforeCentsPerHour === 0 ? '' : ` (now ${money(quote.costBeforeCentsPerHour, quote.currency)} an hour)`}`],
    ]),
    ...(quote.warnings.length > 0 ? ['\n'] : []),
    ...quote.warnings.map(({ message }) => `${paint(color, 'yellow', 'warning:')} ${message}\n`),
    '\n',
    quote.outcome === 'approved-at-once' ? 'Within quota: submitting approves it at once.\n' : 'Submitting it waits for an SRE to approve.\n',
  ];
  return parts.join('');
}

function whereText({ hosts }: Quote): string {
  if (hosts.length === 0) return '';
  return `${table(hosts, [
    { title: 'HOST', value: ({ host }) => host },
    { title: 'KIND', value: ({ kind }) => kind },
    { title: 'SITE/RACK', value: ({ site, rack }) => `${site}/${rack}` },
    { title: 'REPLICAS', value: ({ replicas }) => replicas, align: 'right' },
    { title: 'CHANGE', value: ({ added }) => (added === 0 ? null : added > 0 ? `+${added}` : String(added)), align: 'right' },
  ])}\n`;
}
