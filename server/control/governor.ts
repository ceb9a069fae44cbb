// The governor at work: what is to be done automatically is compared with what it let pass within the window; what goes too far waits for a person, on
// record. Rules on losses of hosts, and for every other automatic action that asks. The arithmetic is governor-rule.ts.
import type { Context } from '../context.ts';
import { hostsOfUpgrade, openUpgrades } from '../db/agent-upgrades.ts';
import { findHold, type HoldRow, holdsInForce, insertHold, insertPassed, passedSince, putGovernorSettings, readGovernorSettings, updateHold } from '../db/governor.ts';
import { appendEvent } from '../db/events.ts';
import { hostsById } from '../db/hosts.ts';
import { replicasOfHosts, replicasOfWorkloads } from '../db/replicas.ts';
import type { Reader, Tx } from '../db/store.ts';
import { namesOfWorkloads, workloadName } from '../db/workloads.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { isUnderWay } from '../fleet/upgrade-step.ts';
import type { GovernedAction, GovernorSettings, Grounds, HoldView } from '../http/contract/verdicts.ts';
import type { LoopName } from './driver.ts';
import { govern, type Limit, mostOf, type Reach, type Ruling } from './governor-rule.ts';
import type { Actor } from '../requests/submit.ts';

/** What a person said of the loss of a host, newest hold first; it counts for this silence only. */
export type Decided = 'released' | 'declined' | 'held' | undefined;

/** What is in force for hosts that are silent. @param since when the longest of these silences began */
export async function decisionsFor(reader: Reader, since: number): Promise<(hostId: string, lastSeenAt: number | null) => Decided> {
  const holds = (await holdsInForce(reader, 'replace', since)).toSorted((one, other) => (other.decidedAt ?? other.since) - (one.decidedAt ?? one.since));
  const byHost = new Map<string, HoldRow[]>();
  for (const hold of holds) {
    for (const { id } of hold.hosts) {
      const known = byHost.get(id);
      if (known === undefined) byHost.set(id, [hold]);
      else known.push(hold);
    }
  }
  return (hostId, lastSeenAt) => {
    const hold = byHost.get(hostId)?.find(({ state, decidedAt }) => state === 'held' || (decidedAt ?? 0) > (lastSeenAt ?? 0));
    return hold?.state === 'over' ? undefined : hold?.state;
  };
}

export interface LossRuling {
  readonly allows: boolean;
  /** Only together with those whose lease has not ended yet they are too many: a moment decides. */
  readonly isUndecided: boolean;
  readonly ruling: Ruling;
}

/**
 * Whether these hosts may be called lost without a person.
 * @param brink hosts that are silent as well, and whose lease has not ended
 * @param fleet how many hosts the shares are of
 */
export async function ruleOnLosses({ fleet }: Pick<Context, 'fleet'>, reader: Reader, asked: { readonly losses: readonly string[]; readonly brink: readonly string[]; readonly hosts: number; readonly now: number; readonly limit: Limit }): Promise<LossRuling> {
  const { losses, brink, hosts, now, limit } = asked;
  // Which replicas it reaches matters only where they are limited: a large silence is looked at twice a second.
  const reaches = limit.replicaPermille >= 1000 ? [...losses, ...brink].map((hostId): Reach => ({ hostId, replicas: {} })) : await reachesOf(reader, [...losses, ...brink]);
  // Whoever came back was replaced for nothing, and needs nothing more.
  const passed = (await passedSince(reader, 'replace', now - limit.windowMs)).filter(({ hostId }) => fleet.get(hostId)?.state === 'lost');
  const replicasOf = await totals(reader, limit, reaches);
  const ruling = govern({ limit, hosts, replicasOf, passed, wanted: reaches.slice(0, losses.length) });
  const together = govern({ limit, hosts, replicasOf, passed, wanted: reaches });
  return { allows: together.allows, isUndecided: ruling.allows && !together.allows, ruling };
}

/** What is lost with these hosts. */
export async function reachesOf(reader: Reader, hostIds: readonly string[]): Promise<Reach[]> {
  const byHost = Map.groupBy(await replicasOfHosts(reader, hostIds), ({ hostId }) => hostId);
  return hostIds.map((hostId) => ({ hostId, replicas: Object.fromEntries([...Map.groupBy(byHost.get(hostId) ?? [], ({ workloadId }) => workloadId)].map(([id, list]) => [id, list.length])) }));
}

async function totals(reader: Reader, limit: Limit, reaches: readonly Reach[]): Promise<(workloadId: string) => number> {
  if (limit.replicaPermille >= 1000) return () => 0;
  const ids = [...new Set(reaches.flatMap(({ replicas }) => Object.keys(replicas)))];
  const sums = Map.groupBy(ids.length === 0 ? [] : await replicasOfWorkloads(reader, ids), ({ workloadId }) => workloadId);
  return (id) => sums.get(id)?.length ?? 0;
}

/** Counts what passes. */
export async function notePassed({ ids }: Context, tx: Tx, action: GovernedAction, reaches: readonly Reach[], at: number): Promise<void> {
  await insertPassed(tx, reaches.map(({ hostId, replicas }) => ({ id: ids.next(), action, hostId, replicas, at })));
}

export interface Held {
  readonly action: GovernedAction;
  readonly ruling: Ruling;
  readonly reaches: readonly Reach[];
  /** What happens when it is released, for people. */
  readonly wouldDo: string;
  /** It is all that waits; absent: what waited before still does. */
  readonly isWhole?: boolean;
}

/** Puts on record that something waits for a person; what waits already is brought up to date. @returns its id */
export async function hold({ ids, clock, log }: Context, tx: Tx, { action, ruling, reaches, wouldDo, isWhole = false }: Held): Promise<string> {
  const now = clock.now();
  const open = (await holdsInForce(tx, action, now)).find(({ state }) => state === 'held');
  const hosts = (await hostsById(tx, [...new Set([...(isWhole ? [] : (open?.hosts.map(({ id }) => id) ?? [])), ...reaches.map(({ hostId }) => hostId)])])).map(({ id, name }) => ({ id, name })).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const workloads = await workloadsOf(tx, hosts.map(({ id }) => id));
  if (open !== undefined) {
    if (hosts.map(({ id }) => id).join(' ') !== open.hosts.map(({ id }) => id).join(' ')) await updateHold(tx, open.id, { hosts, workloads, grounds: groundsOf(action, ruling, hosts.length), wouldDo });
    return open.id;
  }
  const grounds = groundsOf(action, ruling, hosts.length);
  const row: HoldRow = { id: ids.next(), action, state: 'held', since: now, grounds, hosts, workloads, wouldDo, decidedBy: null, decidedAt: null, reason: null };
  await insertHold(tx, row);
  const message = `${action} of ${hosts.length} hosts waits for a person: ${grounds.sentence}`;
  await appendEvent(tx, { at: now, actor: 'firn', kind: 'governor.held', subjectType: 'server', subjectId: row.id, subject: 'governor', message, why: `released, it would ${wouldDo}` });
  log.warn({ hold: row.id, action, hosts: hosts.length }, 'governor.held');
  return row.id;
}

async function workloadsOf(reader: Reader, hostIds: readonly string[]): Promise<HoldView['workloads']> {
  const byWorkload = Map.groupBy(await replicasOfHosts(reader, hostIds), ({ workloadId }) => workloadId);
  const names = await namesOfWorkloads(reader, new Set(byWorkload.keys()));
  const all = Map.groupBy(byWorkload.size === 0 ? [] : await replicasOfWorkloads(reader, [...byWorkload.keys()]), ({ workloadId }) => workloadId);
  return [...byWorkload].map(([id, list]) => {
    const name = names.get(id);
    return { id, name: name === undefined ? id : workloadName(name), replicas: list.length, of: all.get(id)?.length ?? list.length };
  });
}

function groundsOf(action: GovernedAction, ruling: Ruling, hosts: number): Grounds {
  if (ruling.allows) return { code: 'within', data: { action, hosts }, sentence: 'it fits within the limits' };
  const { by, wanted, passed, most, of } = ruling;
  const data = { action, by, hosts, wanted, passed, most, of, workloadId: by === 'replicas' ? ruling.workloadId : null };
  const before = passed > 0 ? ` after ${passed} within the window` : '';
  return { code: `too-many-${by}`, data, sentence: `${wanted} of ${of} ${by} at once${before}: without a person at most ${most}` };
}

/** Ends a hold that is about nothing any more. */
export async function endHold({ clock }: Context, tx: Tx, holdId: string, why: string): Promise<void> {
  const now = clock.now();
  await updateHold(tx, holdId, { state: 'over', decidedAt: now, reason: why });
  await appendEvent(tx, { at: now, actor: 'firn', kind: 'governor.over', subjectType: 'server', subjectId: holdId, subject: 'governor', message: `what waited for a person is over: ${why}` });
}

/** Who asked, and asks again once a person has decided. */
const LOOP_OF: Readonly<Record<GovernedAction, LoopName>> = { replace: 'observe', evict: 'dispatch', restart: 'dispatch', retreat: 'burst', upgrade: 'upgrades' };

/**
 * A person says that what is held may be done, or must not. A loss that is declined is not asked again for the same silence.
 * @throws NotFoundError `hold-unknown`, ConflictError `hold-over` when it waits no more
 */
export async function decideHold(context: Context, actor: Actor, id: string, decision: 'released' | 'declined', reason: string): Promise<HoldRow> {
  const { store, clock, loops } = context;
  return await store.tx(async (tx) => {
    const row = await findHold(tx, id);
    if (row === undefined) throw new NotFoundError('hold-unknown', `There is no hold ${id}.`);
    if (row.state !== 'held') throw new ConflictError('hold-over', `This hold does not wait any more: it is ${row.state}${row.decidedBy === null ? '' : ` by ${row.decidedBy}`}.`);
    const change = { state: decision, decidedBy: actor.name, decidedAt: clock.now(), reason };
    await updateHold(tx, id, change);
    const hosts = row.hosts.map(({ name }) => name);
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: `governor.${decision}`, subjectType: 'server', subjectId: id, subject: 'governor', message: `${actor.name} ${decision} ${row.action} of ${hosts.slice(0, 10).join(', ')}${hosts.length > 10 ? ` and ${hosts.length - 10} more` : ''}`, why: reason });
    tx.afterCommit(() => loops.wake(LOOP_OF[row.action]));
    return { ...row, ...change };
  });
}

export async function changeGovernor({ store, clock, loops }: Context, actor: Actor, settings: GovernorSettings): Promise<void> {
  await store.tx(async (tx) => {
    await putGovernorSettings(tx, settings, actor.name, clock.now());
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'governor.changed', subjectType: 'server', subjectId: 'governor', subject: 'governor', message: `${actor.name} changed how far automatic actions may reach` });
    tx.afterCommit(() => loops.wake('observe'));
  });
}

/** What may be done now, by host, and the hold of what waits for a person. */
export interface Leave {
  readonly may: ReadonlySet<string>;
  readonly holdId: string | null;
}

export interface Wanted {
  readonly action: Exclude<GovernedAction, 'replace' | 'upgrade'>;
  readonly reaches: readonly Reach[];
  readonly wouldDo: string;
  readonly needsPerson?: boolean;
}

/** What a person declined is not asked for again within a day. */
const DECLINED_MS = 86_400_000;

/**
 * Asks for an automatic action other than replacing what was lost, before it is done: what may be is counted as done. Hosts are taken in turn as far as
 * the limits reach; the others wait as one hold for a person, or until the window has passed. Ask at every look with everything that is wanted: a hold of
 * what is wanted no more, or may be done by now, ends.
 * @param asked reaches: all that is wanted now, the most urgent host first; needsPerson: nothing of it is done without a person, however little it is
 */
export async function mayAct(context: Context, asked: Wanted): Promise<Leave> {
  const { store, clock } = context;
  const isIdle = asked.reaches.length === 0 && (await store.read((reader) => holdsInForce(reader, asked.action, clock.now()))).length === 0;
  return isIdle ? { may: new Set(), holdId: null } : await store.tx((tx) => decide(context, tx, asked));
}

async function decide(context: Context, tx: Tx, { action, reaches, wouldDo, needsPerson = false }: Wanted): Promise<Leave> {
  const now = context.clock.now();
  const { settings } = await readGovernorSettings(tx);
  const limit = settings[action];
  const inForce = (await holdsInForce(tx, action, now - DECLINED_MS)).toSorted((one, other) => (other.decidedAt ?? 0) - (one.decidedAt ?? 0));
  const decided = inForce.filter(({ state, decidedAt }) => state === 'declined' || (state === 'released' && decidedAt! > now - limit.windowMs));
  const saidOf = (hostId: string) => decided.find(({ hosts }) => hosts.some(({ id }) => id === hostId))?.state;
  const replicasOf = await totals(tx, limit, reaches);
  // Hosts that were removed since are not among those that the shares are of.
  const before = (await passedSince(tx, action, now - limit.windowMs)).filter(({ hostId }) => context.fleet.get(hostId) !== undefined);
  const passed: Reach[] = [];
  const waiting: Reach[] = [];
  let last: Ruling = { allows: true };
  for (const reach of reaches) {
    const said = saidOf(reach.hostId);
    if (said === 'declined') continue;
    const ruling: Ruling = said === 'released' ? { allows: true } : needsPerson ? { allows: false, by: 'hosts', wanted: reaches.length, passed: 0, most: 0, of: context.fleet.size } : govern({ limit, hosts: context.fleet.size, replicasOf, passed: [...before, ...passed], wanted: [reach] });
    if (!ruling.allows) last = ruling;
    (ruling.allows ? passed : waiting).push(reach);
  }
  if (passed.length > 0) await notePassed(context, tx, action, passed, now);
  const open = inForce.find(({ state }) => state === 'held');
  const ruling = last.allows || last.by === 'replicas' ? last : { ...last, wanted: waiting.length };
  if (waiting.length === 0 && open !== undefined) await endHold(context, tx, open.id, passed.length > 0 ? 'it fits within the limits by now' : 'it is not wanted any more');
  return { may: new Set(passed.map(({ hostId }) => hostId)), holdId: waiting.length === 0 ? null : await hold(context, tx, { action, ruling, reaches: waiting, wouldDo, isWhole: true }) };
}

/** How much of each limit is used, of the actions that have one. */
export async function usedNow({ fleet, clock }: Context, reader: Reader, settings: GovernorSettings): Promise<{ action: GovernedAction; hosts: number; mostHosts: number }[]> {
  const actions = ['replace', 'retreat', 'upgrade'] as const;
  return await Promise.all(
    actions.map(async (action) => {
      const limit = settings[action];
      if (action === 'upgrade') return { action, hosts: await upgradesUnderWay(reader), mostHosts: mostOf(limit.hostPermille, fleet.size) };
      const passed = (await passedSince(reader, action, clock.now() - limit.windowMs)).filter(({ hostId }) => (action === 'replace' ? fleet.get(hostId)?.state === 'lost' : fleet.get(hostId) !== undefined));
      return { action, hosts: new Set(passed.map(({ hostId }) => hostId)).size, mostHosts: mostOf(limit.hostPermille, fleet.size) };
    }),
  );
}

/** A campaign is a person's word: it waits for nobody, and its pace is limited by how many hosts are under way. */
async function upgradesUnderWay(reader: Reader): Promise<number> {
  const hosts = [];
  for (const { id } of await openUpgrades(reader)) hosts.push(...(await hostsOfUpgrade(reader, id)));
  return hosts.filter(isUnderWay).length;
}
