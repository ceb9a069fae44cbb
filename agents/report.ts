// Puts together what the host says is true: assignment, containers, work under way, failures, health and usage, one line a replica.
// Pure. Also decides when two reports say the same, so that only news are sent at once.
import { MIB_BYTES, type Container } from './docker/runtime.ts';
import type { Verdict } from './health.ts';
import type { Activity, Failure, FailureKind } from './lanes.ts';
import type { Assignment, ObservedReplica, ReplicaSpec, Report, RequestCounters, Usage } from './protocol.ts';
import type { Waiting } from './reconcile.ts';
import type { Run } from './restarts.ts';

/** Everything that is known about this host's replicas at one moment. */
export interface Knowledge {
  readonly assignment: Assignment | undefined;
  readonly clusterId: string;
  readonly containers: readonly Container[];
  /** Set while the engine cannot be asked: what `containers` says is the last that was known. */
  readonly engineDown?: string;
  readonly waiting: readonly Waiting[];
  readonly activity: (replicaId: string) => Activity | undefined;
  readonly failure: (replicaId: string) => Failure | undefined;
  readonly verdict: (replicaId: string) => Verdict;
  readonly usage: (containerId: string) => Usage | undefined;
  /** How the container ended the last time, when it was seen. */
  readonly lastEnd: (containerId: string) => LastEnd | undefined;
  /** What its service wrote before it ended by itself. */
  readonly lastWords: (containerId: string) => string | undefined;
  /** Starts after ends, and when the next one is. */
  readonly run: (containerId: string) => Run;
  /** The wall clock of a moment on the steady one. */
  readonly wallClock: (elapsedMs: number) => string;
  /** Why a replica is left as somebody made it; undefined: it is not. */
  readonly givenUp: (replicaId: string) => string | undefined;
  /** What is to be said of a container that no assignment names; undefined: it is on its way out. */
  readonly orphan: (containerId: string) => string | undefined;
  /** What the service counts of its requests; undefined: it is not asked, null: it could not be read. */
  readonly requests: (replicaId: string) => RequestCounters | null | undefined;
}

export interface LastEnd {
  /** ISO 8601, by the engine's clock. */
  readonly at: string;
  /** Somebody told it to end, through the engine: it did not end by itself. */
  readonly wasStopped: boolean;
  readonly exitCode?: number;
  readonly outOfMemory: boolean;
}

type State = Pick<ObservedReplica, 'state' | 'reason'>;

/** One entry for every assigned replica and for every container of this cluster that is not gone yet. */
export function describeReplicas(known: Knowledge): ObservedReplica[] {
  const mine = known.containers.filter((container) => container.owner?.clusterId === known.clusterId);
  const specs = new Map((known.assignment?.replicas ?? []).map((spec) => [spec.id, spec]));
  const containers = new Map<string, Container>();
  for (const container of mine) {
    const id = container.owner?.replicaId ?? '';
    if (!containers.has(id) || container.status === 'running') containers.set(id, container);
  }
  const ids = new Set([...specs.keys(), ...containers.keys()]);
  return [...ids].toSorted().map((id) => describeReplica(id, specs.get(id), containers.get(id), known));
}

function describeReplica(id: string, spec: ReplicaSpec | undefined, container: Container | undefined, known: Knowledge): ObservedReplica {
  const { state, reason } = stateOf(id, spec, container, known);
  const run = container === undefined ? undefined : known.run(container.id);
  const { pull } = known.activity(id) ?? {};
  const base: ObservedReplica = { id, state, restarts: (container?.restarts ?? 0) + (run?.restarts ?? 0), ...(pull === undefined ? {} : { pull }), ...(reason === undefined ? {} : { reason: reason.slice(0, 1_000) }) };
  if (container === undefined) return base;
  const usage = container.status === 'running' ? known.usage(container.id) : undefined;
  const end = known.lastEnd(container.id);
  const exitCode = end?.exitCode ?? container.exitCode;
  const requests = known.requests(id);
  const lastWords = known.lastWords(container.id);
  return {
    ...base,
    containerId: container.id,
    ...(container.address === undefined ? {} : { address: container.address }),
    ...(container.mac === undefined ? {} : { mac: container.mac }),
    ...limitsIn(container),
    ...(container.startedAt === undefined ? {} : { startedAt: container.startedAt }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(end?.outOfMemory || container.outOfMemory ? { outOfMemory: true } : {}),
    ...(usage === undefined ? {} : { usage: requests === undefined ? usage : { ...usage, requests } }),
    ...(container.owner?.release === undefined ? {} : { release: container.owner.release }),
    ...(container.imageId === undefined ? {} : { imageId: container.imageId }),
    ...(lastWords === undefined ? {} : { lastWords }),
    ...(end === undefined || end.wasStopped ? {} : { lastEnd: { at: end.at, outOfMemory: end.outOfMemory || container.outOfMemory, inARow: run?.inARow ?? 0, ...(exitCode === undefined ? {} : { exitCode }) } }),
    ...(state === 'restarting' && run?.startAtMs !== undefined ? { restartAt: known.wallClock(run.startAtMs) } : {}),
  };
}

function stateOf(id: string, spec: ReplicaSpec | undefined, container: Container | undefined, known: Knowledge): State {
  if (known.engineDown !== undefined) return stateWithoutEngine(id, spec, container, known);
  const activity = known.activity(id);
  const failure = known.failure(id);
  if (activity !== undefined && !isHarmless(activity, container)) {
    // While the same pull is tried again nobody knows more than before.
    return activity.state === 'pulling' && failure?.kind === 'image' ? { state: 'pulling', reason: `${activity.reason}; before: ${failure.reason}` } : activity;
  }
  if (failure !== undefined && container?.status !== 'running') return { state: STATE_OF_FAILURE[failure.kind], reason: triedAgain(failure) };
  if (container === undefined) {
    const waiting = known.waiting.find((one) => one.replicaId === id);
    const left = known.givenUp(id);
    if (left !== undefined) return { state: 'failed', reason: left };
    return { state: 'creating', reason: waiting?.reason ?? 'about to be created' };
  }
  const orphan = spec === undefined ? known.orphan(container.id) : undefined;
  if (orphan !== undefined) return { state: 'stopping', reason: orphan };
  if (spec === undefined) return { state: 'stopping', reason: failure === undefined ? 'not assigned to this host any more' : `cannot be removed: ${failure.reason}` };
  const givenUp = known.givenUp(id);
  const state = stateOfContainer(id, container, known);
  if (givenUp !== undefined) return { ...state, reason: givenUp };
  // It runs, but not as it should: say so without taking away from the service that it answers.
  const but = activity?.state === 'pulling' ? `goes on until its successor can be made: ${activity.reason}` : failure === undefined ? undefined : triedAgain(failure);
  return but !== undefined && state.reason === undefined ? { ...state, reason: but } : state;
}

/** An image that cannot be had is waited for; what cannot run here counts as having ended at once; only the rest is the host's own failure. */
const STATE_OF_FAILURE: Readonly<Record<FailureKind, ObservedReplica['state']>> = { image: 'pulling', service: 'exited', host: 'failed' };

const triedAgain = (failure: Failure): string => `${failure.reason} (attempt ${failure.attempts}, tried again)`;

/** Changing limits of a running service, or fetching the image of what will take its place, does not make it less of a running service. */
function isHarmless(activity: Activity, container: Container | undefined): boolean {
  return (activity.state === 'starting' || activity.state === 'pulling') && container?.status === 'running';
}

function stateOfContainer(id: string, container: Container, known: Knowledge): State {
  const end = known.lastEnd(container.id);
  const ended = end?.outOfMemory || container.outOfMemory ? 'was killed because its memory ran out' : `ended with exit code ${end?.exitCode ?? container.exitCode ?? 'unknown'}`;
  switch (container.status) {
    case 'running':
      return healthState(known.verdict(id));
    case 'paused':
      return { state: 'unhealthy', reason: 'somebody paused the container' };
    case 'restarting':
      return { state: 'restarting', reason: `${ended}; Docker starts it again` };
    case 'removing':
      return { state: 'stopping', reason: 'being removed' };
    case 'created':
      return { state: 'creating', reason: 'created, not started yet' };
    case 'exited':
    case 'dead': {
      const { startAtMs, inARow } = known.run(container.id);
      if (startAtMs !== undefined && !container.error) return { state: 'restarting', reason: `${ended}${inARow > 1 ? `, ${inARow} times in a row` : ''}; it is started again at ${known.wallClock(startAtMs).slice(11, 19)} UTC` };
      return { state: 'exited', reason: container.error || ended };
    }
  }
}

function healthState(verdict: Verdict): State {
  if (verdict.state === 'well') return { state: 'running' };
  if (verdict.state === 'unknown') return { state: 'starting', reason: 'not asked yet whether it answers' };
  return { state: verdict.state, reason: verdict.reason };
}

/** A daemon that is down is not a container that is dead: the service itself is asked. */
function stateWithoutEngine(id: string, spec: ReplicaSpec | undefined, container: Container | undefined, known: Knowledge): State {
  const doubt = 'Docker Engine does not answer';
  const verdict = known.verdict(id);
  if (verdict.state === 'well') return { state: 'running', reason: `${doubt}; the service does` };
  if (spec === undefined) return { state: 'stopping', reason: `${doubt}; not assigned to this host any more` };
  const said = verdict.state === 'unknown' ? '' : `, and neither does the service: ${verdict.reason}`;
  if (container?.status === 'running') return { state: verdict.state === 'unknown' ? 'starting' : 'unhealthy', reason: `${doubt}${said}` };
  return { state: 'creating', reason: `${doubt}${said}` };
}

function limitsIn(container: Container): Pick<ObservedReplica, 'cpuMilli' | 'memoryMib'> {
  const { limits } = container;
  if (limits === undefined || limits.cpuPeriodMicros === 0) return {};
  return { cpuMilli: Math.round((limits.cpuQuotaMicros * 1000) / limits.cpuPeriodMicros), memoryMib: Math.floor(limits.memoryBytes / MIB_BYTES) };
}

/** The same text for reports that differ only in number, time and measured values. */
export function newsOf(report: Omit<Report, 'seq' | 'at'>): string {
  const { hostUsage: _, imageDisk: ___, disks: ____, ...rest } = report;
  const images = report.images?.map(({ pull: __, ...image }) => image);
  return JSON.stringify({ ...rest, images, replicas: report.replicas.map(({ usage: __, pull: ___, ...replica }) => replica) });
}
