// Builds on their way: the loop gives those that wait to builder hosts and takes them back from hosts that are lost; a person cancels one. Every
// step is a row, so that a server that starts again goes on where it was.
import type { Context } from '../context.ts';
import { type BuildRow, buildById, openBuilds, updateBuild } from '../db/builds.ts';
import { appendEvent } from '../db/events.ts';
import { currentLayers, listLayerVersions, type LayerRow } from '../db/layers.ts';
import type { Tx } from '../db/store.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { orderOf, sendOrders } from './orders.ts';
import { type Builders, pickBuilder, readBuilders } from './builders.ts';
import type { Loop } from '../control/driver.ts';
import type { Actor } from '../requests/submit.ts';
import { enqueue } from '../webhooks/webhooks.ts';

const EVERY_MS = 5_000;
/** A lost host, a full disk or a registry that went away may be bad luck once or twice. */
const MOST_ATTEMPTS = 3;
/** Whoever asked has gone home by then. */
const WAIT_MS = 3_600_000;
/** Beyond the build's own limit: fetching, packing, pushing. */
const GRACE_MS = 15 * 60_000;

const CLEANING = 'the registry is being cleaned; the build begins afterwards';

export function buildsLoop(context: Context): Loop {
  let isBusy = true;
  context.bus.subscribe(({ topic }) => {
    // A host that comes, goes or says something new may be what a build waits for.
    if (isBusy && (topic === 'hosts' || topic === 'registry')) context.loops.wake('builds');
  });
  return {
    name: 'builds',
    everyMs: EVERY_MS,
    restMs: () => 100,
    run: async () => {
      const seen = await context.store.read(async (reader) => ({ open: await openBuilds(reader), builders: await readBuilders(context, reader), versions: await listLayerVersions(reader) }));
      isBusy = seen.open.length > 0;
      if (!isBusy) return 'no build waits';
      const running = seen.open.filter(({ state }) => state === 'running');
      let returned = 0;
      for (const row of running) {
        const why = whyTakenBack(context, row);
        if (why === null) continue;
        await endAttempt(context, row, why);
        returned += 1;
      }
      const queued = seen.open.filter(({ state }) => state === 'queued');
      let given = 0;
      for (const row of queued) given += (await give(context, row, seen)) ? 1 : 0;
      return `${running.length - returned + given} builds run, ${given} of them begun now; ${queued.length - given} wait`;
    },
  };
}

/** Why a running build will not end where it is; null: it may. */
function whyTakenBack({ fleet, clock, config }: Context, { hostId, host, startedAt }: BuildRow): string | null {
  const name = host ?? hostId ?? 'its host';
  if (hostId === null || fleet.get(hostId) === undefined) return `${name} was removed while it built`;
  if (fleet.stateOf(hostId) === 'lost') return `${name} was lost while it built`;
  const mostMs = config.buildLimits.seconds * 1_000 + GRACE_MS;
  return clock.now() - (startedAt ?? 0) > mostMs ? `${name} said nothing of its end within ${Math.round(mostMs / 60_000)} minutes` : null;
}

/** @returns true when a builder has it now */
async function give(context: Context, row: BuildRow, { builders, versions, open }: { readonly builders: Builders; readonly versions: readonly LayerRow[]; readonly open: readonly BuildRow[] }): Promise<boolean> {
  const { store, clock, registry } = context;
  const now = clock.now();
  const builder = pickBuilder(builders.free, row.hostId);
  const layers = Object.fromEntries([...currentLayers(versions)].map(([name, { image }]) => [name, image!]));
  const begun: BuildRow = { ...row, state: 'running', phase: 'waiting', attempt: row.attempt + 1, hostId: builder?.id ?? null, host: builder?.name ?? null, layers, startedAt: row.startedAt ?? now };
  const why = whyNotReady(context, row, versions, open) ?? (builder === undefined ? builders.whyNone : await whyNoOrder(context, begun, versions));
  if (why !== null || builder === undefined) {
    await wait(context, row, why ?? builders.whyNone, now);
    return false;
  }
  const isGiven = await store.tx(async (tx) => {
    // It may have been cancelled since it was read, and the registry cleaned.
    if ((await buildById(tx, row.id))?.state !== 'queued' || registry.isBeingCleaned) return false;
    const { state, phase, attempt, hostId, host, startedAt } = begun;
    await updateBuild(tx, row.id, { state, phase, reason: `${builder.name} begins`, attempt, hostId, host, layers, startedAt: now });
    if (startedAt === now) await told(context, tx, begun, 'build.started', `${row.createdBy}'s build of ${row.subject} began on ${builder.name}`);
    return true;
  });
  if (!isGiven) return false;
  builder.running += 1;
  if (builder.running >= context.config.buildsPerHost) builders.free.splice(builders.free.indexOf(builder), 1);
  await sendOrders(context, builder.id);
  return true;
}

/** What a build waits for besides a builder. */
function whyNotReady({ registry }: Context, { ask, id }: BuildRow, versions: readonly LayerRow[], open: readonly BuildRow[]): string | null {
  if (registry.now.state !== 'up') return registry.now.reason ?? 'the registry is not up';
  if (registry.isBeingCleaned) return CLEANING;
  if (ask.kind !== 'layer') return null;
  const from = versions.find(({ name, version }) => name === ask.name && version === ask.version)?.from ?? null;
  if (from === null) return null;
  if (open.some((other) => other.id !== id && other.ask.kind === 'layer' && other.ask.name === from)) return `the layer below, ${from}, is being built`;
  return currentLayers(versions).has(from) ? null : `the layer below, ${from}, has no version that is ready`;
}

/** An order that cannot be made now, because its secrets cannot be opened, is not begun either. */
async function whyNoOrder(context: Context, row: BuildRow, versions: readonly LayerRow[]): Promise<string | null> {
  try {
    await context.store.read((reader) => orderOf(context, reader, row, versions));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Goes on waiting, and says why; after an hour it gives up. */
async function wait(context: Context, row: BuildRow, why: string, now: number): Promise<void> {
  if (now - Math.max(row.createdAt, row.startedAt ?? 0) > WAIT_MS) return await fail(context, row, `It waited for an hour: ${why}.`);
  if (row.reason === why) return;
  await context.store.tx(async (tx) => {
    if ((await buildById(tx, row.id))?.state === 'queued') await updateBuild(tx, row.id, { reason: why });
  });
}

/** An attempt came to nothing without the source's fault: the next one, unless there were enough. */
export async function endAttempt(context: Context, row: BuildRow, why: string): Promise<void> {
  const { store, buildLogs, clock, loops } = context;
  if (row.attempt >= MOST_ATTEMPTS) return await fail(context, row, `${why} (attempt ${row.attempt} of ${MOST_ATTEMPTS})`);
  const isBack = await store.tx(async (tx) => {
    if (!isSameAttempt(await buildById(tx, row.id), row)) return false;
    // The host stays in the row, so that the next attempt is made elsewhere.
    await updateBuild(tx, row.id, { state: 'queued', phase: 'waiting', reason: `${why}; it is tried again`, host: null });
    await appendEvent(tx, { at: clock.now(), actor: 'firn', kind: 'build.retried', subjectType: 'build', subjectId: row.id, subject: row.subject, team: row.team, message: `Attempt ${row.attempt} of the build of ${row.subject} came to nothing: ${why}` });
    return true;
  });
  if (!isBack) return;
  await buildLogs.note(row.id, row.attempt, `--- attempt ${row.attempt}: ${why}; it is tried again ---`);
  if (row.hostId !== null) await sendOrders(context, row.hostId);
  loops.wake('builds');
}

/** The end of a build that did not give an image. */
export async function fail(context: Context, row: BuildRow, why: string, seconds: BuildRow['seconds'] = null): Promise<void> {
  const { store, clock, buildLogs } = context;
  const logBytes = await buildLogs.size(row.id);
  const hasFailed = await store.tx(async (tx) => {
    if (!isSameAttempt(await buildById(tx, row.id), row)) return false;
    await updateBuild(tx, row.id, { state: 'failed', phase: 'failed', reason: why, seconds, logBytes, endedAt: clock.now() });
    await told(context, tx, row, 'build.failed', `${row.createdBy}'s build of ${row.subject} failed: ${why}`);
    return true;
  });
  if (hasFailed && row.hostId !== null) await sendOrders(context, row.hostId);
}

export const isSameAttempt = (now: BuildRow | undefined, then: BuildRow): boolean => now !== undefined && now.state === then.state && now.attempt === then.attempt;

/** The event of a build, for people and for webhooks. */
export async function told(context: Context, tx: Tx, row: BuildRow, kind: 'build.started' | 'build.succeeded' | 'build.failed', message: string): Promise<void> {
  const { id, subject, team, ask, result } = row;
  await appendEvent(tx, { at: context.clock.now(), actor: 'firn', kind, subjectType: 'build', subjectId: id, subject, team, message });
  const commit = result?.commit ?? (ask.kind === 'service' && /^[0-9a-f]{40}$/.test(ask.ref) ? ask.ref : undefined);
  const isService = ask.kind === 'service';
  await enqueue(context, tx, kind, { team, subject, ...(isService ? { service: subject, ref: ask.ref } : {}), message, path: `/builds/${id}`, ...(commit === undefined ? {} : { commit }), ...(result === null ? {} : { digest: result.digest }) });
}

/** @throws NotFoundError, ConflictError when it has ended already */
export async function cancelBuild(context: Context, actor: Actor, id: string): Promise<BuildRow> {
  const { store, clock, buildLogs } = context;
  const logBytes = await buildLogs.size(id);
  const { before, after } = await store.tx(async (tx) => {
    const before = await buildById(tx, id);
    if (before === undefined) throw new NotFoundError('build-unknown', `There is no build ${id}.`);
    if (before.endedAt !== null) throw new ConflictError('build-ended', `This build has ${before.state} already: there is nothing to cancel.`);
    const change = { state: 'cancelled', phase: 'cancelled', reason: `cancelled by ${actor.name}`, logBytes, endedAt: clock.now() } as const;
    await updateBuild(tx, id, change);
    await appendEvent(tx, { at: change.endedAt, actor: actor.name, kind: 'build.cancelled', subjectType: 'build', subjectId: id, subject: before.subject, team: before.team, message: `${actor.name} cancelled the build of ${before.subject}` });
    return { before, after: { ...before, ...change } };
  });
  if (before.hostId !== null) await sendOrders(context, before.hostId);
  return after;
}
