// The sum behind a number of replicas, as rows that a person can check with a pencil. Takes a sizing as the server quotes it and the
// figures that were asked; gives rows with what is computed, how, and which of them decided. Pure; the words come in.
import type { Draft, Quote } from '#server/http/contract/index.ts';
import type { Dictionary } from '../text/en/index.ts';
import { number, type Language } from './units.ts';

export type Sizing = Quote['sizing'];

export interface SumRow {
  readonly key: 'busy' | 'ceiling' | 'byCpu' | 'byMemory' | 'byMaxQps' | 'carries' | 'forPeak' | 'minimum' | 'survival' | 'replicas';
  readonly name: string;
  readonly formula: string;
  readonly result: string;
  /** This line is the limit that decided the number of replicas. */
  readonly decides: boolean;
}

type Asked = Pick<Draft, 'peakQps' | 'headroomPermille' | 'minReplicas' | 'profile'>;

/** The constants of the design's formula; they only write the formula down, the figures are the server's. */
const STAFFING = { factor: 1.9, most: 0.85 };
const MEMORY_USABLE = 0.9;

export function sumRows(sizing: Sizing, asked: Asked, text: Dictionary, language: Language): SumRow[] {
  const n = (value: number) => number(value, language);
  const { profile } = asked;
  const { qpsPerReplica, shape, limit } = sizing;
  const u = n(sizing.utilisation);
  const rows: SumRow[] = [];
  const row = (key: SumRow['key'], name: string, formula: string, result: string, decides = false) => rows.push({ key, name, formula, result, decides });

  row('busy', text.sum.busy, `${n(asked.peakQps)} × ${n(profile.cpuMsPerRequest)} ms ÷ 1000`, text.sum.cores(n(sizing.busyCores)));
  row('ceiling', text.sum.ceiling, ceilingFormula(sizing, text, n), u);
  row('byCpu', text.sum.byCpu, `${n(shape.cpuMilli)} × ${u} ÷ ${n(profile.cpuMsPerRequest)}`, text.sum.qps(n(qpsPerReplica.byCpu)), limit === 'cpu');
  if (qpsPerReplica.byMemory !== null) {
    row('byMemory', text.sum.byMemory, `(${n(shape.memoryMib)} × ${n(MEMORY_USABLE)} − ${n(profile.memoryBaseMib)}) × 1024 ÷ ${n(profile.memoryKibPerQps)}`, text.sum.qps(n(qpsPerReplica.byMemory)), limit === 'memory');
  }
  if (qpsPerReplica.byMaxQps !== null) row('byMaxQps', text.sum.byMaxQps, '', text.sum.qps(n(qpsPerReplica.byMaxQps)), limit === 'max-qps');
  row('carries', text.sum.carries, '', text.sum.qps(n(qpsPerReplica.q)));
  row('forPeak', text.sum.forPeak, `⌈${n(asked.peakQps)} × ${n(1 + asked.headroomPermille / 1000)} ÷ ${n(qpsPerReplica.q)}⌉`, n(sizing.forPeak));
  if (asked.minReplicas > 1 || limit === 'minimum') row('minimum', text.sum.minimum, '', n(asked.minReplicas), limit === 'minimum');
  if (sizing.survive !== 'none') {
    const domain = text.states.domain[sizing.survive];
    row('survival', text.sum.survival(domain, sizing.mustRemain), text.sum.survivalFormula(sizing.domains, domain, sizing.perDomainCap ?? sizing.replicas), n(sizing.replicas), limit === 'survival');
  }
  row('replicas', text.sum.replicas, '', n(sizing.replicas));
  return rows;
}

function ceilingFormula(sizing: Sizing, text: Dictionary, n: (value: number) => string): string {
  const r = sizing.busyCores;
  const staffing = Math.min(STAFFING.most, r / (r + STAFFING.factor * Math.sqrt(r)));
  if (Math.abs(staffing - sizing.utilisation) > 1e-9) return text.sum.ceilingFixed;
  return `${text.sum.ceilingStaffing}: min(${STAFFING.most}, R ÷ (R + ${STAFFING.factor} √R)), R = ${n(r)}`;
}
