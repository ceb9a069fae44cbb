// What is found out before a rollout starts: whether each step has room, what stands in its way, and whether going back would be quick. Reads and
// thinks; changes nothing. Starting runs the same.
import type { Strategy } from '#scheduler/rollout/model.ts';
import { preflight, roomToGoBack } from '#scheduler/rollout/preflight.ts';
import { resolve } from '#scheduler/rollout/share.ts';
import { isRefusal } from '#scheduler/size.ts';
import type { Context } from '../context.ts';
import { quotaOf } from '../db/quotas.ts';
import { releaseById } from '../db/releases.ts';
import { replicasOfWorkloads } from '../db/replicas.ts';
import { type RolloutRow, rolloutUnderWay } from '../db/rollouts.ts';
import type { Reader } from '../db/store.ts';
import { type ReleaseRow, workloadName, type WorkloadRow } from '../db/workloads.ts';
import type { Preflight, Readiness } from '../http/contract/releases.ts';
import type { Present } from '../control/present.ts';
import { add, times, usedBy, within } from '../requests/quota.ts';
import { blockersOf, whyNotProven } from '../releases/blockers.ts';
import { hostsConcerned, referenceOf } from './images.ts';
import { otherText } from './rules.ts';

const instant = (at: number): string => new Date(at).toISOString();

/** Whether every step fits, on the present, and everything that would refuse the start. */
export async function preflightOf(context: Context, workload: WorkloadRow, release: ReleaseRow, strategy: Strategy): Promise<Preflight> {
  const present = await context.present.read();
  const found = preflight(present.base, workload.id, { releaseId: release.id, strategy });
  const said = await context.store.read(async (reader) => {
    const other = await rolloutUnderWay(reader, workload.id);
    return {
      blockers: await blockersOf(context, reader, workload, release),
      other: other === undefined ? null : await otherText(reader, workload, other),
      quota: await quotaWarning(reader, present, workload, strategy),
      unproven: await whyNotProven(reader, workload, release),
    };
  });
  const noRoom = found.fits || strategy.order === 'stop-first' ? [] : [{ code: 'no-room', message: found.steps.find(({ fits }) => !fits)?.sentence ?? 'A step finds no room.', overridable: true }];
  return {
    at: instant(context.clock.now()),
    revision: present.revision,
    replicas: found.replicas,
    steps: found.steps.map(({ target, beside, fits, hosts, sentence }) => ({ target, beside, fits, sentence, hosts: hosts.map(({ hostId, host, replicas }) => ({ hostId, host, replicas })) })),
    fits: found.fits,
    advice: found.advice.map(({ code, sentence }) => ({ code, sentence })),
    blockers: [...(said.other === null ? [] : [{ code: 'rollout-under-way', message: said.other, overridable: false }]), ...said.blockers, ...noRoom],
    warnings: [
      ...(said.quota === null ? [] : [{ code: 'over-quota', message: said.quota }]),
      ...(said.unproven === null || said.blockers.some(({ code }) => code === 'not-proven') ? [] : [{ code: 'not-proven', message: said.unproven }]),
    ],
    readiness: await readinessOf(context, workload, null),
  };
}

/** Replicas beside the others count for a moment only: a word, and no refusal. */
async function quotaWarning(reader: Reader, present: Present, { id, team, environment }: WorkloadRow, { order, surge }: Strategy): Promise<string | null> {
  const workload = present.base.workloads.get(id);
  const sizing = workload === undefined ? undefined : present.sizingOf(workload);
  if (order === 'stop-first' || sizing === undefined || isRefusal(sizing)) return null;
  const beside = Math.max(1, resolve(surge, sizing.replicas));
  const limit = await quotaOf(reader, team, environment);
  const most = add(usedBy(present, team, environment), times(beside, sizing.shape));
  return within(most, limit) ? null : `While replicas change, ${beside} more run beside them: ${team} then takes ${most.cpuMilli} millicores of ${limit.cpuMilli} and ${most.memoryMib} MiB of ${limit.memoryMib} in ${environment}.`;
}

/** Whether replicas of both releases would fit side by side at once. */
export async function roomToReturn(context: Context, workload: WorkloadRow): Promise<boolean> {
  return roomToGoBack((await context.present.read()).base, workload.id);
}

/**
 * Whether going back to what runs now, or ran before the rollout, would be quick.
 * @param row the rollout that it would undo; null: before one starts
 */
export async function readinessOf(context: Context, workload: WorkloadRow, row: Pick<RolloutRow, 'fromReleaseId' | 'preflight'> | null): Promise<Readiness> {
  const { clock, fleet, rollouts, store } = context;
  const releaseId = row?.fromReleaseId ?? workload.releaseId;
  const { release, replicas } = await store.read(async (reader) => ({ release: await releaseById(reader, releaseId), replicas: await replicasOfWorkloads(reader, [workload.id]) }));
  const reference = release === undefined ? null : referenceOf(release);
  const running = new Set(replicas.filter((replica) => replica.releaseId === releaseId).flatMap(({ hostId }) => hostId ?? []));
  const hosts = [...hostsConcerned(row ?? { preflight: null }, replicas)].filter((hostId) => fleet.get(hostId)?.state === 'ready');
  const has = (hostId: string) => reference === null || running.has(hostId) || fleet.get(hostId)?.report?.images?.some((image) => image.reference === reference && image.state === 'present') === true;
  const present = hosts.filter(has).length;
  const room = await roomToReturn(context, workload);
  const start = rollouts.startSeconds();
  const image = { hosts: hosts.length, present };
  const problems = [
    ...(present < hosts.length ? [`its image is on ${present} of ${hosts.length} hosts`] : []),
    ...(room ? [] : ['there is no room for both releases side by side, so some replicas stop before others start']),
    ...(release === undefined ? ['its configuration is gone'] : []),
  ];
  const expectedSeconds = start === null ? null : Math.round(10 * start * (room ? 1 : 4)) / 10;
  const name = `${workloadName(workload)} to version ${release?.version ?? '?'}`;
  return {
    at: instant(clock.now()),
    releaseId,
    image,
    config: release !== undefined,
    room,
    expectedSeconds,
    isReady: problems.length === 0,
    sentence: problems.length === 0 ? `Going back with ${name} takes ${expectedSeconds === null ? 'one start of a container' : `about ${expectedSeconds} s`}.` : `Going back with ${name} would be slower: ${problems.join('; ')}.`,
  };
}
