// Signals from outside: which there are, what was pushed, who listens, and what a rule would have done.
import { createRoute } from '@hono/zod-openapi';
import { isHigh } from '#scheduler/autoscale/signals.ts';
import type { Context } from '../context.ts';
import { listAutoscaleSettings } from '../db/autoscale.ts';
import { listSignals, type SignalRow } from '../db/signals.ts';
import { listWorkloads } from '../db/workloads.ts';
import { ForbiddenError, InvalidError } from '../errors.ts';
import { knownSignal } from '../market/signal-memory.ts';
import { pushSignal, removeSignal, setSignal, signalNamed, tryRule } from '../market/signals.ts';
import { Name, z } from './contract/common.ts';
import { BackTestAsk, BackTestView, SignalEdit, SignalPushed, SignalRange, type SignalRule, Signals, SignalSeries, SignalValues, SignalView } from './contract/market.ts';
import type { Limiter } from './limits.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, type Actor, credentialOf, requireTeam, secured } from './secured.ts';
import { showBackTest } from './show/market.ts';
import { instant } from './show/show.ts';

const MINUTE_MS = 60_000;
const SILENT_MS = 10 * MINUTE_MS;
const MOST_POINTS = 1_440;
const LONGEST_MS = 400 * 86_400_000;

const params = z.object({ name: Name });
const listRoute = createRoute({ method: 'get', path: '/signals', operationId: 'listSignals', summary: 'Every signal, its last value, and who listens', middleware: secured('read'), responses: { ...answer(200, 'By name', Signals), ...problems } });
const putRoute = createRoute({ method: 'put', path: '/signals/{name}', operationId: 'setSignal', summary: 'Declare a signal, or change it', middleware: secured('market.manage'), request: { params, body: jsonBody(SignalEdit) }, responses: { ...answer(200, 'As it is now', SignalView), ...problems, ...conflict } });
const removeRoute = createRoute({ method: 'delete', path: '/signals/{name}', operationId: 'removeSignal', summary: 'Remove a signal with its values', middleware: secured('market.manage'), request: { params }, responses: { 204: { description: 'Removed' }, ...problems, ...notFound } });
const pushRoute = createRoute({ method: 'post', path: '/signals/{name}', operationId: 'pushSignal', summary: 'Push values of a signal', middleware: secured('metrics.push'), request: { params, body: jsonBody(SignalValues) }, responses: { ...answer(200, 'Stored', SignalPushed), ...problems, ...notFound } });
const valuesRoute = createRoute({ method: 'get', path: '/signals/{name}/values', operationId: 'getSignalValues', summary: 'A signal over time, with what is usual', middleware: secured('read'), request: { params, query: SignalRange }, responses: { ...answer(200, 'At most 1,440 points', SignalSeries), ...problems, ...notFound } });
const testRoute = createRoute({ method: 'post', path: '/signals/{name}/back-test', operationId: 'backTestSignal', summary: 'What a rule on this signal would have done for a workload', middleware: secured('read'), request: { params, body: jsonBody(BackTestAsk) }, responses: { ...answer(200, 'Lead, hits, false alarms, cost', BackTestView), ...problems, ...notFound } });

/** `/signals`. */
export function signalsApi(context: Context, limiter: Limiter) {
  const { store, clock, market } = context;
  return newApi()
    .openapi(listRoute, async (c) => {
      const rows = await store.read(listSignals);
      const listeners = await listenersFor(context, actor(c));
      return c.json({ items: await Promise.all(rows.map((row) => show(context, row, listeners))), next: null }, 200);
    })
    .openapi(putRoute, async (c) => c.json(await show(context, await setSignal(context, actor(c), c.req.valid('param').name, c.req.valid('json')), await listenersFor(context, actor(c))), 200))
    .openapi(removeRoute, async (c) => {
      await removeSignal(context, actor(c), c.req.valid('param').name);
      return c.body(null, 204);
    })
    .openapi(pushRoute, async (c) => {
      await limiter.push(credentialOf(c), 'name', c.req.valid('param').name);
      const row = await store.read((reader) => signalNamed(reader, c.req.valid('param').name));
      if (row.team !== null) requireTeam(c, 'metrics.push', row.team);
      else if (actor(c).teams('metrics.push') !== null) throw new ForbiddenError('permission-missing', `${actor(c).name} may push for single teams only, and the signal ${row.name} belongs to none: it needs metrics.push everywhere.`);
      const { values } = c.req.valid('json');
      return c.json({ stored: await pushSignal(context, row, { values }), values: values.length }, 200);
    })
    .openapi(valuesRoute, async (c) => {
      const { from, to } = c.req.valid('query');
      const row = await store.read((reader) => signalNamed(reader, c.req.valid('param').name));
      return c.json(await series(context, row, Date.parse(from), Math.min(Date.parse(to), clock.now() + MINUTE_MS)), 200);
    })
    .openapi(testRoute, async (c) => {
      const { name } = c.req.valid('param');
      await market.calendars.reload(clock.now());
      const { result, workload, team } = await tryRule(context, name, c.req.valid('json'));
      requireTeam(c, 'read', team);
      return c.json(showBackTest(name, workload, result), 200);
    });
}

interface Listener {
  readonly workload: string;
  readonly workloadId: string;
  readonly rule: SignalRule;
}

/** Rules of workloads whose teams the caller may read. */
async function listenersFor({ store }: Context, who: Actor): Promise<Listener[]> {
  const { settings, workloads } = await store.read(async (reader) => ({ settings: await listAutoscaleSettings(reader), workloads: await listWorkloads(reader) }));
  return workloads.filter(({ team }) => who.can('read', team)).flatMap(({ id, service, environment }) => (settings.get(id)?.settings.signals ?? []).map((rule) => ({ workload: `${service}.${environment}`, workloadId: id, rule })));
}

async function show({ store, clock, market }: Context, row: SignalRow, listeners: readonly Listener[]): Promise<SignalView> {
  const now = clock.now();
  const known = await store.read((reader) => knownSignal(reader, row, now - 86_400_000, now + MINUTE_MS, market.years()));
  const last = known.points.at(-1);
  const { createdAt, ...rest } = row;
  return {
    ...rest,
    createdAt: instant(createdAt),
    last: last === undefined ? null : { at: instant(last.at), value: last.value },
    usual: known.usual(now),
    isSilent: last === undefined || now - last.at > SILENT_MS,
    rules: listeners.filter(({ rule }) => rule.signal === row.name).map((listener) => ({ ...listener, isActive: last !== undefined && now - last.at <= SILENT_MS && isHigh(listener.rule, last, known.usual) })),
  };
}

async function series({ store, market }: Context, row: SignalRow, from: number, to: number): Promise<SignalSeries> {
  if (!(to > from && to - from <= LONGEST_MS)) throw new InvalidError('range-invalid', 'to must be after from, by at most 400 days.', [{ field: 'to', value: instant(to), message: 'is out of range', allowed: 'at most 400 days after from' }]);
  const known = await store.read((reader) => knownSignal(reader, row, from, to, market.years()));
  const stepMs = Math.max(1, Math.ceil((to - from) / MINUTE_MS / MOST_POINTS)) * MINUTE_MS;
  const start = Math.floor(from / MINUTE_MS) * MINUTE_MS;
  const groups = Map.groupBy(known.points, ({ at }) => Math.floor((at - start) / stepMs));
  const points = Array.from({ length: Math.ceil((to - start) / stepMs) }, (_, index) => {
    const values = groups.get(index)?.map(({ value }) => value) ?? [];
    const at = start + index * stepMs;
    return { at: instant(at), value: values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length, usual: known.usual(at) };
  });
  return { name: row.name, unit: row.unit, stepSeconds: stepMs / 1000, points };
}
