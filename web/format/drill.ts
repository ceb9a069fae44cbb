// Drills as pages draw them: the times of a series, looks of states, and two reports beside each other. Takes the API's data; gives plain
// data. Pure.
import type { DrillReport, DrillSeries, DrillTotals, DrillView } from '#server/http/contract/index.ts';
import type { Dictionary } from '../text/en/index.ts';
import type { Tone } from '../ui/State.tsx';
import { toldText } from './said.ts';
import type { Language } from './units.ts';

/** Days of a drill begin where the market that they are about does. */
export const DRILL_ZONE = 'Asia/Shanghai';

const STATES: Readonly<Record<DrillView['state'], Tone>> = { waiting: 'wait', running: 'busy', done: 'ok', failed: 'bad', cancelled: 'off' };
const VERDICTS: Readonly<Record<DrillReport['verdict']['code'], Tone>> = { carries: 'ok', sheds: 'wait', fails: 'bad' };

/** What was tried and what would come of it, from the data; the server's own sentence where the remedy is not known here. @param shed share that would be shed */
export function remedyText({ code, data, helps, sentence }: Pick<DrillReport['remedies'][number], 'code' | 'data' | 'helps' | 'sentence'>, words: Dictionary['drills']['report'], shed: string): string {
  const tried = words.tried[code]?.(data);
  return tried === undefined ? sentence : `${tried}，${words.triedResult(helps, shed)}`;
}

/** Why a day is carried or not. @param clock of an instant, as the reader writes it */
export function verdictText({ said, sentence }: DrillReport['verdict'], words: Dictionary['drills']['said'], language: Language, clock: (instant: string) => string): string {
  return toldText(said?.map(({ code, values }) => ({ code, values: typeof values['at'] === 'string' ? { ...values, at: clock(values['at']) } : values })), sentence, words, language);
}

/** What was mended in the day, in the reader's language; reports of earlier versions have English alone. */
export const mendedText = ({ warnings, warningsSaid }: DrillReport['day'], words: Dictionary['drills']['said'], language: Language): string[] => warnings.map((warning, index) => toldText(warningsSaid?.[index] === undefined ? undefined : [warningsSaid[index]], warning, words, language));

/** What a drill does now. */
export function phaseText({ phase, phaseCode }: Pick<DrillView, 'phase' | 'phaseCode'>, { phases, report }: Dictionary['drills']): string {
  if (phaseCode === undefined) return phase;
  return phaseCode === 'waits' || phaseCode === 'day' || phaseCode === 'done' ? phases[phaseCode] : phases.tries(report.remedy[phaseCode]);
}

export const drillTone = (state: DrillView['state']): Tone => STATES[state];
export const verdictTone = (code: DrillReport['verdict']['code']): Tone => VERDICTS[code];

/** Seconds since the epoch, one for each point. */
export const timesOf = (series: DrillSeries): number[] => series.demandQps.map((_point, at) => Date.parse(series.from) / 1000 + at * series.stepSeconds);

/** Figures of two reports in which more is worse come first: what is shed, then what it costs. */
export const COMPARED = ['shedPercent', 'shedRequests', 'minutesShedding', 'riskPercent', 'peakQps', 'peakReplicas', 'peakHosts', 'boughtVms', 'vmHours', 'cloudCents', 'fleetCents', 'changes'] as const;
export type Compared = (typeof COMPARED)[number];
/** Of these less is better; of the rest neither is. */
const LESS_IS_BETTER: ReadonlySet<Compared> = new Set(['shedPercent', 'shedRequests', 'minutesShedding', 'riskPercent', 'boughtVms', 'vmHours', 'cloudCents', 'fleetCents']);

export interface ComparedRow {
  readonly figure: Compared;
  readonly here: number;
  readonly there: number;
  readonly tone: 'better' | 'worse' | 'same';
}

/** @param here the report that is read; @param there the one that it is compared with */
export function compareTotals(here: DrillTotals, there: DrillTotals): ComparedRow[] {
  return COMPARED.map((figure) => ({ figure, here: here[figure], there: there[figure], tone: here[figure] === there[figure] || !LESS_IS_BETTER.has(figure) ? 'same' : here[figure] < there[figure] ? 'better' : 'worse' }));
}
