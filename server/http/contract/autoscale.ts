// Following demand: what a team sets for a workload, what the autoscaler sees and forecasts, what it decided and why, and what it would do.
// Shares are permille, demand is in QPS, instants are ISO 8601 in UTC. Every sentence stands beside its data, so that others can say it too.
import { Id, Instant, Name, list, ListQuery, z } from './common.ts';
import { fromHpaWords } from './hpa-words.ts';
import { MarketName, Schedule, SignalRule } from './market.ts';

const Replicas = z.int().min(0).max(100_000);
const Why = z.string().trim().min(1, 'say why: it goes into the history').max(500);

// --- settings ---------------------------------------------------------------------------------------------------------------------------

export const BehaviorPolicy = z.strictObject({ kind: z.enum(['count', 'percent']), value: z.int().min(1).max(100_000), periodSeconds: z.int().min(1).max(1_800) });
/** One direction of scaling, with the meaning of Kubernetes' HorizontalPodAutoscaler v2, whose own words are understood too. */
const behaviorRule = {
  windowSeconds: z.int().min(0).max(3_600).nullable().openapi({ description: 'only what was wanted for the whole window is done; null: chosen from the start delay' }),
  policies: z.array(BehaviorPolicy).max(5).default([]).openapi({ description: 'empty: no limit' }),
  select: z.enum(['max', 'min', 'disabled']).default('max').openapi({ description: 'which policy counts; `disabled`: never in this direction' }),
  tolerancePermille: z.int().min(0).max(500).openapi({ description: 'smaller relative changes are left undone' }),
};
/** The documents show our words; types as well. */
const inHpaWordsToo = <T extends z.ZodType>(schema: T): T => z.preprocess(fromHpaWords, schema) as unknown as T;
export const ScaleUpRule = z.strictObject({ ...behaviorRule, windowSeconds: behaviorRule.windowSeconds.default(0), tolerancePermille: behaviorRule.tolerancePermille.default(0) });
export const ScaleDownRule = z.strictObject({ ...behaviorRule, windowSeconds: behaviorRule.windowSeconds.default(null), tolerancePermille: behaviorRule.tolerancePermille.default(80) });

export const AutoscaleSettings = z
  .strictObject({
    mode: z.enum(['off', 'preview', 'on']).default('preview').openapi({ description: '`preview` decides and explains, and nothing follows from it' }),
    min: z.int().min(1, 'must be at least 1: a service without a replica answers nothing, and nothing here would wake it').max(100_000).default(1),
    max: z.int().min(1).max(100_000).nullable().default(null).openapi({ description: 'null: what was granted' }),
    risk: z.union([z.enum(['economy', 'balanced', 'performance']), z.int().min(1).max(200)]).default('balanced').openapi({ description: 'share of time that may be above the ceiling: by name 30, 10 or 2 permille, or a number of permille' }),
    ceilingPermille: z.int().min(100).max(950).nullable().default(null).openapi({ description: 'how busy a replica may be; null: from square-root staffing' }),
    behavior: z
      .strictObject({ scaleUp: inHpaWordsToo(ScaleUpRule.prefault({})), scaleDown: inHpaWordsToo(ScaleDownRule.prefault({})) })
      .prefault({})
      .openapi({ description: 'the words of HorizontalPodAutoscaler v2 are taken too: stabilizationWindowSeconds, selectPolicy, tolerance, and policies with type Pods or Percent' }),
    flapBudgetPerHour: z.int().min(0).max(60).nullable().default(null).openapi({ description: 'changes of direction an hour; when they are spent, scale-in waits' }),
    onMetricLoss: z.union([z.enum(['hold', 'forecast']), z.strictObject({ floor: Replicas })]).default('hold'),
    pauseScaleIn: z.boolean().default(false),
    isPaused: z.boolean().default(false),
    startDelaySeconds: z.int().min(1).max(3_600).nullable().default(null).openapi({ description: 'null: measured' }),
    latencySloMs: z.int().min(1).max(600_000).nullable().default(null).openapi({ description: 'p99 above it for 30 s adds replicas' }),
    demand: z.enum(['qps', 'cpu']).default('qps'),
    markets: z.array(MarketName).max(3).default(['a-share']).openapi({ description: 'whose openings it follows: calendars by name' }),
    calm: z.boolean().default(false).openapi({ description: 'fewer changes for a little more money' }),
    schedules: z.array(Schedule).max(50).default([]),
    signals: z.array(SignalRule).max(16).default([]).openapi({ description: 'signals from outside that raise the floor' }),
  })
  .openapi('AutoscaleSettings');
export type AutoscaleSettings = z.output<typeof AutoscaleSettings>;
export type AutoscaleSettingsInput = z.input<typeof AutoscaleSettings>;

export const AutoscaleAsk = z
  .strictObject({
    settings: AutoscaleSettings,
    why: Why,
    version: z.int().min(0).optional().openapi({ description: 'the version that was changed: refused with 409 where somebody else was quicker; absent: whatever it is' }),
  })
  .openapi('AutoscaleAsk');
export type AutoscaleAsk = z.output<typeof AutoscaleAsk>;
export type AutoscaleAskInput = z.input<typeof AutoscaleAsk>;
export const AutoscalePauseAsk = z.strictObject({ what: z.enum(['all', 'scale-in']).default('all'), why: Why }).openapi('AutoscalePauseAsk');
export const AutoscaleVersion = z.object({ version: z.int(), settings: AutoscaleSettings, changedBy: z.string(), changedAt: Instant, why: z.string() }).openapi('AutoscaleVersion');
export type AutoscaleVersion = z.infer<typeof AutoscaleVersion>;
export const AutoscaleVersions = list(AutoscaleVersion).openapi('AutoscaleVersions');
export type AutoscaleVersions = z.infer<typeof AutoscaleVersions>;

// --- decisions --------------------------------------------------------------------------------------------------------------------------

const FloorView = z.object({
  kind: z.string(),
  replicas: z.int(),
  reason: z.string(),
  data: z.record(z.string(), z.union([z.string(), z.number()])).optional().openapi({ description: 'what the reason is about; absent: the kind says all' }),
});
const Suppressed = z.object({ replicas: z.int(), by: z.string().openapi({ description: 'what held the change back: paused, window, metricLoss, beforeRise ...' }), why: z.string(), until: Instant.nullable() });
const Witness = z.object({ name: z.string(), qps: z.number().nullable(), verdict: z.string() });
export const AutoscaleAlert = z.object({ kind: z.string().openapi({ description: 'atMax, atQuota, metricLoss, costDrift, noCapacity, minAboveMax, noForecast' }), message: z.string(), value: z.number(), since: Instant.nullable() }).openapi('AutoscaleAlert');
export type AutoscaleAlert = z.infer<typeof AutoscaleAlert>;

export const DecisionView = z
  .object({
    id: Id,
    workloadId: Id,
    workload: z.string(),
    team: z.string(),
    at: Instant,
    mode: z.enum(['preview', 'on']).openapi({ description: 'of a decision in preview nothing followed' }),
    settingsVersion: z.int(),
    action: z.enum(['out', 'in', 'hold']),
    before: z.int(),
    replicas: z.int(),
    wouldWant: z.int().openapi({ description: 'without maximum, quota and cap' }),
    ready: z.int(),
    pending: z.int(),
    level: z.number().nullable().openapi({ description: 'QPS as believed; null: nothing is known' }),
    forecast: z.number(),
    bound: z.number().openapi({ description: 'of the forecast, for the risk budget' }),
    winner: z.string().openapi({ description: 'forecast, memory, or the kind of the floor that decided' }),
    isPanic: z.boolean(),
    explanation: z.string().openapi({ description: 'one sentence in English; everything in it is in the fields beside' }),
    expert: z.string().nullable(),
    phase: z.string(),
    need: z.int(),
    memoryNeed: z.int(),
    ceilingPermille: z.int(),
    replicaQps: z.number(),
    floors: z.array(FloorView),
    suppressed: z.array(Suppressed),
    alerts: z.array(z.object({ kind: z.string(), message: z.string(), value: z.number() })),
    witnesses: z.array(Witness),
    opening: z.object({ market: z.string(), kind: z.string(), at: Instant, replicas: z.int() }).nullable(),
  })
  .openapi('Decision');
export type DecisionView = z.infer<typeof DecisionView>;
export const Decisions = list(DecisionView).openapi('Decisions');
export type Decisions = z.infer<typeof Decisions>;
/** With the whole input: `settings`, `state` and `observation` are what the pure function was given. */
export const DecisionDetail = DecisionView.extend({ input: z.object({ settings: z.record(z.string(), z.unknown()), state: z.record(z.string(), z.unknown()), observation: z.record(z.string(), z.unknown()) }) }).openapi('DecisionDetail');
export type DecisionDetail = z.infer<typeof DecisionDetail>;
export const DecisionQuery = ListQuery.extend({
  workload: z.string().max(100).optional().openapi({ description: 'an id, or `service.environment`' }),
  team: Name.optional(),
  action: z.enum(['out', 'in', 'hold', 'changes']).optional().openapi({ description: '`changes`: out and in' }),
  alert: z.string().max(40).optional().openapi({ description: 'only those that raise this alert' }),
  since: Instant.optional(),
  until: Instant.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
export const DecisionReplay = z
  .object({
    id: Id,
    isIdentical: z.boolean(),
    sentence: z.string(),
    differences: z.array(z.object({ field: z.string(), stored: z.unknown(), again: z.unknown() })),
    algorithm: z.object({ stored: z.string(), now: z.string() }).openapi({ description: 'versions of the software: another one may decide otherwise' }),
  })
  .openapi('DecisionReplay');
export type DecisionReplay = z.infer<typeof DecisionReplay>;

// --- the present of a workload ----------------------------------------------------------------------------------------------------------

const StartDelay = z.object({ class: z.enum(['warm', 'cold']).openapi({ description: '`warm`: on a host that was there; `cold`: a VM had to come first' }), p95Seconds: z.number(), samples: z.int() });
export const AutoscaleView = z
  .object({
    workloadId: Id,
    workload: z.string(),
    service: z.string(),
    environment: z.string(),
    team: z.string(),
    settings: AutoscaleSettings,
    version: z.int().openapi({ description: '0: nobody set anything, these are the defaults' }),
    changedBy: z.string().nullable(),
    changedAt: Instant.nullable(),
    why: z.string().nullable(),
    state: z.enum(['off', 'preview', 'paused', 'waiting', 'following', 'panic', 'held', 'bounded', 'blind']).openapi({
      description: '`waiting`: no decision yet; `held`: a change is held back; `bounded`: at its maximum or quota; `blind`: demand cannot be seen',
    }),
    sentence: z.string().openapi({ description: 'what it does now and why' }),
    bounds: z.object({
      min: z.int(),
      max: z.int(),
      minFrom: z.enum(['settings', 'request', 'survival']),
      maxFrom: z.enum(['settings', 'request', 'quota']),
      granted: z.int().openapi({ description: 'replicas that the approved request grants' }),
      requestMin: z.int(),
      quota: z.int().nullable().openapi({ description: 'replicas that the quota leaves for it; null: no limit' }),
    }),
    replicas: z.object({ wanted: z.int(), ready: z.int(), pending: z.int(), wouldWant: z.int().nullable() }),
    demand: z.object({ qps: z.number().nullable(), at: Instant.nullable(), cpuMilli: z.number().nullable(), p99Ms: z.number().nullable(), heat: z.number().nullable().openapi({ description: 'demand now / usual at this minute; null: not known yet' }) }),
    decision: DecisionView.nullable(),
    alerts: z.array(AutoscaleAlert),
    floors: z.array(FloorView).openapi({ description: 'that hold now' }),
    startDelay: z.object({ usedSeconds: z.number().nullable(), from: z.enum(['settings', 'measured', 'default']), classes: z.array(StartDelay) }),
    cost: z
      .object({
        declaredMsPerRequest: z.number(),
        learntMsPerRequest: z.number().nullable(),
        requests: z.number().openapi({ description: 'that it was learnt from' }),
        usedMsPerRequest: z.number().openapi({ description: 'within half and twice of what was declared' }),
        warning: z.string().nullable(),
        keptUntil: Instant.nullable().openapi({ description: 'after a release the larger of the old and the new figure counts until then' }),
      })
      .openapi({ description: 'CPU milliseconds of one request' }),
    mayManage: z.boolean(),
    whyNotManage: z.string().nullable(),
  })
  .openapi('Autoscale');
export type AutoscaleView = z.infer<typeof AutoscaleView>;

/** Forecast against actual, for a chart. Arrays of equal length; null where nothing is known. */
export const AutoscaleChart = z
  .object({
    workloadId: Id,
    now: Instant,
    stepSeconds: z.int(),
    past: z.object({
      at: z.array(Instant),
      qps: z.array(z.number().nullable()),
      forecast: z.array(z.number().nullable()).openapi({ description: 'what the decisions of that time expected for the end of a start delay' }),
      bound: z.array(z.number().nullable()),
      wanted: z.array(z.number().nullable()),
      ready: z.array(z.number().nullable()),
      pending: z.array(z.number().nullable()),
      capacityQps: z.array(z.number().nullable()).openapi({ description: 'of the ready replicas, at the ceiling' }),
    }),
    next: z.object({ at: z.array(Instant), forecast: z.array(z.number().nullable()), bound: z.array(z.number().nullable()), floor: z.array(z.int().nullable()), wanted: z.array(z.int().nullable()) }),
    events: z.array(z.object({ at: Instant, market: z.string(), kind: z.string(), name: z.string() })),
    decisions: z.array(z.object({ id: Id, at: Instant, action: z.enum(['out', 'in']), before: z.int(), replicas: z.int(), isPanic: z.boolean() })),
  })
  .openapi('AutoscaleChart');
export type AutoscaleChart = z.infer<typeof AutoscaleChart>;
export const AutoscaleChartQuery = z.object({ hours: z.coerce.number().min(0.1).max(120).default(6), nextMinutes: z.coerce.number().int().min(0).max(120).default(60) });

/** What new settings would decide now, and what they would have done over the stored hours. Changes nothing. */
export const AutoscalePreviewAsk = z.strictObject({ settings: AutoscaleSettings, hours: z.number().min(0.1).max(72).default(6) }).openapi('AutoscalePreviewAsk');
export type AutoscalePreviewAskInput = z.input<typeof AutoscalePreviewAsk>;
const PreviewSum = z.object({
  actions: z.int(),
  reversals: z.int().openapi({ description: 'changes of direction within ten minutes' }),
  least: z.int(),
  most: z.int(),
  replicaHours: z.number(),
  aboveCeilingPermille: z.number().openapi({ description: 'share of the requests that met replicas busier than the ceiling' }),
  shedPermille: z.number().openapi({ description: 'share of the requests that there was no capacity for' }),
});
export const AutoscalePreview = z
  .object({
    now: DecisionView.omit({ id: true }).nullable(),
    sentence: z.string(),
    from: Instant,
    to: Instant,
    points: z.int().openapi({ description: 'stored figures that it was played over; 0: nothing is stored yet' }),
    series: z.object({ at: z.array(Instant), qps: z.array(z.number().nullable()), replicas: z.array(z.int()), presentReplicas: z.array(z.number().nullable()) }),
    sum: PreviewSum.nullable(),
    present: PreviewSum.nullable().openapi({ description: 'the same for the settings that hold now, played in the same way' }),
    warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  })
  .openapi('AutoscalePreview');
export type AutoscalePreview = z.infer<typeof AutoscalePreview>;

// --- everything at once -----------------------------------------------------------------------------------------------------------------

export const AutoscaleRow = z
  .object({
    workloadId: Id,
    workload: z.string(),
    service: z.string(),
    environment: z.string(),
    team: z.string(),
    mode: z.enum(['off', 'preview', 'on']),
    state: AutoscaleView.shape.state,
    sentence: z.string(),
    qps: z.number().nullable(),
    usualQps: z.number().nullable(),
    heat: z.number().nullable().openapi({ description: 'demand now / usual at this minute' }),
    forecast: z.number().nullable(),
    bound: z.number().nullable(),
    wanted: z.int(),
    ready: z.int(),
    pending: z.int(),
    min: z.int(),
    max: z.int(),
    wouldWant: z.int().nullable(),
    usedPermille: z.int().nullable().openapi({ description: 'demand / what ready replicas carry at 100 %' }),
    alerts: z.array(AutoscaleAlert),
    lastDecision: z.object({ id: Id, at: Instant, action: z.enum(['out', 'in', 'hold']), before: z.int(), replicas: z.int(), explanation: z.string() }).nullable(),
  })
  .openapi('AutoscaleRow');
export type AutoscaleRow = z.infer<typeof AutoscaleRow>;
export const AutoscaleOverview = z
  .object({
    at: Instant,
    items: z.array(AutoscaleRow),
    heat: z.number().nullable().openapi({ description: 'of all workloads together' }),
    sums: z.object({ qps: z.number(), usualQps: z.number().nullable(), wanted: z.int(), ready: z.int(), pending: z.int(), cpuMilliWanted: z.int(), on: z.int(), alerts: z.int() }),
    loop: z.object({ lastRunAt: Instant.nullable(), decidedMs: z.number().nullable(), workloads: z.int(), status: z.string() }),
  })
  .openapi('AutoscaleOverview');
export type AutoscaleOverview = z.infer<typeof AutoscaleOverview>;
