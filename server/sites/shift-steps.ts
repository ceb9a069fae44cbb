// Carries shifts on: the next step when its time has come and the other side has the replicas for it, until the last one writes the weights to
// the names. What waits says for what.
import { said, saying, type Saying } from '#scheduler/said.ts';
import { shares } from '#scheduler/sites/share.ts';
import { isRefusal } from '#scheduler/size.ts';
import type { Context } from '../context.ts';
import { dnsNameByName, putDnsName } from '../db/dns-names.ts';
import { appendEvent } from '../db/events.ts';
import { putSiteMark } from '../db/site-marks.ts';
import { type ShiftRow, shiftById, shiftsIn, updateShift } from '../db/shifts.ts';
import type { Tx } from '../db/store.ts';
import { nearbyOf } from './nearby.ts';
import { weightsAtStep } from './weights.ts';

/** @returns how many are under way */
export async function carryOn(context: Context): Promise<number> {
  const { store, clock } = context;
  const rows = await store.read((reader) => shiftsIn(reader, ['applying']));
  for (const row of rows) {
    const wait = await waitOf(context, row);
    if (wait === 'time') continue;
    await store.tx(async (tx) => {
      const now = await shiftById(tx, row.id);
      if (now === undefined || now.state !== 'applying' || now.step !== row.step) return;
      if (wait !== null) {
        if (wait.code !== row.waitCode || wait.sentence !== row.waitReason) await updateShift(tx, row.id, { waitCode: wait.code, waitReason: wait.sentence, waitSaid: wait.said });
        return;
      }
      const step = now.step + 1;
      await updateShift(tx, row.id, { step, stepAt: clock.now(), waitCode: null, waitReason: '', waitSaid: null });
      for (const { name } of row.changes) tx.changed('names', name);
      await appendEvent(tx, { at: clock.now(), actor: 'firn', kind: 'shift.step', subjectType: 'shift', subjectId: row.id, subject: row.title, message: `"${row.title}": step ${step} of ${row.steps} is in force` });
      if (step >= now.steps) await finish(context, tx, { ...now, step });
    });
  }
  return rows.length;
}

async function finish({ clock }: Context, tx: Tx, row: ShiftRow): Promise<void> {
  for (const { name, after } of row.changes) {
    const known = await dnsNameByName(tx, name);
    if (known !== undefined) await putDnsName(tx, { ...known, weights: { ...known.weights, ...after }, updatedBy: row.appliedBy ?? row.createdBy, updatedAt: clock.now() });
  }
  if (row.kind === 'drain' && row.site !== null) await putSiteMark(tx, { site: row.site, name: '', kind: 'drained', by: row.appliedBy ?? row.createdBy, since: clock.now(), reason: row.reason === '' ? row.title : row.reason, said: row.reason === '' ? [{ code: 'drain-of', values: { site: row.site } }] : null });
  const carried = said('carried-out', { seconds: row.plan.doneAfterSeconds }, 'Carried out. Clients follow within {seconds} s of the first step, but for those that never ask again.');
  await updateShift(tx, row.id, { state: 'done', finishedAt: clock.now(), stateReason: carried.sentence, stateSaid: [saying(carried)] });
  await appendEvent(tx, { at: clock.now(), actor: 'firn', kind: 'shift.done', subjectType: 'shift', subjectId: row.id, subject: row.title, message: `"${row.title}" is carried out` });
}

type Wait = { readonly code: 'replicas' | 'site-failed'; readonly sentence: string; readonly said: readonly Saying[] };

async function waitOf(context: Context, row: ShiftRow): Promise<Wait | 'time' | null> {
  if (row.stepAt !== null && context.clock.now() - row.stepAt < row.stepSeconds * 1000) return 'time';
  const { steering: { directory }, present } = context;
  const now = await present.read();
  for (const { name } of row.changes) {
    const known = directory.names.get(name);
    if (known === undefined || known.workload === null) continue;
    const workload = now.base.workloads.get(known.workload.id);
    if (workload === undefined) continue;
    const { spec, standings } = known.ready;
    const serving = standings.filter(({ code }) => code !== 'stage' && code !== 'one-way-data').map(({ site }) => site);
    const part = (step: number) => shares(spec, weightsAtStep(row, name, step) ?? {}, serving, nearbyOf(context, name));
    const [before, next] = [part(row.step), part(row.step + 1)];
    const sizing = now.sizingOf(workload);
    for (const standing of standings) {
      const share = next[standing.site] ?? 0;
      if (share <= (before[standing.site] ?? 0)) continue;
      if (standing.code === 'failed') return { code: 'site-failed', sentence: `${standing.why}: nothing more is shifted there`, said: [standing.said, { code: 'nothing-more', values: {} }] };
      // What must still run after any loss carries the peak: headroom and what is there to survive are the business of all sites together.
      const needed = isRefusal(sizing) ? 1 : Math.ceil((sizing.mustRemain * share) / 1000);
      const serve = standing.healthy.length + standing.leaving.length;
      const lacks = said('step-needs', { step: row.step + 1, needed, name: workload.name, site: standing.site, serve }, 'step {step} needs {needed} healthy replicas of {name} at {site}, and {serve} are there');
      if (serve < needed) return { code: 'replicas', sentence: lacks.sentence, said: [saying(lacks)] };
    }
  }
  return null;
}
