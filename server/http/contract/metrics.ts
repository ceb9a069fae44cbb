// What is measured: the newest figures of a workload with where they come from, their history, what gateways push, and the Prometheus servers
// that arrivals are read from. Rates are per second; a figure that nobody gave is null and never 0.
import { Id, Instant, Name, list, z } from './common.ts';

export const METRICS = [
  'qps', 'qpsMax', 'errorsPerSecond', 'rejectedPerSecond', 'p99Ms', 'cpuMilli', 'memoryMib', 'connections', 'throttledPermille',
  'receivedBytesPerSecond', 'sentBytesPerSecond', 'readBytesPerSecond', 'writtenBytesPerSecond', 'ready', 'wanted',
] as const;
export const Metric = z.enum(METRICS).openapi('Metric');
export type Metric = z.infer<typeof Metric>;
export const MetricUnit = z.enum(['per-second', 'ms', 'millicores', 'MiB', 'count', 'permille', 'bytes-per-second']);
export type MetricUnit = z.infer<typeof MetricUnit>;

// --- what is known now ------------------------------------------------------------------------------------------------------------------

export const SourceKind = z.enum(['pushed', 'prometheus', 'scraped']);
export type SourceKind = z.infer<typeof SourceKind>;
export const MetricSource = z
  .object({
    source: z.string().openapi({ description: "a gateway's name; a Prometheus source's name; of scraped services the host that scrapes them" }),
    kind: SourceKind,
    qps: z.number().nullable().openapi({ description: 'arrivals a second: accepted, queued and rejected; null until there are two readings' }),
    rejectedPerSecond: z.number().nullable(),
    at: Instant.openapi({ description: "when it was true, by the server's clock" }),
    ageMs: z.int(),
    isTrusted: z.boolean().openapi({ description: 'false: older than 30 seconds' }),
    reporting: z.int().nullable().openapi({ description: 'scraped: how many of its ready replicas say' }),
    of: z.int().nullable(),
    problem: z.string().nullable().openapi({ description: 'what is wrong with it, such as what a Prometheus server answered' }),
  })
  .openapi('MetricSource');
export type MetricSource = z.infer<typeof MetricSource>;

export const LatestMetrics = z
  .object({
    workloadId: Id,
    workload: z.string(),
    team: z.string(),
    at: Instant.nullable().openapi({ description: 'of the newest figure; null: nothing was heard yet' }),
    qps: z.number().nullable().openapi({ description: 'sum over the sources of the best kind that speaks: pushed before prometheus before scraped' }),
    qpsFrom: SourceKind.nullable(),
    isPartial: z.boolean().openapi({ description: 'some source of that kind is silent: the sum may be too small' }),
    rejectedPerSecond: z.number().nullable(),
    errorsPerSecond: z.number().nullable(),
    p99Ms: z.number().nullable(),
    cpuMilli: z.number().nullable(),
    memoryMib: z.number().nullable(),
    connections: z.number().nullable(),
    throttledPermille: z.number().nullable(),
    ready: z.int(),
    of: z.int(),
    sources: z.array(MetricSource),
  })
  .openapi('LatestMetrics');
export type LatestMetrics = z.infer<typeof LatestMetrics>;

// --- history ----------------------------------------------------------------------------------------------------------------------------

export const MetricsQuery = z.object({
  workload: Id.optional(),
  host: z.string().min(1).max(63).optional().openapi({ description: 'its name or id; neither workload nor host: the sums of the cluster' }),
  metrics: z
    .string()
    .max(400)
    .default('qps,cpuMilli')
    .transform((text) => text.split(',').filter((name) => name !== ''))
    .pipe(z.array(Metric).min(1).max(METRICS.length))
    .openapi({ type: 'string', example: 'qps,cpuMilli,p99Ms' }),
  from: Instant.optional().openapi({ description: 'ten minutes before `to` where it is absent' }),
  to: Instant.optional().openapi({ description: 'now where it is absent' }),
  points: z.coerce.number().int().min(2).max(2_000).default(300),
});
export const MetricsHistory = z
  .object({
    subject: z.string(),
    at: Instant.openapi({ description: 'of the first value of every series' }),
    stepMs: z.int().openapi({ description: 'from one value to the next' }),
    resolution: z.enum(['raw', 'minute', 'ten-minutes']).openapi({ description: 'the finest that is kept of that time; several are put together where more than `points` would be given' }),
    series: z.array(z.object({ metric: Metric, unit: MetricUnit, values: z.array(z.number().nullable()) })),
  })
  .openapi('MetricsHistory');
export type MetricsHistory = z.infer<typeof MetricsHistory>;

// --- pushing ----------------------------------------------------------------------------------------------------------------------------

/** Beyond this a float is no exact count any more. */
const WHOLE = `must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`;
const Counter = z.number(WHOLE).refine((value) => Number.isSafeInteger(value) && value >= 0, WHOLE).openapi({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** A hundred times what the largest sites serve. */
const MOST_PER_SECOND = 100_000_000;
const Rate = z.number().min(0).max(MOST_PER_SECOND);
const pushedNumbers = <T extends z.ZodType>(number: T) => ({
  accepted: number,
  queued: number.optional().openapi({ description: 'that waited for a place; they count as arrivals' }),
  rejected: number.optional().openapi({ description: 'turned away; they count as arrivals' }),
  errors: number.optional().openapi({ description: 'of the accepted: answered with 5xx' }),
});
export const PushedWorkload = z
  .strictObject({
    workload: Id.optional().openapi({ description: 'its id, or else service and environment' }),
    service: Name.optional(),
    environment: Name.optional(),
    counters: z.strictObject(pushedNumbers(Counter)).optional().openapi({ description: 'counted since the gateway started; a smaller number than before is a gateway that began anew' }),
    rates: z.strictObject(pushedNumbers(Rate)).optional().openapi({ description: 'per second, where the gateway does the sum itself' }),
    p99Ms: z.number().min(0).max(600_000).optional(),
  })
  .refine(({ counters, rates }) => (counters === undefined) !== (rates === undefined), 'must have either counters or rates')
  .refine(({ workload, service, environment }) => (workload !== undefined ? service === undefined && environment === undefined : service !== undefined && environment !== undefined), 'must have either workload or both service and environment')
  .openapi('PushedWorkload');
export const MetricsPush = z
  .strictObject({
    source: z.string().regex(/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$/, 'must be 1 to 63 letters, digits, dots, dashes or underscores').openapi({ description: "the gateway's own name: two gateways that share one overwrite each other", example: 'gateway-1' }),
    at: Instant.optional().openapi({ description: "when it was counted, by the gateway's clock; at most 60 seconds from the server's" }),
    workloads: z.array(PushedWorkload).min(1).max(200),
  })
  .openapi('MetricsPush');
export type MetricsPush = z.output<typeof MetricsPush>;
export const MetricsPushed = z
  .object({
    taken: z.array(z.object({ workloadId: Id, workload: z.string(), qps: z.number().nullable().openapi({ description: 'null: the first counters; from the second on there is a rate' }) })),
    refused: z.array(z.object({ index: z.int(), message: z.string() })).openapi({ description: 'workloads that are not there or not yours; the others are taken' }),
  })
  .openapi('MetricsPushed');
export type MetricsPushed = z.infer<typeof MetricsPushed>;

// --- an existing Prometheus -------------------------------------------------------------------------------------------------------------

export const PrometheusSourceAsk = z
  .strictObject({
    name: Name,
    workload: Id,
    url: z.url({ protocol: /^https?$/ }).max(1_000).openapi({ description: 'of the server: /api/v1/query is added', example: 'http://prometheus.quotes.internal:9090' }),
    query: z.string().trim().min(1).max(2_000).openapi({ description: 'must give one number: arrivals a second', example: 'sum(rate(nginx_requests_total{service="quote"}[30s]))' }),
    everySeconds: z.int().min(2).max(300).default(10),
    isEnabled: z.boolean().default(true),
  })
  .openapi('PrometheusSourceAsk');
export type PrometheusSourceAsk = z.output<typeof PrometheusSourceAsk>;
export const PrometheusSourceEdit = z.strictObject({ query: PrometheusSourceAsk.shape.query.optional(), everySeconds: z.int().min(2).max(300).optional(), isEnabled: z.boolean().optional() }).openapi('PrometheusSourceEdit');
export type PrometheusSourceEdit = z.output<typeof PrometheusSourceEdit>;
export const PrometheusSourceView = z
  .object({
    id: Id,
    name: z.string(),
    workloadId: Id,
    workload: z.string(),
    team: z.string(),
    url: z.string(),
    query: z.string(),
    everySeconds: z.int(),
    isEnabled: z.boolean(),
    state: z.enum(['waiting', 'speaks', 'fails', 'disabled']),
    problem: z.string().nullable().openapi({ description: 'what came of asking it last, where that was no number' }),
    qps: z.number().nullable(),
    askedAt: Instant.nullable(),
    saidAt: Instant.nullable().openapi({ description: 'when it gave a number last' }),
    createdBy: z.string(),
    createdAt: Instant,
  })
  .openapi('PrometheusSource');
export type PrometheusSourceView = z.infer<typeof PrometheusSourceView>;
export const PrometheusSources = list(PrometheusSourceView).openapi('PrometheusSources');
export type PrometheusSources = z.infer<typeof PrometheusSources>;
export const PrometheusTested = z.object({ qps: z.number().nullable(), problem: z.string().nullable(), ms: z.int() }).openapi('PrometheusTested');
export type PrometheusTested = z.infer<typeof PrometheusTested>;

/** What Prometheus' http_sd reads: one group a replica. */
export const PrometheusTargets = z.array(z.object({ targets: z.array(z.string()), labels: z.record(z.string(), z.string()) })).openapi('PrometheusTargets');
export type PrometheusTargets = z.infer<typeof PrometheusTargets>;
