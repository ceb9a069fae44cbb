// Drills: a recorded day, times k, replayed against the fleet, quotas, policy, pools and autoscale settings as they are now. Nothing is changed
// by one; its report is kept as a link. Amounts of money are in cents of the server's currency.
import { Id, Instant, Said, Saying, list, z } from './common.ts';

/** Where the day comes from: a file `time,qps`, what a workload was really asked on a day, or a hot day that comes with the product. */
export const DrillDay = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('trace'), csv: z.string().min(1).max(900_000).openapi({ description: '`time,qps` lines; one day of them, the last whole one where there are several' }), name: z.string().max(100).default('') }),
    z.strictObject({ kind: z.literal('recorded'), workloadId: Id, date: z.iso.date().openapi({ description: 'a day of Asia/Shanghai' }) }),
    z.strictObject({ kind: z.literal('shipped'), name: z.enum(['hot-day', 'usual-day', 'news-burst']) }),
  ])
  .openapi('DrillDay');
export type DrillDay = z.output<typeof DrillDay>;
export const DrillAsk = z
  .strictObject({
    title: z.string().trim().max(100).default(''),
    day: DrillDay,
    times: z.number().min(0.01).max(100).default(1).openapi({ description: 'demand is this many times the day' }),
    workloads: z
      .array(z.strictObject({ workloadId: Id, times: z.number().min(0.01).max(100).default(1), peakQps: z.number().positive().max(1e9).nullable().default(null).openapi({ description: "the day's peak becomes this, before `times`; null: a shipped day peaks at what the workload asked for, others stay as they are" }) }))
      .min(1)
      .max(50),
    startDelaySeconds: z.int().min(0).max(3_600).nullable().default(null).openapi({ description: 'null: 5 s on hosts that are there' }),
    vmDelaySeconds: z.int().min(0).max(3_600).default(120).openapi({ description: 'until a bought VM takes replicas' }),
    mayBuy: z.boolean().default(true).openapi({ description: 'whether VMs of the pools are bought when room runs out' }),
    spendCapCents: z.int().min(0).max(1_000_000_000).nullable().default(null).openapi({ description: "what bought VMs may cost in the day; null: the policy's cap alone" }),
  })
  .openapi('DrillAsk');
export type DrillAsk = z.output<typeof DrillAsk>;
export type DrillAskInput = z.input<typeof DrillAsk>;

export const RunsOut = z.enum(['max', 'quota', 'private-room', 'addresses', 'cloud-limit', 'spend-cap', 'not-cloud-eligible', 'start-delay']);
export const DrillEvent = z
  .object({
    at: Instant,
    until: Instant.nullable(),
    what: RunsOut,
    workload: z.string().nullable(),
    wanted: z.number(),
    available: z.number(),
    shedRequests: z.number().openapi({ description: 'requests shed while it held' }),
    sentence: z.string(),
  })
  .openapi('DrillEvent');
export type DrillEvent = z.infer<typeof DrillEvent>;
export const DrillTotals = z
  .object({
    requests: z.number(),
    shedRequests: z.number(),
    shedPercent: z.number(),
    worstMinute: z.object({ at: Instant, shedPercent: z.number() }).nullable(),
    minutesShedding: z.int(),
    riskPercent: z.number().openapi({ description: 'share of requests that arrived while replicas were busier than 85 %' }),
    peakQps: z.number(),
    peakReplicas: z.int(),
    peakHosts: z.int(),
    boughtVms: z.int().openapi({ description: 'at most at once' }),
    vmHours: z.number(),
    cloudCents: z.number(),
    fleetCents: z.number().openapi({ description: 'hosts in use over the whole day, bought ones among them' }),
    changes: z.int().openapi({ description: 'changes of replicas' }),
  })
  .openapi('DrillTotals');
export type DrillTotals = z.infer<typeof DrillTotals>;
export const DrillRemedy = z
  .object({
    code: z.enum(['more-quota', 'higher-max', 'autoscale-on', 'warm-room', 'earlier-floor', 'another-pool', 'higher-spend-cap', 'allow-cloud', 'all-together']),
    sentence: z.string().openapi({ description: 'what was tried, with its figures' }),
    data: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
    shedPercent: z.number(),
    savedRequests: z.number(),
    extraCents: z.number(),
    helps: z.boolean(),
  })
  .openapi('DrillRemedy');
export type DrillRemedy = z.infer<typeof DrillRemedy>;
const Points = z.array(z.number().nullable()).max(721);
export const DrillSeries = z
  .object({
    from: Instant,
    stepSeconds: z.int().openapi({ description: 'at most about 720 points a day' }),
    demandQps: Points,
    capacityQps: Points.openapi({ description: 'what the ready replicas carry at 100 %' }),
    shedQps: Points,
    replicas: Points,
    wantedReplicas: Points,
    hosts: Points,
    boughtVms: Points,
    centsPerHour: Points,
  })
  .openapi('DrillSeries');
export type DrillSeries = z.infer<typeof DrillSeries>;
export const DrillVerdict = z.object({ code: z.enum(['carries', 'sheds', 'fails']), sentence: z.string(), said: Said }).openapi('DrillVerdict');
export type DrillVerdict = z.infer<typeof DrillVerdict>;
export const DrillReport = z
  .object({
    revision: z.int().openapi({ description: 'of the desired state that it ran against' }),
    policyVersion: z.int(),
    fleet: z.object({ hosts: z.int(), cores: z.number(), freeCores: z.number(), pools: z.int(), poolVms: z.int() }),
    day: z.object({ name: z.string(), from: Instant, to: Instant, points: z.int(), warnings: z.array(z.string()).openapi({ description: 'what was mended in the trace' }), warningsSaid: z.array(Saying).optional().openapi({ description: 'the same as data, in the same order' }) }),
    totals: DrillTotals,
    runsOut: z.array(DrillEvent).max(200).openapi({ description: 'in order of time; the first of each kind and workload, and how long' }),
    remedies: z.array(DrillRemedy).openapi({ description: 'each tried by running the day again; what helps most first' }),
    series: DrillSeries,
    workloads: z.array(z.object({ workloadId: Id, workload: z.string(), totals: DrillTotals, series: DrillSeries, openings: z.array(z.object({ market: z.string(), kind: z.string(), at: Instant, shedPercent: z.number() })) })),
    verdict: DrillVerdict,
  })
  .openapi('DrillReport');
export type DrillReport = z.infer<typeof DrillReport>;

export const DrillState = z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']);
export const DrillView = z
  .object({
    id: Id,
    title: z.string(),
    state: DrillState,
    stateReason: z.string().openapi({ description: 'of a failure, the sentence for people' }),
    stateSaid: Said,
    progressPermille: z.int(),
    phase: z.string().openapi({ description: 'the day as it is, or which remedy is tried' }),
    phaseCode: z.enum(['waits', 'day', 'done', ...DrillRemedy.shape.code.options]).optional(),
    day: z.object({ kind: z.enum(['trace', 'recorded', 'shipped']), name: z.string() }),
    times: z.number(),
    workloads: z.array(z.object({ workloadId: Id, workload: z.string(), times: z.number(), peakQps: z.number().nullable() })),
    createdBy: z.string(),
    createdAt: Instant,
    endedAt: Instant.nullable(),
    totals: DrillTotals.nullable(),
    verdict: DrillVerdict.nullable(),
    mayCancel: z.boolean(),
  })
  .openapi('Drill');
export type DrillView = z.infer<typeof DrillView>;
export const Drills = list(DrillView).openapi('Drills');
export type Drills = z.infer<typeof Drills>;
export const DrillDetail = DrillView.extend({ ask: DrillAsk.nullable().openapi({ description: 'what was asked, to run it again; a trace is left out' }), report: DrillReport.nullable() }).openapi('DrillDetail');
export type DrillDetail = z.infer<typeof DrillDetail>;
