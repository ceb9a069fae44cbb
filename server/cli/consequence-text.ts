// A simulation as a person reads it: each change with what it does, then what is different at the end. Pure.
import type { Simulation } from '../http/contract/index.ts';
import { coreCount, counted, memory, money } from './amounts.ts';
import { unplacedLines } from './commands/replica-table.ts';
import { paint } from './io.ts';
import { fields } from './output.ts';

/** Hours beyond which the policy's pace is as good as none. */
const NEVER_HOURS = 1_000_000;

/** Several lines, ending in what is left to be said. */
export function simulationText({ stages, consequence, onlyForLooking, parent, seconds }: Simulation, currency: string, color: boolean): string {
  const parts = stages.flatMap(({ title, counts, bought, unplaced }, index) => [
    paint(color, 'bold', `${index + 1}. ${title}\n`),
    `   ${countsText(counts)}\n`,
    ...bought.map(({ pool, count, costCentsPerHour }) => `   buys ${count} of ${pool} for ${money(costCentsPerHour, currency)} an hour\n`),
    ...unplacedLines(unplaced).map((line) => paint(color, 'yellow', `   ${line}`) + '\n'),
  ]);
  const looking = onlyForLooking === null ? '' : `${onlyForLooking}\n`;
  return `${parts.join('')}\n${consequenceText(consequence, currency)}\n${looking}On revision ${parent}, in ${seconds.toFixed(1)} s; nothing was changed.\n`;
}

function countsText(counts: Simulation['stages'][number]['counts']): string {
  const told = Object.entries(counts).filter(([, count]) => count > 0).map(([what, count]) => counted(count, what.slice(0, -1)));
  return told.length === 0 ? 'nothing has to change' : told.join(', ');
}

const yesNo = (survives: boolean | undefined): string => (survives === undefined ? '-' : survives ? 'yes' : 'no');

function consequenceText({ before, after, moves, hours, movedWorkloads, headroom, gap, survival, unplaced }: Simulation['consequence'], currency: string): string {
  const pace = moves === 0 ? '' : hours === 0 ? ', at once' : hours > NEVER_HOURS ? ', never at the pace of the policy' : `, ${hours < 1 ? `${Math.ceil(hours * 60)} minutes` : `${hours.toFixed(1)} hours`} at the pace of the policy`;
  const most = movedWorkloads.slice(0, 5).map(({ workload, moves: count }) => `${workload} ${count}`);
  const percent = (value: number) => `${value.toFixed(2)} %`;
  return fields([
    ['moves', `${moves}${pace}`],
    ...(most.length === 0 ? [] : ([['  of', `${most.join(', ')}${movedWorkloads.length > 5 ? ', …' : ''}`]] as [string, string][])),
    ['replicas', `${before.replicas} -> ${after.replicas}, pending ${before.pending} -> ${after.pending}`],
    ['hosts used', `${before.hostsUsed} -> ${after.hostsUsed}`],
    ['cost', `${money(before.costCentsPerHour, currency)} -> ${money(after.costCentsPerHour, currency)} an hour`],
    ['proven gap', gap === null ? null : `${percent(gap.before.percent)} -> ${percent(gap.after.percent)}`],
    ...headroom.map(({ site, before: was, after: is }): [string, string] => [`room in ${site}`, `${was.containers} -> ${is.containers} containers (${coreCount(is.freeCpuMilli)}, ${memory(is.freeMemoryMib)} free)`]),
    ...survival.after.map(({ domain, survives, failures }): [string, string] => {
      const was = survival.before.find((each) => each.domain === domain)?.survives;
      const worst = survives ? undefined : failures[0];
      return [`any ${domain} may die`, `${yesNo(was)} -> ${yesNo(survives)}${worst === undefined ? '' : `: ${worst.label} would leave ${counted(worst.missing, 'replica')} without room`}`];
    }),
    ['without room', unplaced.length === 0 ? 'nothing' : unplaced.map(({ workload, count }) => `${count} of ${workload}`).join(', ')],
  ]);
}
