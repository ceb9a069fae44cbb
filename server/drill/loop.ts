// Runs drills one after the other: the day as it is, then each remedy, every run a question to a thread of their own. Between two runs it looks whether
// somebody cancelled. A drill that a restart interrupted begins anew, unless its trace is gone.
import type { Remedy } from '#scheduler/drill/model.ts';
import { remediesFor } from '#scheduler/drill/remedies.ts';
import type { Context } from '../context.ts';
import type { Loop } from '../control/driver.ts';
import { drillById, type DrillHead, drillsIn, dropOldDrills, packReport, updateDrill } from '../db/drills.ts';
import { appendEvent } from '../db/events.ts';
import { DomainError, UnavailableError } from '../errors.ts';
import type { DrillAsk } from '../http/contract/drill.ts';
import { type PreparedDrill, prepareDrill } from './input.ts';
import { reportOf, totalsOf, type Tried } from './report.ts';

const EVERY_MS = 10_000;
/** Of one run of a day. */
const DEADLINE_MS = 600_000;
const KEPT = 100;

export function drillsLoop(context: Context): Loop {
  return {
    name: 'drills',
    everyMs: EVERY_MS,
    run: async () => {
      const open = await context.store.read((reader) => drillsIn(reader, ['running', 'waiting']));
      for (const row of open) await runOne(context, row);
      return open.length === 0 ? 'no drill waits' : `${open.length} drills were run`;
    },
  };
}

async function runOne(context: Context, row: DrillHead): Promise<void> {
  const { store, clock, drillTraces } = context;
  try {
    if (!(await tell(context, row.id, { state: 'running', phase: 'the day as it is', progressPermille: 20 }))) return;
    const prepared = await prepareDrill(context, withTrace(row.ask, drillTraces.get(row.id)));
    const outcome = await runDay(context, prepared, null);
    const remedies = remediesFor(outcome, prepared.input);
    const tried: Tried[] = [];
    for (const [index, remedy] of remedies.entries()) {
      if (!(await tell(context, row.id, { phase: remedy.code, progressPermille: Math.round((1000 * (index + 1)) / (remedies.length + 1)) }))) return;
      tried.push({ remedy, outcome: await runDay(context, { ...prepared, input: { ...prepared.input, learnt: outcome.learnt } }, remedy) });
    }
    const report = reportOf(prepared, outcome, tried);
    drillTraces.delete(row.id);
    await store.tx(async (tx) => {
      if ((await drillById(tx, row.id))?.state !== 'running') return;
      await updateDrill(tx, row.id, { state: 'done', progressPermille: 1000, phase: 'done', totals: totalsOf(outcome.totals), verdict: report.verdict, report: packReport(report), endedAt: clock.now() });
      await appendEvent(tx, { at: clock.now(), actor: 'firn', kind: 'drill.done', subjectType: 'drill', subjectId: row.id, subject: row.title, message: `The drill "${row.title}" is done: ${report.verdict.sentence}` });
      await dropOldDrills(tx, KEPT);
    });
  } catch (error) {
    await fail(context, row, error);
  }
}

/** @throws DomainError where the trace did not survive a restart */
function withTrace(ask: DrillAsk, csv: string | undefined): DrillAsk {
  if (ask.day.kind !== 'trace') return ask;
  if (csv === undefined) throw new UnavailableError('drill-lost', 'The server was started again before the drill ran, and a trace is not kept: ask for it again.');
  return { ...ask, day: { ...ask.day, csv } };
}

/** In a thread of its own: a run takes longer than anybody who asks something else would wait. */
const runDay = ({ drillQuestions }: Context, { present, input }: PreparedDrill, remedy: Remedy | null) => drillQuestions.ask('drill', present.snapshot, { input, remedy }, { deadlineMs: DEADLINE_MS });

/** @returns false: it was cancelled meanwhile */
async function tell({ store }: Context, id: string, change: Parameters<typeof updateDrill>[2]): Promise<boolean> {
  return await store.tx(async (tx) => {
    const state = (await drillById(tx, id))?.state;
    if (state !== 'waiting' && state !== 'running') return false;
    await updateDrill(tx, id, change);
    return true;
  });
}

async function fail({ store, clock, log }: Context, row: DrillHead, error: unknown): Promise<void> {
  const isStopping = error instanceof UnavailableError && error.message === 'The server is stopping.';
  const isKnown = error instanceof DomainError;
  const [code, reason] = isKnown ? [error.code, error.message] : ['drill-failed', 'The drill failed: the log has the reason.'];
  if (!isKnown) log.error({ err: error, drill: row.id }, 'drill.failed');
  await store.tx(async (tx) => {
    if ((await drillById(tx, row.id))?.state !== 'running') return;
    // A restart begins it anew.
    await updateDrill(tx, row.id, isStopping ? { state: 'waiting', phase: 'waits for its turn', progressPermille: 0 } : { state: 'failed', stateReason: reason, stateSaid: [{ code, values: {} }], endedAt: clock.now() });
  });
}
