// The story of a replica as people read it: chapters in sentences, oldest first, from the rows that tell of it; and why its host was chosen.
import type { Step } from '#scheduler/model.ts';
import type { PlacementReasons, ScoredHost } from '#scheduler/questions/placement.ts';
import type { Told } from '../../control/story.ts';
import { macOf } from '../../db/addresses.ts';
import type { Chapter, Story, StoryScore } from '../contract/story.ts';
import { instant, instantOrNull } from './show.ts';

type Draft = Pick<Chapter, 'kind' | 'by' | 'sentence' | 'replicaId'> & Partial<Chapter> & { readonly when: number };

/** Kinds of events of a replica, as chapters. */
const EVENT_KINDS: Readonly<Record<string, Chapter['kind']>> = { 'replica.running': 'healthy', 'replica.unhealthy': 'unhealthy', 'replica.restarting': 'restarted', 'replica.exited': 'exited', 'replica.failed': 'failed', 'replica.given-up': 'given-up' };
/** What is written down at one instant is told in the order in which it can only have happened. */
const ORDER: readonly Chapter['kind'][] = ['asked', 'decided', 'waiting', 'placed', 'succeeds', 'moved', 'resized', 'renewed', 'started', 'healthy'];
const rankOf = ({ kind }: Draft): number => (ORDER.includes(kind) ? ORDER.indexOf(kind) : kind === 'address' ? ORDER.length + 1 : ORDER.length);
const PREFERENCE = { pack: 'filling hosts that are in use', spread: 'keeping its replicas apart', cost: 'cost', performance: 'performance', stability: 'stability', keep: 'staying where it is' } as const;

export function showStory(told: Told, score: StoryScore | null, missing: readonly string[]): Story {
  const { id, name, replica, workload, request, line, names } = told;
  const drafts = [...requestChapters(told), ...stepChapters(told), ...lifeChapters(told), ...eventChapters(told), ...addressChapters(told)];
  const at = line.indexOf(id);
  const last = told.addresses.findLast(({ replicaId }) => replicaId === id);
  const address = replica?.address ?? null;
  return {
    id,
    name,
    workloadId: told.workloadId ?? null,
    workload: workload === undefined ? (last?.workload ?? '') : `${workload.service}.${workload.environment}`,
    team: workload?.team ?? null,
    state: replica === undefined ? 'gone' : replica.hostId === null ? 'pending' : 'placed',
    host: hostName(told, replica?.hostId ?? null),
    address,
    mac: address === null ? null : macOf(address),
    release: replica?.releaseId ?? null,
    before: line.slice(0, at).map((each) => relative(told, each)),
    after: line.slice(at + 1).map((each) => relative(told, each)),
    request: request === undefined ? null : { id: request.id, submittedBy: request.submittedBy, submittedAt: instant(request.submittedAt), decidedBy: request.decidedBy, decidedAt: instantOrNull(request.decidedAt), decisionReason: request.decisionReason, peakQps: request.draft.peakQps, why: request.draft.why ?? '' },
    chapters: drafts.sort((one, other) => one.when - other.when || rankOf(one) - rankOf(other) || line.indexOf(one.replicaId) - line.indexOf(other.replicaId)).map((draft) => chapter(draft, names)),
    score,
    missing: [...missing],
  };
}

function chapter({ when, ...draft }: Draft, names: ReadonlyMap<string, string>): Chapter {
  return { at: instant(when), why: null, code: null, replica: names.get(draft.replicaId) ?? draft.replicaId, host: null, fromHost: null, address: null, release: null, planId: null, policyVersion: null, requestId: null, maintenanceId: null, score: null, ...draft };
}

const hostName = ({ hostNames }: Told, id: string | null): string | null => (id === null ? null : (hostNames.get(id) ?? id));

function relative(told: Told, id: string): Story['before'][number] {
  const held = told.addresses.filter(({ replicaId }) => replicaId === id);
  return { id, name: told.names.get(id) ?? id, host: held.at(-1)?.host ?? null, from: instantOrNull(held[0]?.heldFrom ?? null), until: instantOrNull(held.at(-1)?.letGoAt ?? held.at(-1)?.heldUntil ?? null) };
}

function requestChapters({ request, line }: Told): Draft[] {
  if (request === undefined) return [];
  const { id, submittedBy, submittedAt, decidedBy, decidedAt, decisionReason, draft } = request;
  const common = { replicaId: line[0]!, requestId: id };
  const asked: Draft = { ...common, when: submittedAt, kind: 'asked', by: submittedBy, sentence: `${submittedBy} asked for ${draft.peakQps} QPS of ${draft.service} in ${draft.environment}`, why: draft.why ?? null };
  if (decidedAt === null || decidedBy === null) return [asked];
  return [asked, { ...common, when: decidedAt, kind: 'decided', by: decidedBy, sentence: decidedBy === submittedBy ? 'it was within the quota, and needed nobody else' : `${decidedBy} approved it`, why: decisionReason }];
}

function stepChapters(told: Told): Draft[] {
  const toldAnyhow = new Set(told.events.filter(({ kind }) => kind === 'replica.given-up').map(({ subjectId }) => subjectId));
  return told.steps.flatMap(({ plan, step }): Draft[] => {
    if (step.reason.code === 'given-up' && toldAnyhow.has(step.replica.id)) return [];
    const { replica, reason } = step;
    const leaving = replica.successor?.replaces ?? replica.id;
    const behalf = reason.code === 'drained' || reason.code === 'wished' ? told.maintenance.find(({ replicaId, begunAt }) => replicaId === leaving || (begunAt !== null && replicaId === replica.id)) : undefined;
    const common = { when: plan.appliedAt ?? plan.createdAt, by: plan.createdBy, why: reason.detail, code: reason.code, replicaId: replica.id, planId: plan.id, policyVersion: plan.body.policyVersion, release: replica.releaseId, maintenanceId: behalf?.maintenanceId ?? null };
    return [{ ...common, ...deedOf(told, step) }];
  });
}

function deedOf(told: Told, step: Step): Pick<Draft, 'kind' | 'sentence'> & Partial<Draft> {
  const on = (id: string | null) => hostName(told, id) ?? 'no host';
  switch (step.kind) {
    case 'start': {
      const at = { host: on(step.hostId), address: step.address, score: step.score };
      const { successor } = step.replica;
      if (successor === undefined) return { ...at, kind: 'placed', sentence: `placed on ${at.host} at ${step.address}` };
      return { ...at, kind: 'succeeds', sentence: `started on ${at.host} at ${step.address}, so that ${told.names.get(successor.replaces) ?? 'another one'} can leave` };
    }
    case 'move':
      return { kind: 'moved', host: on(step.hostId), fromHost: on(step.fromHostId), address: step.address, score: step.score, sentence: `moved from ${on(step.fromHostId)} to ${on(step.hostId)}, at ${step.address}` };
    case 'resize':
      return { kind: 'resized', host: on(step.hostId), sentence: `got ${step.shape.cpuMilli / 1000} cores and ${step.shape.memoryMib} MiB where it is` };
    case 'renew':
      return { kind: 'renewed', host: on(step.hostId), sentence: 'got a new container of another release where it is' };
    case 'wait':
      return { kind: 'waiting', sentence: 'found no room and waits' };
    case 'stop':
      if (step.reason.code === 'succeeded') return { kind: 'succeeded', host: on(step.hostId), sentence: `stopped on ${on(step.hostId)}: another one took over` };
      if (step.reason.code === 'given-up') return { kind: 'given-up', host: on(step.hostId), sentence: `given up on ${on(step.hostId)}` };
      return { kind: 'stopped', host: step.hostId === null ? null : on(step.hostId), sentence: step.hostId === null ? 'no longer wanted' : `stopped on ${on(step.hostId)}` };
  }
}

function lifeChapters({ lives }: Told): Draft[] {
  return lives.flatMap(({ replicaId, host, releaseId, placedAt, startedAt, healthyAt, restarts, restartedAt, restartReason }): Draft[] => {
    const common = { replicaId, host, release: releaseId, by: `host ${host}` };
    const chapters: Draft[] = [{ ...common, when: healthyAt, kind: 'healthy', sentence: `served first on ${host}, ${((healthyAt - placedAt) / 1000).toFixed(1)} s after it was placed` }];
    // A clock that is far off would tell a story in the wrong order.
    if (startedAt !== null && startedAt >= placedAt && startedAt <= healthyAt) chapters.unshift({ ...common, when: startedAt, kind: 'started', sentence: `its container started on ${host}` });
    if (restartedAt !== null) chapters.push({ ...common, when: restartedAt, kind: 'restarted', sentence: `started again on ${host}, ${restarts} times by now`, why: restartReason });
    return chapters;
  });
}

function eventChapters({ events }: Told): Draft[] {
  return events.map(({ at, actor, kind, subjectId, message, why }) => ({ when: at, kind: EVENT_KINDS[kind] ?? 'other', by: actor, sentence: message, why, replicaId: subjectId }));
}

function addressChapters({ addresses }: Told): Draft[] {
  return addresses.flatMap(({ replicaId, address, host, heldUntil }): Draft[] => (heldUntil === null ? [] : [{ when: heldUntil, kind: 'address', by: `host ${host}`, sentence: `its container is gone from ${host}, and ${address} was given back`, replicaId, host, address }]));
}

/** The scores of two hosts in a sentence, with the preference that told them apart. */
export function showScore({ policyVersion, chosen, runnerUp, decidedBy, couldTake, refused }: PlacementReasons, host: (id: string) => { readonly name: string; readonly kind: string }): StoryScore {
  const shown = ({ hostId, score, parts }: ScoredHost) => ({ hostId, host: host(hostId).name, kind: host(hostId).kind, score, parts: [...parts] });
  const [one, other] = [shown(chosen), runnerUp === null ? null : shown(runnerUp)];
  const figure = (value: number) => value.toFixed(3);
  const part = (of: ScoredHost) => figure(of.parts.find(({ part: name }) => name === decidedBy)?.points ?? 0);
  const told =
    other === null || decidedBy === 'only'
      ? `${one.host} was the only host that could take it.`
      : decidedBy === 'reserved'
        ? `The room on ${one.host} was kept for it.`
        : decidedBy === 'private-first'
          ? `${one.host} is ours, and the policy uses the cloud for the rest only; the best there was ${other.host}.`
          : decidedBy === 'order'
            ? `${one.host} and ${other.host} scored ${figure(one.score)} and ${figure(other.score)}; nothing told them apart but their order.`
            : `${one.host} scored ${figure(one.score)}, ${other.host} ${figure(other.score)}: what told them apart most was ${PREFERENCE[decidedBy]} (${part(chosen)} against ${part(runnerUp!)}).`;
  return { policyVersion, chosen: one, runnerUp: other, decidedBy, couldTake, refused, sentence: `${told} ${couldTake} of ${couldTake + refused} hosts could take it, under policy ${policyVersion}.` };
}
