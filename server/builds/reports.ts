// What builder hosts say of their builds: log pieces go to the file, phases to the row, and an end is checked against the registry before it
// counts. What is said of another attempt, or twice, changes nothing and is acknowledged, so that the host stops saying it.
import { createHash } from 'node:crypto';
import type { BuildReport, BuildResult } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { type BuildRow, buildById, updateBuild } from '../db/builds.ts';
import { putImage } from '../db/images.ts';
import { layerOfBuild, listLayerVersions, updateLayerVersion } from '../db/layers.ts';
import type { Tx } from '../db/store.ts';
import { NotFoundError, UnavailableError } from '../errors.ts';
import { repositoryOf, sendOrders } from './orders.ts';
import { earlierBuild, hasImage, takenOver } from './earlier.ts';
import { endAttempt, fail, isSameAttempt, told } from './builds.ts';

const ENDS: readonly BuildReport['phase'][] = ['succeeded', 'failed', 'cancelled'];
/** A little more than the builder keeps itself to, so that its last line is whole. */
const LOG_SLACK_BYTES = 65_536;

/** Takes one report of a host about one of its builds, and acknowledges what is stored. */
export async function takeBuildReport(context: Context, host: { readonly id: string; readonly name: string }, report: BuildReport): Promise<void> {
  const { store, buildLogs, config, connections, bus } = context;
  const { id, attempt, phase, log } = report;
  const row = await store.read((reader) => buildById(reader, id));
  if (row === undefined || row.hostId !== host.id || row.attempt !== attempt || row.state !== 'running') {
    const heardBytes = log === undefined ? 0 : log.offset + Buffer.byteLength(log.text);
    return void connections.send(host.id, { type: 'build-ack', id, attempt, logBytes: heardBytes, isEnded: true });
  }
  const logBytes = await buildLogs.append(id, attempt, log, config.buildLimits.logBytes + LOG_SLACK_BYTES);
  const isEnd = ENDS.includes(phase);
  const isTaken = !isEnd && (await takeOver(context, row, report));
  if (isEnd) await end(context, row, report);
  else if (!isTaken) await note(context, row, report);
  bus.publish({ topic: 'builds', ids: [id] });
  connections.send(host.id, { type: 'build-ack', id, attempt, logBytes, isEnded: isEnd || isTaken });
}

/** Once the builder knows the commit, and that was built before, the image is there already: it need not go on. */
async function takeOver(context: Context, row: BuildRow, { commit, phase }: BuildReport): Promise<boolean> {
  const { store, buildLogs, clock } = context;
  const { ask, team, layers } = row;
  // Asked when it begins to prepare: from then on building costs less than asking again and again.
  if (commit === undefined || ask.kind !== 'service' || ask.noCache || row.phase === phase) return false;
  const earlier = await store.read((reader) => earlierBuild(reader, { team, ask, commit, layers }));
  if (earlier === undefined || !(await hasImage(context, earlier))) return false;
  const logBytes = await buildLogs.size(row.id);
  const isTaken = await store.tx(async (tx) => {
    if (!isSameAttempt(await buildById(tx, row.id), row)) return false;
    await updateBuild(tx, row.id, { ...takenOver(earlier, clock.now()), startedAt: row.startedAt, logBytes });
    await told(context, tx, { ...row, result: earlier.result }, 'build.succeeded', `${row.createdBy}'s build of ${row.subject} at ${commit.slice(0, 12)} is that of build ${earlier.id}: nothing that decides it changed`);
    return true;
  });
  if (isTaken && row.hostId !== null) await sendOrders(context, row.hostId);
  context.loops.wake('builds');
  return isTaken;
}

/** Only what changed is written: most reports bring nothing but a piece of the log. */
async function note({ store }: Context, row: BuildRow, { phase, reason, seconds }: BuildReport): Promise<void> {
  if (row.phase === phase && row.reason === reason) return;
  await store.tx(async (tx) => {
    if (isSameAttempt(await buildById(tx, row.id), row)) await updateBuild(tx, row.id, { phase, reason, ...(seconds === undefined ? {} : { seconds }) });
  });
}

async function end(context: Context, row: BuildRow, { phase, reason, isPlatform, seconds, result }: BuildReport): Promise<void> {
  if (phase === 'succeeded' && result !== undefined) {
    const why = await whyNoImage(context, row, result);
    return why === null ? await succeed(context, row, result, seconds ?? null) : await endAttempt(context, row, why);
  }
  if (phase === 'failed' && isPlatform !== true) return await fail(context, row, reason, seconds ?? null);
  await endAttempt(context, row, phase === 'failed' ? reason : `${row.host ?? 'its host'} ended it without a result: ${reason}`);
}

/** A build is only as good as what can be pulled. A registry that does not answer took the push, so its word is as good as this one. */
async function whyNoImage({ registry }: Context, row: BuildRow, { digest, imageId }: BuildResult): Promise<string | null> {
  try {
    const found = await registry.resolve(registry.referenceOf(repositoryOf(row), digest));
    return found.imageId === imageId ? null : `the registry has another image under ${digest}: ${found.imageId} and not ${imageId}`;
  } catch (error) {
    if (error instanceof NotFoundError) return `the registry does not have ${digest}, which ${row.host ?? 'its host'} says that it pushed`;
    if (error instanceof UnavailableError) return null;
    return error instanceof Error ? error.message : String(error);
  }
}

async function succeed(context: Context, row: BuildRow, result: BuildResult, seconds: BuildRow['seconds']): Promise<void> {
  const { store, clock, buildLogs } = context;
  const logBytes = await buildLogs.size(row.id);
  const isDone = await store.tx(async (tx) => {
    if (!isSameAttempt(await buildById(tx, row.id), row)) return false;
    const now = clock.now();
    await updateBuild(tx, row.id, { state: 'succeeded', phase: 'succeeded', reason: '', key: keyOf(row, result), result, seconds, logBytes, endedAt: now });
    const { digest, imageId, architecture, layers } = result;
    await putImage(tx, { repository: repositoryOf(row), digest, imageId, architecture, layers, buildId: row.id, pushedAt: now, deletedAt: null, deletedWhy: null });
    if (row.ask.kind === 'layer') await finishLayer(context, tx, row, result);
    const commit = result.commit === undefined ? '' : ` at ${result.commit.slice(0, 12)}`;
    await told(context, tx, { ...row, result }, 'build.succeeded', `${row.createdBy}'s build of ${row.subject}${commit} gave ${digest}`);
    return true;
  });
  if (isDone && row.hostId !== null) await sendOrders(context, row.hostId);
  context.loops.wake('builds');
}

/** The version that was built is ready, and the newest one of its layer from now on. */
async function finishLayer({ registry }: Context, tx: Tx, row: BuildRow, { digest, imageId }: BuildResult): Promise<void> {
  const version = await layerOfBuild(tx, row.id);
  if (version === undefined) return;
  const { from } = version;
  const below = from === null ? undefined : (await listLayerVersions(tx)).find(({ name, image }) => name === from && image === row.layers[from]);
  await updateLayerVersion(tx, version, { image: registry.referenceOf(repositoryOf(row), digest), imageId, fromVersion: below?.version ?? null });
}

/** What decides the content of an image: the same key, the same digest. Null where the builder did not say what it built from. */
function keyOf(row: BuildRow, { commit, tree, spec, layer }: BuildResult): string | null {
  const { ask, layers } = row;
  if (ask.kind !== 'service' || commit === undefined || tree === undefined || spec === undefined || layer === undefined) return null;
  return createHash('sha256').update(JSON.stringify([repositoryOf(row), commit, tree, spec, layers[layer] ?? null])).digest('hex');
}
