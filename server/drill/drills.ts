// Drills as people ask for them: checked at once, run by the loop, cancelled when somebody says so.
import type { Context } from '../context.ts';
import type { Actor } from '../requests/submit.ts';
import { drillById, drillsIn, insertDrill, type DrillRow, updateDrill } from '../db/drills.ts';
import { appendEvent } from '../db/events.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import type { DrillAsk } from '../http/contract/drill.ts';
import { prepareDrill } from './input.ts';

/** Each takes the thinking thread for a while. */
const MOST_WAITING = 5;

/** @throws InvalidError or NotFoundError for what cannot be drilled, ConflictError when too many wait */
export async function askDrill(context: Context, actor: Actor, ask: DrillAsk, traces: Map<string, string>): Promise<DrillRow> {
  const { store, ids, clock } = context;
  const { present, day } = await prepareDrill(context, ask);
  const names = Object.fromEntries(ask.workloads.map(({ workloadId }) => [workloadId, present.base.workloads.get(workloadId)!.name]));
  return await store.tx(async (tx) => {
    const waiting = await drillsIn(tx, ['waiting', 'running']);
    if (waiting.length >= MOST_WAITING) throw new ConflictError('drills-full', `${waiting.length} drills wait or run already: wait for one, or cancel it.`);
    const title = ask.title === '' ? `${day.name} x ${ask.times}, ${Object.values(names).slice(0, 3).join(', ')}` : ask.title;
    const kept: DrillAsk = ask.day.kind === 'trace' ? { ...ask, day: { ...ask.day, name: day.name, csv: '-' } } : ask;
    const row: DrillRow = { id: ids.next(), title, state: 'waiting', stateReason: '', stateSaid: null, progressPermille: 0, phase: 'waits for its turn', ask: kept, workloads: names, totals: null, verdict: null, report: null, createdBy: actor.name, createdAt: clock.now(), endedAt: null };
    await insertDrill(tx, row);
    if (ask.day.kind === 'trace') traces.set(row.id, ask.day.csv);
    await appendEvent(tx, { at: row.createdAt, actor: actor.name, kind: 'drill.asked', subjectType: 'drill', subjectId: row.id, subject: title, message: `${actor.name} asked for the drill "${title}"` });
    tx.afterCommit(() => context.loops.wake('drills'));
    return row;
  });
}

/** @throws NotFoundError */
export async function drillNamed({ store }: Pick<Context, 'store'>, id: string): Promise<DrillRow> {
  const row = await store.read((reader) => drillById(reader, id));
  if (row === undefined) throw new NotFoundError('drill-unknown', `There is no drill ${id}.`);
  return row;
}

/** What is being computed ends after its present step. @throws NotFoundError, ConflictError when it is over */
export async function cancelDrill({ store, clock }: Context, actor: Actor, id: string): Promise<DrillRow> {
  return await store.tx(async (tx) => {
    const row = await drillById(tx, id);
    if (row === undefined) throw new NotFoundError('drill-unknown', `There is no drill ${id}.`);
    if (row.state !== 'waiting' && row.state !== 'running') throw new ConflictError('drill-over', `That drill is ${row.state} already.`);
    const change = { state: 'cancelled', stateReason: `${actor.name} cancelled it`, stateSaid: [{ code: 'cancelled-by', values: { by: actor.name } }], endedAt: clock.now() } as const;
    await updateDrill(tx, id, change);
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'drill.cancelled', subjectType: 'drill', subjectId: id, subject: row.title, message: `${actor.name} cancelled the drill "${row.title}"` });
    return { ...row, ...change };
  });
}
