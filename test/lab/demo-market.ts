/**
 * What makes the demo's market move, set up through the API as people would, each thing once in the life of the data folder: services that follow demand with
 * a past that is made up, a signal, two sites with stages and names, a pool whose VMs can be bought, and a drill. What is there is left as it is.
 */
import type { AutoscaleView, BurstSettingsInput, BurstSettingsView, DrillAskInput, NameInputIn, ProvisionerEditInput, ServiceView, SiteInputIn, StagesInput } from '#server/http/contract/index.ts';
import type { Context } from '#server/context.ts';
import type { Api } from './api.ts';
import { DAY_MINUTES, turnoverAt } from './demo-day.ts';
import { playPast } from './demo-history.ts';
import { type DemoService, ENVIRONMENT, TEAM, TURNOVER } from './demo-services.ts';
import { demandOf, NEAR } from './demo-traffic.ts';
import { untilUnless } from './until.ts';

const MINUTE_MS = 60_000;
const PATIENCE_MS = 60_000;
/** A service that follows begins with room for twice the demand of the moment, and with replicas that carry it at this share of their CPU: its first step out is there to be seen. */
const FIRST_TIMES = 2;
const FIRST_BUSY = 0.7;
/** Of the shapes that the demo asks for. */
const CPU_MILLI: Readonly<Record<string, number>> = { quarter: 1_000, half: 2_000, standard: 4_000 };
/** Eight days: what is usual is told by days of the same kind. Sent in parts of so many minutes. */
const SIGNAL_PAST_MINUTES = 11_520;
const SIGNAL_PART = 3_840;

export interface DemoCloud {
  /** Ranges of bought VMs are cut from here. */
  readonly rangeSupernet: string;
  readonly capacity: { readonly cpuMilli: number; readonly memoryMib: number };
  /** Bought at the first start, so that there is a VM to look at; a lab's machine is spared that. */
  readonly buysAtFirst: number;
}

/** @returns when everything is there; what is slow goes on afterwards by itself. Rejects with the server's sentence. */
export async function setUpMarket(api: Api, context: Context, services: readonly DemoService[], cloud: DemoCloud, signal: AbortSignal): Promise<void> {
  await ensureSignal(api);
  await Promise.all(services.map((service) => follow(api, context, service, signal)));
  await ensureSites(api, services);
  await ensureBurst(api, cloud);
  await ensureDrill(api, services);
}

const pathOf = (workloadId: string): string => `/workloads/${workloadId}/autoscale`;

async function workloadOf(api: Api, { draft }: DemoService): Promise<ServiceView['workloads'][number] | undefined> {
  const { items } = await api.get<{ items: ServiceView[] }>('/services');
  return items.find(({ name }) => name === draft.service)?.workloads.find(({ environment }) => environment === ENVIRONMENT);
}

/** Asks for a service as its team would. What autoscales begins small, and is granted the rest once it follows. */
export async function ensureService(api: Api, service: DemoService): Promise<void> {
  if ((await workloadOf(api, service)) !== undefined) return;
  const { draft, settings } = service;
  const first = Math.max(1, Math.min(draft.peakQps, FIRST_TIMES * demandOf(service, Date.now())));
  await api.post('/requests', settings.mode === 'on' ? { ...draft, peakQps: first } : draft);
}

function firstReplicas(service: DemoService): number {
  const { profile, shape = 'standard' } = service.draft;
  const fullQps = Math.min((CPU_MILLI[shape] ?? 0) / profile.cpuMsPerRequest, profile.maxQps ?? Number.POSITIVE_INFINITY);
  return Math.ceil(demandOf(service, Date.now()) / (fullQps * FIRST_BUSY));
}

async function follow(api: Api, context: Context, service: DemoService, signal: AbortSignal): Promise<void> {
  const { draft, settings } = service;
  const workload = await workloadOf(api, service);
  if (workload === undefined) return;
  const { version, bounds } = await api.get<AutoscaleView>(pathOf(workload.id));
  const isNew = version === 0;
  if (isNew && settings.mode === 'on') {
    const max = Math.max(1, Math.min(bounds.granted - 1, firstReplicas(service)));
    await api.put(pathOf(workload.id), { settings: { ...settings, schedules: [], signals: [], max }, why: 'the demo: begins with few, so that its first step out can be seen' });
    await untilUnless(signal, `${workload.name} follows demand`, async () => ((await api.get<AutoscaleView>(pathOf(workload.id))).decision?.replicas ?? max + 1) <= max, PATIENCE_MS);
    await api.post('/requests', draft);
  }
  await playPast(context, workload.id, settings, (at) => demandOf(service, at));
  if (!isNew) return;
  await api.put(pathOf(workload.id), { settings, why: `the demo: a made-up market day of ${DAY_MINUTES} minutes, again and again; what is older than its first start was computed from the same day and not measured` });
  // That it was at the maximum that it began with alarms nobody.
  context.autoscale.of(workload.id).alerts = {};
}

/** A signal with a past, which is made up as well. */
async function ensureSignal(api: Api): Promise<void> {
  const { items } = await api.get<{ items: { name: string }[] }>('/signals');
  if (items.some(({ name }) => name === TURNOVER)) return;
  await api.put(`/signals/${TURNOVER}`, { title: 'Turnover (demo)', unit: 'bn CNY', team: TEAM });
  const now = Date.now();
  const values = Array.from({ length: SIGNAL_PAST_MINUTES }, (_, index) => now - (SIGNAL_PAST_MINUTES - index) * MINUTE_MS).map((at) => ({ at: new Date(at).toISOString(), value: turnoverAt(at) }));
  for (let from = 0; from < values.length; from += SIGNAL_PART) await api.post(`/signals/${TURNOVER}`, { values: values.slice(from, from + SIGNAL_PART) });
}

/** The cloud is fed from the data centre: what only reads serves there. */
const SITES: Readonly<Record<string, SiteInputIn>> = {
  dc1: { clients: [NEAR.dc1], regions: ['Shanghai'], links: [{ to: 'vpc1', data: 'one-way' }], note: 'the demo: our own data centre' },
  vpc1: { clients: [NEAR.vpc1], regions: ['Guangzhou'], note: 'the demo: rented, for reads' },
};
const STAGES: Readonly<Record<string, StagesInput>> = {
  front: { layer: 'access', isReadOnly: true, stages: { dc1: 'active-active', vpc1: 'proxy-back' } },
  quote: { layer: 'service', isReadOnly: true, stages: { dc1: 'active-active', vpc1: 'read-only' } },
};

async function ensureSites(api: Api, services: readonly DemoService[]): Promise<void> {
  const known = await api.get<{ items: { name: string; isDeclared: boolean }[] }>('/sites');
  for (const [name, site] of Object.entries(SITES)) if (!known.items.some((each) => each.name === name && each.isDeclared)) await api.put(`/sites/${name}`, site);
  const names = await api.get<{ items: { name: string }[] }>('/names');
  if (names.items.length === 0) await api.put('/failover', FAILOVER);
  for (const { draft: { service }, name } of services) {
    if (name === undefined || names.items.some((each) => each.name === name)) continue;
    if (STAGES[service] !== undefined) await api.put(`/stages/${service}/${ENVIRONMENT}`, STAGES[service]);
    await api.put(`/names/${name}`, { service, environment: ENVIRONMENT, port: 8080, ttlSeconds: 10, mostAddresses: 16, order: ['dc1', 'vpc1'] } satisfies NameInputIn);
  }
}

/** A start of the demo empties a site for some seconds, which is no reason to leave it; and nobody waits two minutes to see clients come back. */
const FAILOVER = { downAfterSeconds: 20, upAfterSeconds: 20 };

const POOL = 'large';
const RULES: BurstSettingsInput = { mode: 'propose', capCentsPerHour: 1_000, capCentsPerDay: 10_000, warmRoom: { production: 100 }, retreat: { holdMinutes: 10 } };

async function ensureBurst(api: Api, { rangeSupernet, capacity, buysAtFirst }: DemoCloud): Promise<void> {
  if ((await api.get<BurstSettingsView>('/burst/settings')).version > 0) return;
  await api.put(`/pools/${POOL}`, { site: 'vpc1', capacity, costCentsPerHour: 240, limit: 3 });
  await api.put(`/burst/provisioners/${POOL}`, { hook: 'lab', rangeSupernet, billingMinutes: 60 } satisfies ProvisionerEditInput);
  await api.put('/burst/settings', RULES);
  if (buysAtFirst > 0) await api.post('/burst/buy', { mix: [{ pool: POOL, count: buysAtFirst }], reason: 'the demo: a VM to look at' });
}

async function ensureDrill(api: Api, services: readonly DemoService[]): Promise<void> {
  if ((await api.get<{ items: unknown[] }>('/drills')).items.length > 0) return;
  const drilled = await Promise.all(services.filter(({ settings }) => settings.mode === 'on').map((service) => workloadOf(api, service)));
  const ask: DrillAskInput = { title: 'The demo: a hot day, four times as hot', day: { kind: 'shipped', name: 'hot-day' }, times: 4, workloads: drilled.flatMap((workload) => (workload === undefined ? [] : [{ workloadId: workload.id }])) };
  await api.post('/drills', ask);
}
