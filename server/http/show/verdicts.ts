// Verdicts as people see them: grounds, witnesses, the line of time, and what the governor holds.
import type { Context } from '../../context.ts';
import { usedNow } from '../../control/governor.ts';
import { requireHost } from '../../control/hosts.ts';
import { findingOf } from '../../control/probes.ts';
import { mayCallLost } from '../../control/verdicts.ts';
import { type HoldRow, holdsInForce, listHolds, readGovernorSettings } from '../../db/governor.ts';
import { newestVerdict, type TimelineRow, type WitnessRow } from '../../db/timeline.ts';
import type { GovernorView, Grounds, HoldView, HostEvidence, TimelineEntry, WitnessView } from '../contract/verdicts.ts';
import { instant, instantOrNull } from './show.ts';

const showWitness = ({ at, ...rest }: WitnessRow): WitnessView => ({ ...rest, at: instant(at) });

export const showTimelineEntry = ({ id, at, kind, state, grounds, witnesses, by }: TimelineRow): TimelineEntry => ({ id, at: instant(at), kind, state, grounds, witnesses: witnesses.map(showWitness), by });

/** @throws NotFoundError */
export async function showEvidence(context: Context, name: string): Promise<HostEvidence> {
  const { fleet, clock, config, connections, probes, store } = context;
  const { row, verdict, hold, settings } = await store.read(async (reader) => {
    const host = await requireHost(reader, name);
    const open = (await holdsInForce(reader, 'replace', clock.now())).find(({ state, hosts }) => state === 'held' && hosts.some(({ id }) => id === host.id));
    return { row: host, verdict: await newestVerdict(reader, host.id), hold: open, settings: (await readGovernorSettings(reader)).settings };
  });
  const now = clock.now();
  const seen = fleet.get(row.id);
  const state = seen?.state ?? 'joining';
  const report = seen?.report ?? null;
  const lastSeenAt = seen?.lastSeenAt ?? null;
  const silentMs = lastSeenAt === null ? null : Math.max(0, now - lastSeenAt);
  const look = state === 'suspect' || state === 'lost' ? probes.newest(row.id) : undefined;
  const finding = look === undefined ? 'none' : findingOf(look.witnesses);
  const grounds: Grounds = verdict?.state === state && verdict.grounds.sentence === seen?.reason ? verdict.grounds : { code: seen?.code ?? 'first-report', data: {}, sentence: seen?.reason ?? 'has not reported yet' };
  const isCalled = state === 'ready' || state === 'suspect';
  const limitMs = finding === 'serves' ? Math.max(config.leaseMs, settings.awayMs) : config.leaseMs;
  return {
    host: row.name,
    state,
    since: instant(seen?.since ?? row.joinedAt),
    grounds,
    lastSeenAt: instantOrNull(lastSeenAt),
    silentMs,
    leaseMs: config.leaseMs,
    lostAt: isCalled && hold === undefined && lastSeenAt !== null ? instant(lastSeenAt + limitMs) : null,
    isConnected: connections.has(row.id),
    bootId: seen?.facts?.bootId ?? null,
    engine: report === null ? 'unknown' : report.engineDown === true ? 'down' : 'up',
    clockSkewMs: seen?.clockSkewMs ?? null,
    secondPath: look === undefined ? null : { askedAt: instant(look.askedAt), finding, asked: [...look.asked], witnesses: look.witnesses.map(showWitness) },
    holdId: hold?.id ?? null,
    mayCallLost: mayCallLost(context, row.id),
  };
}

/** @param isOperator whether who asks may decide */
export function showHold(row: HoldRow, isOperator: boolean): HoldView {
  const { since, decidedAt, ...rest } = row;
  const mayDecide = row.state !== 'held' ? { may: false, reason: `it is ${row.state}` } : isOperator ? { may: true, reason: 'it waits for a person' } : { may: false, reason: 'whoever may operate hosts decides' };
  return { ...rest, since: instant(since), decidedAt: instantOrNull(decidedAt), mayDecide };
}

export async function showGovernor(context: Context, isOperator: boolean): Promise<GovernorView> {
  return await context.store.read(async (reader) => {
    const { settings, updatedBy, updatedAt } = await readGovernorSettings(reader);
    const holds = await listHolds(reader, { state: 'held', limit: 200 });
    return { settings, updatedBy, updatedAt: instantOrNull(updatedAt), hosts: context.fleet.size, used: await usedNow(context, reader, settings), holds: holds.map((row) => showHold(row, isOperator)) };
  });
}
