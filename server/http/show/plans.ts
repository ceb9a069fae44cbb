// Plans as people see them: the diff step by step with names, what apply refused, and the totals before and after.
import { printPlan } from '#scheduler/explain.ts';
import type { Plan, Proof, Shape, Step } from '#scheduler/model.ts';
import { gapOf } from '#scheduler/questions/consequence.ts';
import { showUnplaced } from '../../control/unplaced.ts';
import type { PlanRow } from '../../db/plans.ts';
import type { z } from '../contract/common.ts';
import type { PlanDetail, PlanStep, PlanView } from '../contract/plans.ts';
import { instant, instantOrNull } from './show.ts';

/** @param revision the current one: a proposal made from another is stale, whether or not somebody has marked it yet */
export function showPlan(row: PlanRow, revision: number): PlanView {
  const { id, parent, body, verb, cause, createdBy, createdAt, appliedAt, refused, plannedMs } = row;
  const count = (kind: Step['kind']) => body.steps.filter((step) => step.kind === kind).length;
  return {
    id,
    parent,
    policyVersion: body.policyVersion,
    verb,
    state: row.state === 'proposed' && parent !== revision ? 'stale' : row.state,
    cause,
    createdBy,
    createdAt: instant(createdAt),
    appliedAt: instantOrNull(appliedAt),
    revision: row.revision,
    counts: { starts: count('start'), moves: count('move'), resizes: count('resize'), renews: count('renew'), stops: count('stop'), waits: count('wait'), refused: Object.keys(refused).length },
    before: totals(body.before),
    after: totals(body.after),
    plannedMs: Math.round(plannedMs * 100) / 100,
  };
}

/** @param proof of the state that it led to, where that was thought about */
export function showPlanDetail(row: PlanRow, revision: number, proof: Proof | null = null): PlanDetail {
  const { steps, unplaced, postponed = 0 } = row.body;
  const proven = proof ?? row.body.proof;
  return { ...showPlan(row, revision), steps: steps.map((step) => showStep(step, row)), unplaced: unplaced.map(showUnplaced), text: printPlan(row.body, row.names), postponed, gap: proven === undefined ? null : { ...gapOf(proven) } };
}

/** Named fields only: what a plan carries beyond the contract stays inside. */
function totals({ replicas, pending, hostsUsed, cpuMilli, memoryMib, costCentsPerHour }: Plan['before']) {
  return { replicas, pending, hostsUsed, cpuMilli, memoryMib, costCentsPerHour };
}

/** @param names of hosts and workloads by id; what is not in it reads as its id */
export function showStep(step: Step, { names, refused }: Pick<PlanRow, 'names' | 'refused'>): z.infer<typeof PlanStep> {
  const { replica, kind, reason } = step;
  const name = (id: string | null) => (id === null ? null : (names[id] ?? id));
  const workload = names[replica.workloadId] ?? replica.workloadId;
  const [fromHost, toHost] = hostsOf(step);
  return {
    kind,
    replicaId: replica.id,
    replica: `${workload.replace('.', '-')}-${replica.ordinal}`,
    workload,
    fromHost: name(fromHost),
    toHost: name(toHost),
    address: kind === 'start' || kind === 'move' ? step.address : replica.address,
    shape: shapeAfter(step),
    score: kind === 'start' || kind === 'move' ? step.score : null,
    reason: { code: reason.code, detail: reason.detail },
    refused: refused[replica.id] ?? null,
  };
}

function hostsOf(step: Step): [from: string | null, to: string | null] {
  switch (step.kind) {
    case 'start':
      return [null, step.hostId];
    case 'move':
      return [step.fromHostId, step.hostId];
    case 'resize':
    case 'renew':
      return [step.hostId, step.hostId];
    case 'stop':
      return [step.hostId, null];
    case 'wait':
      return [step.replica.hostId, null];
  }
}

const shapeAfter = (step: Step): Shape => (step.kind === 'resize' ? step.shape : step.replica.shape);
