// The independent checker's rules of moves: a successor is somebody's, and nothing that serves is taken away before enough others serve.
// Takes the facts of check.ts; gives violations. It shares no code with pairs.ts, pace.ts or move.ts.

import type { Facts } from './check-host.ts';
import type { Replica, Violation } from './model.ts';

export function checkPairs(facts: Facts): Violation[] {
  return [...successors(facts), ...takenOver(facts), ...serving(facts)];
}

/** The replica without the mark of a successor. */
export function single({ successor: _, ...replica }: Replica): Replica {
  return replica;
}

function lives({ hosts }: Facts, replica: Replica | undefined): boolean {
  const state = replica?.hostId === null || replica === undefined ? undefined : hosts.get(replica.hostId)?.state;
  return state !== undefined && state !== 'lost';
}

/** Somebody has agreed to lose it: it need not remain. */
function isForced({ hosts }: Facts, { hostId }: Replica): boolean {
  return hostId !== null && hosts.get(hostId)?.forced === true;
}

/** Every successor that a plan starts replaces one replica of its own workload that runs on another host, or with another release, and that no other one replaces. */
function successors(facts: Facts): Violation[] {
  const { plan, before, after } = facts;
  const found: Violation[] = [];
  const replacedBy = new Map<string, string>();
  for (const { id, successor } of after.values()) {
    if (successor === undefined) continue;
    const bad = (message: string) => found.push({ invariant: 'successor', subject: id, message });
    const { replaces } = successor;
    if (replacedBy.has(replaces)) bad(`${replaces} is replaced by ${replacedBy.get(replaces)} already`);
    replacedBy.set(replaces, id);
  }
  for (const step of plan.steps) {
    const { id, workloadId, successor } = step.replica;
    if (step.kind !== 'start' || successor === undefined) continue;
    const bad = (message: string) => found.push({ invariant: 'successor', subject: id, message });
    const leaving = after.get(successor.replaces);
    if (leaving === undefined) bad(`${successor.replaces}, which it replaces, does not run any more`);
    if (leaving !== undefined && leaving.workloadId !== workloadId) bad(`replaces ${leaving.id} of another workload`);
    if (leaving !== undefined && !lives(facts, leaving)) bad(`replaces ${leaving.id}, which has no living host: that one is placed, not replaced`);
    if (leaving?.hostId === step.hostId && leaving.releaseId === step.replica.releaseId) bad(`replaces ${leaving.id} on the same host`);
    if (leaving?.successor !== undefined) bad(`replaces ${leaving.id}, which is a successor itself`);
    if (successor.state !== 'starting' || before.has(id)) bad('is no new replica that starts');
  }
  return found;
}

/** The replica that leaves stops only when its successor serves, or when neither is wanted; a pair that is under way is not touched. */
function takenOver(facts: Facts): Violation[] {
  const { plan, before, after } = facts;
  const found: Violation[] = [];
  const stepped = new Map(plan.steps.map((step) => [step.replica.id, step]));
  for (const heir of before.values()) {
    const leaving = heir.successor === undefined ? undefined : before.get(heir.successor.replaces);
    if (leaving === undefined) continue;
    const isReady = heir.successor?.state === 'serving' || !lives(facts, leaving) || plan.complete === true;
    const bad = (message: string) => found.push({ invariant: 'successor', subject: leaving.id, message });
    if (!after.has(leaving.id) && after.has(heir.id) && !(isReady && lives(facts, heir))) bad(`stops before ${heir.id} serves`);
    for (const member of [leaving, heir]) {
      const kind = stepped.get(member.id)?.kind;
      const isMoved = kind === 'move' || kind === 'resize' || kind === 'renew';
      if (isMoved && after.has(leaving.id) && after.has(heir.id)) bad(`${member.id} changes while the two are a pair`);
    }
  }
  return found;
}

/** Of what serves as far as the snapshot says, a plan leaves as many as must remain, or all where there are fewer. */
function serving(facts: Facts): Violation[] {
  const { snapshot, plan, before } = facts;
  if (plan.complete === true) return [];
  const must = new Map<string, number>(plan.sizings.map(({ workloadId, mustRemain }) => [workloadId, mustRemain]));
  for (const { workloadId } of plan.refusals) must.set(workloadId, Number.POSITIVE_INFINITY);
  const taken = new Set(plan.steps.flatMap((step) => (step.kind === 'resize' || step.kind === 'renew' ? [] : [step.replica.id])));
  const known = new Set(snapshot.workloads.map(({ id }) => id));
  const served = new Map<string, Set<string>>();
  const left = new Map<string, Set<string>>();
  for (const replica of before.values()) {
    const replaces = replica.successor !== undefined && before.has(replica.successor.replaces) ? replica.successor.replaces : undefined;
    if (!known.has(replica.workloadId) || !lives(facts, replica) || isForced(facts, replica) || (replaces !== undefined && replica.successor?.state !== 'serving')) continue;
    const unit = replaces ?? replica.id;
    served.set(replica.workloadId, (served.get(replica.workloadId) ?? new Set()).add(unit));
    if (!taken.has(replica.id)) left.set(replica.workloadId, (left.get(replica.workloadId) ?? new Set()).add(unit));
  }
  return [...served].flatMap(([workloadId, units]): Violation[] => {
    const wanted = Math.min(units.size, must.get(workloadId) ?? 0);
    const remain = left.get(workloadId)?.size ?? 0;
    return remain >= wanted ? [] : [{ invariant: 'serving', subject: workloadId, message: `of ${units.size} that serve ${remain} are left, ${wanted} must` }];
  });
}
