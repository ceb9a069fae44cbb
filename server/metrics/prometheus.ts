// Teams' own Prometheus servers as sources of arrivals: who added which, the loop that asks those whose time has come, and what came of it, in memory.
// A silent server never becomes a zero: its last number stays, with its age and what is wrong.
import type { Context } from '../context.ts';
import type { Loop } from '../control/driver.ts';
import type { Actor } from '../requests/submit.ts';
import { appendEvent } from '../db/events.ts';
import { deletePrometheusSource, listPrometheusSources, prometheusSourceById, prometheusSourceNamed, type PrometheusSourceRow, putPrometheusSource } from '../db/prometheus-sources.ts';
import { workloadById, workloadName, type WorkloadRow } from '../db/workloads.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { PrometheusSourceAsk, PrometheusSourceEdit } from '../http/contract/metrics.ts';
import type { PrometheusReading } from './metrics.ts';
import { askPrometheus, type Said, whyNeverAsked } from './prometheus-ask.ts';

/** The finest `everySeconds`. */
const EVERY_MS = 2_000;
const ASKED_AT_ONCE = 8;
/** One that cannot be asked must not keep a workload's other sources from being believed for ever. */
const MOST_PER_WORKLOAD = 8;

export interface PrometheusState {
  readonly askedAt: number;
  readonly said: Said;
  /** The last number, and when. */
  readonly last: { readonly qps: number; readonly at: number } | null;
}
/** By source id. */
export type PrometheusStates = Map<string, PrometheusState>;

export function prometheusLoop(context: Context): Loop {
  const { metrics, store, clock, config } = context;
  const asking = new Set<string>();
  const states = metrics.prometheusStates;
  let rows: readonly PrometheusSourceRow[] = [];
  const ask = async (row: PrometheusSourceRow): Promise<void> => {
    asking.add(row.id);
    try {
      const askedAt = clock.now();
      const said = await askPrometheus({ url: row.url, query: row.query, allow: config.prometheusAllow });
      states.set(row.id, { askedAt, said, last: said.qps === null ? (states.get(row.id)?.last ?? null) : { qps: said.qps, at: askedAt } });
    } finally {
      asking.delete(row.id);
      publish(context, rows, states);
    }
  };
  return {
    name: 'prometheus',
    everyMs: EVERY_MS,
    run: async () => {
      rows = (await store.read(listPrometheusSources)).filter(({ isEnabled }) => isEnabled);
      for (const id of states.keys()) if (!rows.some((row) => row.id === id)) states.delete(id);
      const now = clock.now();
      const due = rows.filter(({ id, everySeconds }) => !asking.has(id) && now - (states.get(id)?.askedAt ?? 0) >= everySeconds * 1000 - EVERY_MS / 2).slice(0, ASKED_AT_ONCE - asking.size);
      // One that hangs must not hold up the others: the next run looks what came of it.
      for (const row of due) void ask(row);
      publish(context, rows, states);
      const failing = rows.filter(({ id }) => (states.get(id)?.said.problem ?? null) !== null).length;
      return rows.length === 0 ? 'no Prometheus server is asked' : `${rows.length} queries, ${failing} of them without an answer`;
    },
  };
}

/** What latest() takes. */
function publish({ metrics }: Context, rows: readonly PrometheusSourceRow[], states: PrometheusStates): void {
  metrics.prometheus.clear();
  for (const [workloadId, own] of Map.groupBy(rows, (row) => row.workloadId)) metrics.prometheus.set(workloadId, own.flatMap((row) => readingOf(row, states.get(row.id)) ?? []));
}

function readingOf({ id, name }: PrometheusSourceRow, state: PrometheusState | undefined): PrometheusReading | undefined {
  if (state === undefined) return undefined;
  return { sourceId: id, source: name, kind: 'prometheus', qps: state.last?.qps ?? null, rejectedPerSecond: null, errorsPerSecond: null, p99Ms: null, at: state.last?.at ?? state.askedAt, reporting: null, of: null, problem: state.said.problem };
}

/** @throws InvalidError for an address that is never asked, ConflictError when the name is taken or there are too many */
export async function addPrometheusSource(context: Context, actor: Actor, workload: WorkloadRow, { name, url, query, everySeconds, isEnabled }: PrometheusSourceAsk): Promise<PrometheusSourceRow> {
  const { store, ids, clock, config, loops } = context;
  const refused = whyNeverAsked(url, config.prometheusAllow);
  if (refused !== null) throw new InvalidError('prometheus-url', `url ${refused}.`, [{ field: 'url', value: new URL(url).host, message: refused }]);
  return await store.tx(async (tx) => {
    if ((await prometheusSourceNamed(tx, workload.id, name)) !== undefined) throw new ConflictError('prometheus-exists', `${workloadName(workload)} has a Prometheus source ${name} already.`, [{ field: 'name', value: name, message: 'is taken' }]);
    if ((await listPrometheusSources(tx)).filter(({ workloadId }) => workloadId === workload.id).length >= MOST_PER_WORKLOAD) throw new ConflictError('prometheus-many', `${workloadName(workload)} has ${MOST_PER_WORKLOAD} Prometheus sources, which is the most.`);
    const row: PrometheusSourceRow = { id: ids.next(), workloadId: workload.id, name, url, query, everySeconds, isEnabled, createdBy: actor.name, createdAt: clock.now() };
    await putPrometheusSource(tx, row);
    await note(context, tx, workload, actor, `${actor.name} has arrivals of ${workloadName(workload)} read from ${new URL(url).host} (${name})`);
    tx.afterCommit(() => loops.wake('prometheus'));
    return row;
  });
}

/** @throws NotFoundError */
export async function editPrometheusSource(context: Context, actor: Actor, id: string, edit: PrometheusSourceEdit): Promise<PrometheusSourceRow> {
  return await context.store.tx(async (tx) => {
    const before = await prometheusSourceById(tx, id);
    const workload = before === undefined ? undefined : await workloadById(tx, before.workloadId);
    if (before === undefined || workload === undefined) throw sourceUnknown(id);
    const row = { ...before, query: edit.query ?? before.query, everySeconds: edit.everySeconds ?? before.everySeconds, isEnabled: edit.isEnabled ?? before.isEnabled };
    await putPrometheusSource(tx, row);
    await note(context, tx, workload, actor, `${actor.name} changed the Prometheus source ${row.name} of ${workloadName(workload)}`);
    tx.afterCommit(() => {
      // What was said was said of another query.
      if (row.query !== before.query) context.metrics.prometheusStates.delete(id);
      context.loops.wake('prometheus');
    });
    return row;
  });
}

/** @throws NotFoundError */
export async function removePrometheusSource(context: Context, actor: Actor, id: string): Promise<void> {
  await context.store.tx(async (tx) => {
    const row = await prometheusSourceById(tx, id);
    if (row === undefined) throw sourceUnknown(id);
    const workload = await workloadById(tx, row.workloadId);
    await deletePrometheusSource(tx, row);
    if (workload !== undefined) await note(context, tx, workload, actor, `${actor.name} removed the Prometheus source ${row.name} of ${workloadName(workload)}`);
    tx.afterCommit(() => context.loops.wake('prometheus'));
  });
}

export const sourceUnknown = (id: string): NotFoundError => new NotFoundError('prometheus-unknown', `There is no Prometheus source ${id}.`);

async function note({ clock }: Context, tx: Parameters<typeof appendEvent>[0], workload: WorkloadRow, actor: Actor, message: string): Promise<void> {
  await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'metrics.source-changed', subjectType: 'workload', subjectId: workload.id, subject: workloadName(workload), team: workload.team, message });
}
