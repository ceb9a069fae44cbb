// The independent checker's rules of releases: replicas come nearer to what the rollout asks for and never go past it, and no more of what
// serves is taken away for it, and no more runs beside it, than it allows. Takes the facts of check.ts; gives violations. Shares no code with
// releases.ts and renew.ts.

import type { Facts } from './check-host.ts';
import type { Replica, Share, Violation, Workload } from './model.ts';

export function checkReleases(facts: Facts): Violation[] {
  const { snapshot, plan, before, after } = facts;
  const found: Violation[] = [];
  if (plan.steps.length === 0) return found;
  const stepsOf = Map.groupBy(plan.steps, ({ replica }) => replica.workloadId);
  const [beforeOf, afterOf] = [before, after].map((replicas) => Map.groupBy(replicas.values(), ({ workloadId }) => workloadId));
  for (const workload of snapshot.workloads) {
    const steps = stepsOf.get(workload.id) ?? [];
    if (steps.length === 0) continue;
    const was = beforeOf!.get(workload.id) ?? [];
    const is = afterOf!.get(workload.id) ?? [];
    const bad = (subject: string, message: string) => found.push({ invariant: 'release', subject, message });
    allowed(workload, facts, steps, bad);
    const replicas = units(is).length;
    const target = workload.rollout === undefined || workload.rollout.releaseId === workload.releaseId ? 0 : share(workload.rollout.target, replicas);
    // With one fewer in all, the number of those on the own release may fall as well.
    for (const [releaseId, most] of [[workload.releaseId, replicas - target], [workload.rollout?.releaseId, target]] as const) {
      if (releaseId === undefined || (releaseId === workload.releaseId && most === target)) continue;
      const has = units(is).filter((replica) => replica.releaseId === releaseId).length;
      // Of a pair either may remain.
      const had = new Set(was.filter((replica) => replica.releaseId === releaseId).map(({ id, successor }) => (successor !== undefined && before.has(successor.replaces) ? successor.replaces : id))).size;
      if (has > Math.max(had, most)) bad(workload.id, `${has} replicas would run release ${releaseId}, ${had} did and ${most} should`);
    }
    const pairs = mixedPairs(is);
    const most = Math.max(1, share(workload.rollout?.surge ?? { permille: 250 }, replicas));
    if (pairs > Math.max(most, mixedPairs(was))) bad(workload.id, `${pairs} successors of another release at once, at most ${most} are allowed`);
    if (plan.complete !== true) renewals(workload, facts, was, replicas, bad);
  }
  return found;
}

type Bad = (subject: string, message: string) => void;

/** What starts anew runs one of the two releases, and a renewed replica stays where it is, whole and alone. */
function allowed({ releaseId, rollout }: Workload, { before, after }: Facts, steps: Facts['plan']['steps'], bad: Bad): void {
  const known = [releaseId, rollout?.releaseId];
  for (const step of steps) {
    const { id, successor } = step.replica;
    const was = before.get(id);
    const replaced = successor === undefined ? undefined : before.get(successor.replaces);
    const keeps = (was ?? replaced)?.releaseId === step.replica.releaseId;
    if (step.kind !== 'stop' && !keeps && !known.includes(step.replica.releaseId)) bad(id, `would run release ${step.replica.releaseId}, which nobody asks for`);
    if (step.kind !== 'renew' || was === undefined) continue;
    const now = after.get(id);
    if (was.releaseId === step.replica.releaseId) bad(id, `is renewed and keeps release ${was.releaseId}`);
    if (now?.hostId !== was.hostId || now?.address !== was.address) bad(id, 'is renewed and does not keep its host and address');
    if (now?.shape.cpuMilli !== was.shape.cpuMilli || now.shape.memoryMib !== was.shape.memoryMib) bad(id, 'is renewed and gets another shape');
  }
}

/** Of what serves only as many are renewed as may be missing, and none where another one should serve first. */
function renewals({ id, rollout }: Workload, { plan, silent, hosts }: Facts, was: readonly Replica[], replicas: number, bad: Bad): void {
  const renewed = plan.steps.filter(({ kind, replica }) => kind === 'renew' && replica.workloadId === id && !silent.has(replica.id));
  if (renewed.length === 0) return;
  if (rollout?.order !== 'stop-first') return bad(id, `${renewed.length} that serve are renewed where they are, though another should serve first`);
  const missing = units(was).filter((replica) => {
    const leaving = was.find(({ id: other }) => other === replica.successor?.replaces);
    const serves = leaving === undefined ? !silent.has(replica.id) : !silent.has(leaving.id) || replica.successor?.state === 'serving';
    return replica.hostId !== null && (!serves || (hosts.get((leaving ?? replica).hostId ?? '')?.state ?? 'lost') === 'lost');
  }).length;
  const most = Math.max(1, share(rollout.unavailable, replicas));
  if (missing + renewed.length > Math.max(missing, most)) bad(id, `${renewed.length} that serve are renewed at once where ${missing} are missing already: at most ${most} may be`);
}

/** A replica and its successor are one, and that is the successor. */
function units(replicas: readonly Replica[]): Replica[] {
  const replaced = new Set(replicas.flatMap(({ successor }) => successor?.replaces ?? []));
  return replicas.filter(({ id }) => !replaced.has(id));
}

function mixedPairs(replicas: readonly Replica[]): number {
  const releaseOf = new Map(replicas.map(({ id, releaseId }) => [id, releaseId]));
  return replicas.filter(({ releaseId, successor }) => successor !== undefined && releaseOf.has(successor.replaces) && releaseOf.get(successor.replaces) !== releaseId).length;
}

function share(part: Share, of: number): number {
  return Math.min(of, 'count' in part ? part.count : Math.ceil((of * part.permille) / 1000));
}
