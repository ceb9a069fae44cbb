// A rollout as text: where it is, what it waits for, its replicas and gates. For `firn rollout` and `firn rollback`.
import type { Preflight, RolloutDetail, RolloutReplica, RolloutView } from '../http/contract/index.ts';
import { fields, table, type Column } from './output.ts';

const MEMBERS: readonly Column<RolloutReplica>[] = [
  { title: 'REPLICA', value: ({ replica }) => replica },
  { title: 'VERSION', value: ({ wanted, running }) => (running === null || running === wanted ? wanted : `${running} -> ${wanted}`), align: 'right' },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'HOST', value: ({ host }) => host },
  { title: 'ADDRESS', value: ({ address }) => address },
  { title: 'RESTARTS', value: ({ restarts }) => (restarts === 0 ? null : restarts), align: 'right' },
  { title: 'REASON', value: ({ reason }) => reason },
];

export const nameOf = ({ service, environment }: Pick<RolloutView, 'service' | 'environment'>): string => `${service}.${environment}`;

/** `rolling, step 2 of 4`. */
export const phaseText = ({ phase, step, steps }: Pick<RolloutView, 'phase' | 'step' | 'steps'>): string => (steps > 1 && !['succeeded', 'rolled-back', 'aborted', 'rolling-back'].includes(phase) ? `${phase}, step ${step + 1} of ${steps}` : phase);

/** Who has to act, why, until when, and what happens then. */
export function waitText({ wait }: Pick<RolloutView, 'wait'>): string | null {
  if (wait === null) return null;
  return `${wait.owner}: ${wait.reason}${wait.until === null ? '' : ` (until ${wait.until}, then ${wait.then})`}`;
}

export function rolloutText(rollout: RolloutDetail): string {
  const { kind, from, to, replicas, figures, verified, readiness } = rollout;
  const head = fields([
    ['rollout', `${nameOf(rollout)} ${kind === 'rollback' ? 'back ' : ''}from version ${from.version} to ${to.version} (${rollout.id})`],
    ['phase', phaseText(rollout)],
    ['waits for', waitText(rollout)],
    ['trouble', rollout.trouble],
    ['serving', `${replicas.onNew} on the new release, ${replicas.onOld} on the old one, of ${replicas.wanted} wanted`],
    ['started', `${rollout.startedAt} by ${rollout.startedBy}${rollout.why === '' ? '' : `: ${rollout.why}`}`],
    ['ended', rollout.endedAt],
    ['verified', verified === null ? null : `${verified.matching} of ${verified.of} run the image that was released`],
    ['way back', rollout.endedAt !== null || readiness === null ? null : readiness.sentence],
    ['you may', rollout.may.flatMap(({ verb, allowed }) => (allowed ? [verb] : [])).join(', ')],
  ]);
  const gates = figures === null || figures.verdicts.length === 0 ? '' : `\n${table(figures.verdicts, [{ title: 'GATE', value: ({ gate }) => gate }, { title: 'VERDICT', value: ({ state }) => state }, { title: 'WHY', value: ({ sentence }) => sentence }])}`;
  return `${head}${gates}${rollout.members.length === 0 ? '' : `\n${table(rollout.members, MEMBERS)}`}`;
}

export function preflightText({ replicas, steps, advice, blockers, warnings, readiness }: Preflight): string {
  const body = table(steps, [
    { title: 'STEP', value: (step) => steps.indexOf(step) + 1, align: 'right' },
    { title: 'REPLICAS', value: ({ target }) => `${target} of ${replicas}`, align: 'right' },
    { title: 'BESIDE', value: ({ beside }) => beside, align: 'right' },
    { title: 'FITS', value: ({ fits }) => (fits ? 'yes' : 'no') },
    { title: 'WHERE', value: ({ fits, hosts, sentence }) => (fits ? hosts.map(({ host, replicas: count }) => `${host} ${count}`).join(', ') : sentence) },
  ]);
  const lines = [
    ...blockers.map(({ code, message, overridable }) => `blocker ${code}${overridable ? ' (may be passed over)' : ''}: ${message}`),
    ...advice.map(({ sentence }) => `advice: ${sentence}`),
    ...warnings.map(({ message }) => `warning: ${message}`),
    ...(readiness === undefined || readiness === null ? [] : [readiness.sentence]),
  ];
  return `${body}${lines.map((line) => `${line}\n`).join('')}`;
}
