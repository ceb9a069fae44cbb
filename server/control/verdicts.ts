// From what is heard to what is held true: judges every host, lets the governor rule on losses, writes verdicts with their grounds and witnesses, and
// decides what survives where a lost host comes back. Changes no desired state but for that.
import type { Context } from '../context.ts';
import { assignmentOf } from '../db/assignments.ts';
import { appendEvent } from '../db/events.ts';
import { findHold, holdsInForce, readGovernorSettings } from '../db/governor.ts';
import { hostById } from '../db/hosts.ts';
import { putHostStatus } from '../db/host-status.ts';
import { appendTimeline } from '../db/timeline.ts';
import type { Tx } from '../db/store.ts';
import { ConflictError } from '../errors.ts';
import type { Grounds } from '../http/contract/verdicts.ts';
import { offer } from './dispatch.ts';
import type { ObservedHost } from './fleet.ts';
import { decisionsFor, endHold, hold, notePassed, reachesOf, ruleOnLosses } from './governor.ts';
import type { Ruling } from './governor-rule.ts';
import { requireHost } from './hosts.ts';
import { judge, say, seconds, type Verdict } from './judge.ts';
import type { Actor } from '../requests/submit.ts';
import { decideSurvivors } from './survivors.ts';

/** Where more are silent at once, whether neighbours reach them changes nothing: the governor waits for a person. */
const MOST_LOOKED_FOR = 200;

export interface VerdictMemory {
  /** The hold that hosts wait in now. */
  holdId: string | null;
  /** Who waits in it, as last put on record. */
  heldIds: string;
  isLoaded: boolean;
}

export interface Given {
  /** Hosts that are not called lost because the governor waits for a person. */
  readonly held: number;
}

/** One look at everybody. @param graceUntil before this instant nobody is lost */
export async function giveVerdicts(context: Context, memory: VerdictMemory, { now, graceUntil }: { readonly now: number; readonly graceUntil: number }): Promise<Given> {
  const { fleet, store, config, probes } = context;
  const { settings } = await store.read(readGovernorSettings);
  if (!memory.isLoaded) {
    memory.holdId = (await store.read((reader) => holdsInForce(reader, 'replace', now))).find(({ state }) => state === 'held')?.id ?? null;
    memory.isLoaded = true;
  }
  const hosts = [...fleet.all()].map((host) => ({ ...pick(host), finding: probes.finding(host.hostId, host.lastSeenAt) }));
  const silent = hosts.flatMap(({ hostId, state, lastSeenAt }) => ((state === 'ready' || state === 'suspect') && lastSeenAt !== null && now - lastSeenAt > config.leaseMs / 2 ? [{ hostId, silentMs: now - lastSeenAt }] : []));
  if (silent.length > 0 && silent.length <= MOST_LOOKED_FOR) await probes.lookFor(context, silent, now);
  const { verdicts, losses, brink } = judge(hosts, { now, leaseMs: config.leaseMs, graceUntil, awayMs: settings.awayMs });
  const news = verdicts.filter((verdict) => isNews(fleet.get(verdict.hostId), verdict));
  if (losses.length === 0) {
    if (news.length > 0) await pronounce(context, news, now);
    if (memory.holdId !== null) await overHold(context, memory, 'the hosts are heard again or not called lost any more');
    return { held: 0 };
  }
  const recent = hosts.filter(({ state, since }) => state === 'ready' || state === 'suspect' || (state === 'lost' && now - since <= settings.replace.windowMs)).length;
  const since = Math.min(...losses.map(({ hostId }) => fleet.get(hostId)?.lastSeenAt ?? 0));
  const { decided, ruling } = await store.read(async (reader) => {
    const said = await decisionsFor(reader, since);
    const of = new Map(losses.map(({ hostId }) => [hostId, said(hostId, fleet.get(hostId)?.lastSeenAt ?? null)]));
    const asked = losses.flatMap(({ hostId }) => (of.get(hostId) === 'released' || of.get(hostId) === 'declined' ? [] : [hostId]));
    return { decided: of, ruling: await ruleOnLosses(context, reader, { losses: asked, brink, hosts: recent, now, limit: settings.replace }) };
  });
  const released = losses.filter(({ hostId }) => decided.get(hostId) === 'released');
  const declined = losses.filter(({ hostId }) => decided.get(hostId) === 'declined').map((verdict) => stays(verdict, 'a person said that it is not to be called lost'));
  const asked = losses.filter(({ hostId }) => decided.get(hostId) === undefined || decided.get(hostId) === 'held');
  const waits = !ruling.allows && !ruling.isUndecided && asked.length > 0;
  const passing = ruling.allows ? asked : [];
  const held = waits ? asked.map((verdict) => stays(verdict, 'so many at once are not called lost without a person')) : [];
  const undecided = ruling.isUndecided ? asked.map((verdict) => stays(verdict, 'others fall silent at the same moment')) : [];
  const all = [...news, ...[...declined, ...held, ...undecided].filter((verdict) => isNews(fleet.get(verdict.hostId), verdict)), ...released, ...passing];
  if (waits) await putHold(context, memory, ruling.ruling, asked.map(({ hostId }) => hostId));
  else if (memory.holdId !== null && !ruling.isUndecided) await overHold(context, memory, passing.length > 0 ? 'it fits within the limits by now' : 'a person decided, or the hosts are heard again');
  if (all.length > 0) await pronounce(context, all, now, passing.length > 0 ? async (tx) => notePassed(context, tx, 'replace', await reachesOf(tx, passing.map(({ hostId }) => hostId)), now) : undefined);
  return { held: held.length };
}

const pick = ({ hostId, state, lastSeenAt, reportedAt, since }: ObservedHost) => ({ hostId, state, lastSeenAt, reportedAt, since });

/** The state changes, or what it is held for. */
function isNews(known: ObservedHost | undefined, { state, grounds }: Verdict): boolean {
  return known !== undefined && (known.state !== state || (state === 'suspect' && known.code !== grounds.code));
}

function stays({ hostId, grounds }: Verdict, because: string): Verdict {
  return { hostId, state: 'suspect', grounds: say('held', { ...grounds.data, because }, `${grounds.sentence}; ${because}`) };
}

async function putHold(context: Context, memory: VerdictMemory, ruling: Ruling, hostIds: readonly string[]): Promise<void> {
  const heldIds = hostIds.join(' ');
  if (memory.holdId !== null && memory.heldIds === heldIds) return;
  memory.heldIds = heldIds;
  memory.holdId = await context.store.tx(async (tx) => {
    const reaches = await reachesOf(tx, hostIds);
    const replicas = reaches.reduce((sum, each) => sum + Object.values(each.replicas).reduce((total, count) => total + count, 0), 0);
    return await hold(context, tx, { action: 'replace', ruling, reaches, wouldDo: `call ${hostIds.length} hosts lost and start their ${replicas} replicas elsewhere` });
  });
}

async function overHold(context: Context, memory: VerdictMemory, why: string): Promise<void> {
  const { holdId } = memory;
  memory.holdId = null;
  await context.store.tx(async (tx) => {
    if (holdId !== null && (await findHold(tx, holdId))?.state === 'held') await endHold(context, tx, holdId, why);
  });
}

const KIND_OF = { ready: 'host.ready', suspect: 'host.suspect', lost: 'host.lost', joining: 'host.joining' } as const;

/** Writes verdicts, with their event, their line on the time line, and what survives on hosts that come back. */
export async function pronounce(context: Context, verdicts: readonly Verdict[], now: number, also?: (tx: Tx) => Promise<void>, by = 'firn'): Promise<void> {
  const { fleet, store, log, loops, probes } = context;
  const back = verdicts.filter(({ hostId, state }) => state === 'ready' && fleet.get(hostId)?.state === 'lost').map(({ hostId }) => hostId);
  await store.tx(async (tx) => {
    await also?.(tx);
    for (const { hostId, state, grounds } of verdicts) {
      const before = fleet.get(hostId);
      const row = await hostById(tx, hostId);
      if (row === undefined || before === undefined) continue;
      const { lastSeenAt, reportedGeneration, facts } = before;
      const isBack = back.includes(hostId);
      await appendEvent(tx, { at: now, actor: by, kind: isBack ? 'host.back' : KIND_OF[state], subjectType: 'host', subjectId: hostId, subject: row.name, message: `${row.name} is ${isBack ? 'back' : state}`, why: grounds.sentence });
      const since = state === before.state ? before.since : now;
      await putHostStatus(tx, [{ hostId, state, reason: grounds.sentence, since, lastSeenAt, reportedGeneration, facts }]);
      await appendTimeline(tx, { hostId, at: now, kind: 'verdict', state, grounds, witnesses: state === 'lost' || state === 'suspect' ? [...(probes.newest(hostId)?.witnesses ?? [])] : [], by });
      if (isBack) await decideSurvivors(context, tx, hostId, now);
      tx.changed('hosts', hostId);
      tx.changed('timeline', hostId);
    }
    tx.changed('services');
    tx.afterCommit(() => {
      for (const { hostId, state, grounds } of verdicts) {
        fleet.settle(hostId, state, grounds.sentence, now, grounds.code as Parameters<typeof fleet.settle>[4]);
        if (state === 'ready') probes.forget(hostId);
        log.info({ host: hostId, state, reason: grounds.sentence }, 'host.verdict');
      }
      loops.wake('planner');
    });
  });
  if (back.length > 0) await tellBack(context, back);
}

/** Hosts that came back were told nothing when they connected: now that it is decided what survives there, they hear it. */
async function tellBack(context: Context, hostIds: readonly string[]): Promise<void> {
  await context.loops.runOnce('dispatch');
  for (const hostId of hostIds) {
    const assignment = await context.store.read((reader) => assignmentOf(reader, hostId));
    if (assignment !== undefined) await offer(context, assignment);
  }
}

/** Whether a person may say that a host is lost, and why not. */
export function mayCallLost({ fleet, config, clock }: Context, hostId: string): { readonly may: boolean; readonly reason: string } {
  const host = fleet.get(hostId);
  if (host === undefined) return { may: false, reason: 'it is not known here' };
  if (host.state === 'joining') return { may: false, reason: 'it has not reported yet, and nothing runs there' };
  if (host.state === 'lost') return { may: false, reason: 'it is called lost already' };
  const silentMs = host.lastSeenAt === null ? Number.POSITIVE_INFINITY : clock.now() - host.lastSeenAt;
  if (silentMs <= config.leaseMs) return { may: false, reason: `it was heard ${seconds(silentMs)} s ago, within its lease of ${seconds(config.leaseMs)} s` };
  return { may: true, reason: `it is silent for ${seconds(silentMs)} s` };
}

/**
 * A person who knows says that a silent host is lost: its replicas start elsewhere, whatever the governor and its neighbours say.
 * @throws NotFoundError, ConflictError `host-heard` while it is heard within its lease
 */
export async function callLost(context: Context, actor: Actor, name: string, reason: string): Promise<void> {
  const row = await context.store.read((reader) => requireHost(reader, name));
  const { may, reason: whyNot } = mayCallLost(context, row.id);
  if (!may) throw new ConflictError('host-heard', `Host ${name} cannot be called lost: ${whyNot}.`);
  const grounds: Grounds = say('person', { by: actor.name, reason }, `${actor.name} said so: ${reason}`);
  await pronounce(context, [{ hostId: row.id, state: 'lost', grounds }], context.clock.now(), undefined, actor.name);
}
