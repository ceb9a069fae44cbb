// Signals from outside: declared by operators, pushed by whoever may, kept by the minute; and what a rule on one would have done for a workload.
import { type BackTest, backTest } from '#scheduler/autoscale/signals-back-test.ts';
import { alikeDays, usualFrom } from '#scheduler/autoscale/usual.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../requests/submit.ts';
import { appendEvent } from '../db/events.ts';
import { addSignalValues, deleteSignal, findSignal, listSignals, putSignal, type SignalRow } from '../db/signals.ts';
import type { Reader } from '../db/store.ts';
import { teamByName } from '../db/accounts.ts';
import { workloadById } from '../db/workloads.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { z } from '../http/contract/common.ts';
import type { BackTestAsk, SignalEdit, SignalValues } from '../http/contract/market.ts';
import { demandBetween } from './demand.ts';
import { HOME_MARKETS, knownSignal } from './signal-memory.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MOST_SIGNALS = 100;
const OLDEST_MS = 400 * DAY_MS;
const LONGEST_TEST_MS = 31 * DAY_MS;
/** How far back what was usual for demand is looked for. */
const DEMAND_BACK_MS = 14 * DAY_MS;

/** @throws InvalidError for an unknown team, ConflictError when there are too many */
export async function setSignal({ store, ids, clock }: Context, actor: Actor, name: string, edit: z.output<typeof SignalEdit>): Promise<SignalRow> {
  return await store.tx(async (tx) => {
    if (edit.team !== null && (await teamByName(tx, edit.team)) === undefined) throw new InvalidError('team-unknown', `team is "${edit.team}": there is no such team.`, [{ field: 'team', value: edit.team, message: 'is not a team' }]);
    const before = await findSignal(tx, name);
    const all = before === undefined ? await listSignals(tx) : [];
    if (all.length >= MOST_SIGNALS) throw new ConflictError('signals-full', `There are ${all.length} signals already, and at most ${MOST_SIGNALS} are kept: remove one first.`);
    const now = clock.now();
    const row: SignalRow = { ...edit, id: before?.id ?? ids.next(), name, createdBy: before?.createdBy ?? actor.name, createdAt: before?.createdAt ?? now };
    await putSignal(tx, row);
    await appendEvent(tx, { at: now, actor: actor.name, kind: before === undefined ? 'signal.added' : 'signal.edited', subjectType: 'signal', subjectId: row.id, subject: name, message: `${actor.name} ${before === undefined ? 'declared' : 'changed'} the signal ${name}` });
    return row;
  });
}

/** Its values go with it. @throws NotFoundError */
export async function removeSignal(context: Context, actor: Actor, name: string): Promise<void> {
  await context.store.tx(async (tx) => {
    const row = await signalNamed(tx, name);
    await deleteSignal(tx, row.id);
    await appendEvent(tx, { at: context.clock.now(), actor: actor.name, kind: 'signal.removed', subjectType: 'signal', subjectId: row.id, subject: name, message: `${actor.name} removed the signal ${name} with its values` });
    tx.afterCommit(() => context.market.signals.changed(name));
  });
}

/** @throws NotFoundError */
export async function signalNamed(reader: Reader, name: string): Promise<SignalRow> {
  const row = await findSignal(reader, name);
  if (row === undefined) throw new NotFoundError('signal-unknown', `There is no signal ${name}: declare it first.`);
  return row;
}

/** @throws InvalidError for an instant in the future or too old: nothing is stored then */
export async function pushSignal(context: Context, row: SignalRow, { values }: z.output<typeof SignalValues>): Promise<number> {
  const now = context.clock.now();
  const read = values.map(({ at, value }, index) => {
    const instant = at === undefined ? now : Date.parse(at);
    if (instant > now + MINUTE_MS || instant < now - OLDEST_MS) throw new InvalidError('instant-out-of-range', `values[${index}].at is ${at}: it must be within the last 400 days, and at most a minute ahead.`, [{ field: `values[${index}].at`, value: at ?? null, message: 'must be within the last 400 days', allowed: `until ${new Date(now + MINUTE_MS).toISOString()}` }]);
    return { at: instant, value };
  });
  return await context.store.tx(async (tx) => {
    const stored = await addSignalValues(tx, row.id, read);
    tx.afterCommit(() => {
      context.market.signals.changed(row.name);
      context.loops.wake('market');
    });
    return stored;
  });
}

/** What a rule would have done. @throws NotFoundError for a signal or workload, InvalidError for times that cannot be */
export async function tryRule(context: Context, name: string, ask: z.output<typeof BackTestAsk>): Promise<{ readonly result: BackTest; readonly workload: string; readonly team: string }> {
  const [from, to] = [Date.parse(ask.from), Math.min(Date.parse(ask.to), context.clock.now())];
  if (to <= from || to - from > LONGEST_TEST_MS) throw new InvalidError('range-invalid', `to is ${ask.to}: it must be after from, by at most 31 days, and from must be past.`, [{ field: 'to', value: ask.to, message: 'must be after from', allowed: `until ${new Date(from + LONGEST_TEST_MS).toISOString()}` }]);
  const years = context.market.years();
  const { row, workload, signal } = await context.store.read(async (reader) => {
    const found = await signalNamed(reader, name);
    const asked = await workloadById(reader, ask.workloadId);
    if (asked === undefined) throw new NotFoundError('workload-unknown', `There is no workload ${ask.workloadId}.`);
    return { row: found, workload: asked, signal: await knownSignal(reader, found, from, to, years) };
  });
  const points = await demandBetween(context.metrics, workload.id, Math.max(from - DEMAND_BACK_MS, 0), to);
  const demand = { points, usual: usualFrom(points, (at) => alikeDays(HOME_MARKETS, at, years)) };
  const present = await context.present.read();
  const known = present.snapshot.workloads.find(({ id }) => id === workload.id);
  const sizing = known === undefined ? undefined : present.sizingOf(known);
  const replicaQps = sizing !== undefined && 'qpsPerReplica' in sizing ? sizing.qpsPerReplica.q : 0;
  return { result: backTest({ ...ask.rule, signal: row.name }, signal, demand, { from, to, surge: ask.surge, horizonMinutes: ask.horizonMinutes, replicaQps }), workload: `${workload.service}.${workload.environment}`, team: workload.team };
}
