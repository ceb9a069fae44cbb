// Markets: what today is on each of them, the calendars that say so, schedules that follow them, signals from outside, and announced surges.
// Schedules and rules of signals are parts of a workload's autoscale settings; their schemas are here, because calendars judge them.
import { Id, Instant, Name, Note, Said, list, z } from './common.ts';

export const MarketName = z.enum(['a-share', 'hong-kong', 'us']);
export const AnchorName = z.enum(['preOpen', 'auctionStart', 'auctionEnd', 'open', 'lunchStart', 'lunchEnd', 'closeAuction', 'close', 'afterClose']);
const Anchor = z
  .string()
  .regex(/^(preOpen|auctionStart|auctionEnd|open|lunchStart|lunchEnd|closeAuction|close|afterClose)([+-]\d{1,3}m)?$/, 'must be an anchor of the day with minutes before or after it, such as open-10m, lunchEnd or close+5m')
  .openapi({ example: 'open-10m' });
const Clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 09:30');
const TimeZone = z.string().min(1).max(64).openapi({ example: 'Asia/Shanghai' });
const Weekday = z.int().min(1).max(7).openapi({ description: '1 Monday ... 7 Sunday' });
/** What people are warned of: `code` and `data` for a console that says it in another language. */
export const MarketWarning = z
  .object({ code: z.string().openapi({ description: 'year-unknown, year-ends, file-problem, unsure, no-opens, cap-unsure, not-on-half-days' }), message: z.string(), data: z.record(z.string(), z.union([z.string(), z.number(), z.null()])) })
  .openapi('MarketWarning');
export type MarketWarning = z.infer<typeof MarketWarning>;

// --- schedules --------------------------------------------------------------------------------------------------------------------------

/** Replicas at least: a number, or a multiple of the largest of the last openings as they were learnt (sessions only). */
export const ScheduleFloor = z
  .union([z.strictObject({ replicas: z.int().min(1).max(100_000) }), z.strictObject({ timesLargestOfLast: z.strictObject({ factor: z.number().min(0.1).max(10).multipleOf(0.001), opens: z.int().min(1).max(20) }) })])
  .openapi('ScheduleFloor');
const bounds = { name: z.string().trim().min(1).max(60).optional(), floor: ScheduleFloor.nullable().optional(), cap: z.int().min(0).max(100_000).nullable().optional().openapi({ description: 'replicas at most, for batch work; it never holds on a day that no calendar knows' }) };
export const Schedule = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('session'), market: MarketName, from: Anchor, to: Anchor, days: z.array(z.enum(['full', 'half', 'after-break'])).max(3).optional().openapi({ description: 'only on such days; empty: on every day with a session' }), ...bounds }),
    z.strictObject({ kind: z.literal('weekly'), timeZone: TimeZone, days: z.array(Weekday).min(1).max(7), from: Clock, to: Clock.openapi({ description: 'not after `from`: on the day after' }), ...bounds }),
    z.strictObject({ kind: z.literal('cron'), timeZone: TimeZone, cron: z.string().min(9).max(100).openapi({ example: '0 20 * * 1-5', description: 'minute hour day month weekday' }), minutes: z.int().min(1).max(10_080), ...bounds }),
    z.strictObject({ kind: z.literal('once'), from: Instant, to: Instant, ...bounds }),
  ])
  .openapi('Schedule', { description: 'A time with a floor, a cap, or both. As text: `a-share open-10m to close+5m at least 1.6x the largest of the last 5 opens`' });
export type Schedule = z.output<typeof Schedule>;
export type ScheduleInput = z.input<typeof Schedule>;

export const SchedulesAsk = z
  .strictObject({
    schedules: z.array(z.union([z.string().min(1).max(300), Schedule])).max(50).openapi({ description: 'as text or as data' }),
    min: z.int().min(0).max(100_000).default(0),
    max: z.int().min(0).max(100_000).nullable().default(null),
  })
  .openapi('SchedulesAsk');
export const ScheduleView = z
  .object({
    text: z.string().openapi({ description: 'as a person reads it; reading it again gives the same schedule' }),
    schedule: Schedule.nullable().openapi({ description: 'null: it could not be read' }),
    problems: z.array(z.object({ field: z.string(), value: z.union([z.string(), z.number(), z.null()]), message: z.string(), allowed: z.string() })),
    warnings: z.array(MarketWarning),
    next: z.array(z.object({ from: Instant, to: Instant, isUnsure: z.boolean().openapi({ description: 'no calendar knows that day: it holds at all hours that it could be' }) })).openapi({ description: 'the next ten times, one under way first' }),
  })
  .openapi('ScheduleView');
export type ScheduleView = z.infer<typeof ScheduleView>;
export const SchedulesView = list(ScheduleView).openapi('Schedules');
export type SchedulesView = z.infer<typeof SchedulesView>;

// --- calendars --------------------------------------------------------------------------------------------------------------------------

export const DayType = z.enum(['trading', 'half', 'closed', 'weekend', 'unknown']);
export const MarketDayView = z
  .object({
    date: z.iso.date(),
    dayType: DayType,
    isAfterBreak: z.boolean().openapi({ description: 'the first session after three closed days or more: the most dangerous opening' }),
    utcOffsetMinutes: z.int().nullable().openapi({ description: 'null: no calendar knows that year' }),
    sessions: z.array(z.object({ name: z.string(), open: Instant, close: Instant })),
    anchors: z.array(z.object({ name: AnchorName, at: Instant, latest: Instant.openapi({ description: 'differs from `at` where no calendar knows the day' }) })).openapi({ description: 'in order of time' }),
  })
  .openapi('MarketDay');
export type MarketDayView = z.infer<typeof MarketDayView>;
export const MarketToday = z
  .object({
    market: MarketName,
    title: z.string(),
    timeZone: z.string(),
    today: MarketDayView,
    isSession: z.boolean(),
    session: z.string().nullable().openapi({ description: 'the session that is open now' }),
    next: z.object({ anchor: AnchorName, at: Instant, inSeconds: z.int() }).nullable().openapi({ description: 'what happens next, within ten days' }),
    nextSession: MarketDayView.nullable().openapi({ description: 'the next day with a session after today' }),
    warnings: z.array(MarketWarning),
  })
  .openapi('MarketToday');
export type MarketToday = z.infer<typeof MarketToday>;
export const MarketsToday = z.object({ at: Instant, items: z.array(MarketToday), warnings: z.array(MarketWarning) }).openapi('MarketsToday');
export type MarketsToday = z.infer<typeof MarketsToday>;
export const MarketDaysQuery = z.object({ market: MarketName, from: z.iso.date(), to: z.iso.date().openapi({ description: 'at most 400 days after `from`' }) });
export const MarketDays = z.object({ items: z.array(MarketDayView), next: z.string().nullable() }).openapi('MarketDays');
export type MarketDays = z.infer<typeof MarketDays>;

export const CalendarProblem = z.object({ file: z.string(), line: z.int().nullable(), column: z.int().nullable(), message: z.string() }).openapi('CalendarProblem');
export type CalendarProblem = z.infer<typeof CalendarProblem>;
export const CalendarView = z
  .object({
    market: MarketName,
    year: z.int(),
    origin: z.enum(['shipped', 'file']).openapi({ description: 'a file of the folder takes the place of a shipped year' }),
    file: z.string().nullable(),
    source: z.string().openapi({ description: 'where its days come from' }),
    sessions: z.int().openapi({ description: 'days with a session' }),
    holidays: z.array(z.iso.date()),
    halfDays: z.array(z.iso.date()),
    replaces: z.boolean().openapi({ description: 'it takes the place of a shipped year' }),
  })
  .openapi('Calendar');
export type CalendarView = z.infer<typeof CalendarView>;
export const Calendars = z
  .object({ folder: z.string(), readAt: Instant, items: z.array(CalendarView), problems: z.array(CalendarProblem).openapi({ description: 'files that count for nothing until they are mended; what they said before stays in force' }), warnings: z.array(MarketWarning) })
  .openapi('Calendars');
export type Calendars = z.infer<typeof Calendars>;
export const CalendarCheckAsk = z.strictObject({ name: z.string().min(1).max(200).default('calendar.yaml'), text: z.string().min(1).max(200_000).openapi({ description: 'the file, as YAML or JSON' }) }).openapi('CalendarCheckAsk');
export const CalendarChecked = z.object({ calendar: CalendarView.nullable(), problems: z.array(CalendarProblem) }).openapi('CalendarChecked');
export type CalendarChecked = z.infer<typeof CalendarChecked>;

// --- signals ----------------------------------------------------------------------------------------------------------------------------

/** When a signal raises a floor, how far and for how long: part of a workload's autoscale settings. It never lowers anything. */
export const SignalRule = z
  .strictObject({
    signal: Name,
    when: z.union([z.strictObject({ above: z.number().min(-1e15).max(1e15) }), z.strictObject({ timesUsual: z.number().min(1.01).max(1_000) })]).openapi({ description: 'a value, or a multiple of what the signal usually is at that minute of such a day' }),
    multiplier: z.number().min(1).max(10).openapi({ description: 'of the demand before the signal rose, or of what is usual in the hour after it, whichever is larger' }),
    decayMinutes: z.int().min(1).max(1_440).default(30).openapi({ description: 'the floor falls back evenly over this time once the signal is below' }),
    cap: z.int().min(1).max(100_000).nullable().default(null).openapi({ description: 'replicas that this rule asks for at most' }),
  })
  .openapi('SignalRule');
export type SignalRule = z.output<typeof SignalRule>;
export type SignalRuleInput = z.input<typeof SignalRule>;

export const SignalEdit = z
  .strictObject({
    title: z.string().trim().max(100).default(''),
    unit: z.string().trim().max(20).default(''),
    team: Name.nullable().default(null).openapi({ description: 'who may push it, with metrics.push; null: only who holds that everywhere' }),
    combine: z.enum(['mean', 'max', 'sum']).default('mean').openapi({ description: 'what a minute with several values counts as: a level, or events that add up' }),
  })
  .openapi('SignalEdit');
export const SignalView = z
  .object({
    id: Id,
    name: z.string(),
    title: z.string(),
    unit: z.string(),
    team: z.string().nullable(),
    combine: z.enum(['mean', 'max', 'sum']),
    createdBy: z.string(),
    createdAt: Instant,
    last: z.object({ at: Instant, value: z.number() }).nullable(),
    usual: z.number().nullable().openapi({ description: 'median at this minute on the last five days of this kind' }),
    isSilent: z.boolean().openapi({ description: 'no value within ten minutes: its rules let their floors decay' }),
    rules: z.array(z.object({ workload: z.string(), workloadId: Id, rule: SignalRule, isActive: z.boolean() })).openapi({ description: 'who listens to it' }),
  })
  .openapi('Signal');
export type SignalView = z.infer<typeof SignalView>;
export const Signals = list(SignalView).openapi('Signals');
export type Signals = z.infer<typeof Signals>;
export const SignalValues = z
  .strictObject({ values: z.array(z.strictObject({ at: Instant.optional().openapi({ description: 'absent: now; at most 400 days ago, never more than a minute ahead' }), value: z.number().min(-1e15).max(1e15) })).min(1).max(5_000) })
  .openapi('SignalValues');
export type SignalValuesInput = z.input<typeof SignalValues>;
export const SignalPushed = z.object({ stored: z.int().openapi({ description: 'minutes that changed' }), values: z.int() }).openapi('SignalPushed');
export type SignalPushed = z.infer<typeof SignalPushed>;
export const SignalRange = z.object({ from: Instant, to: Instant });
export const SignalSeries = z
  .object({ name: z.string(), unit: z.string(), stepSeconds: z.int(), points: z.array(z.object({ at: Instant, value: z.number().nullable(), usual: z.number().nullable() })).max(1_500) })
  .openapi('SignalSeries');
export type SignalSeries = z.infer<typeof SignalSeries>;

export const BackTestAsk = z
  .strictObject({
    workloadId: Id,
    rule: SignalRule.omit({ signal: true }),
    from: Instant,
    to: Instant.openapi({ description: 'at most 31 days after `from`' }),
    surge: z.number().min(1.05).max(100).default(1.3).openapi({ description: 'demand counts as risen when it is this many times what is usual at that minute' }),
    horizonMinutes: z.int().min(1).max(480).default(60).openapi({ description: 'a rise of demand this long after the signal counts as foreseen' }),
  })
  .openapi('BackTestAsk');
export type BackTestAskInput = z.input<typeof BackTestAsk>;
export const BackTestView = z
  .object({
    signal: z.string(),
    workload: z.string(),
    minutes: z.object({ signal: z.int(), demand: z.int() }).openapi({ description: 'minutes with data: an answer from few of them is worth little' }),
    rises: z.array(z.object({ at: Instant, until: Instant, value: z.number(), outcome: z.enum(['hit', 'late', 'false-alarm']), surgeAt: Instant.nullable(), leadMinutes: z.number().nullable() })).openapi({ description: 'of the signal; `late`: demand had risen before it' }),
    surges: z.array(z.object({ at: Instant, until: Instant, peakQps: z.number(), timesUsual: z.number(), foreseen: z.boolean() })).openapi({ description: 'of demand' }),
    hits: z.int(),
    late: z.int(),
    falseAlarms: z.int(),
    missed: z.int(),
    leadMinutes: z.object({ median: z.number().nullable(), least: z.number().nullable(), most: z.number().nullable() }),
    extraReplicaHours: z.number().openapi({ description: 'replicas that the floor would have kept beyond what demand needed' }),
    series: z.array(z.object({ at: Instant, signal: z.number().nullable(), qps: z.number().nullable(), usualQps: z.number().nullable(), floorQps: z.number().nullable() })).max(720),
    verdict: z.object({ code: z.enum(['useful', 'late', 'noisy', 'silent', 'no-data']), sentence: z.string(), said: Said }),
  })
  .openapi('BackTest');
export type BackTestView = z.infer<typeof BackTestView>;

// --- surges -----------------------------------------------------------------------------------------------------------------------------

export const SurgeAsk = z
  .strictObject({
    factor: z.number().min(1).max(20).openapi({ description: 'of what demand usually is at that minute, or was before it began, whichever is larger' }),
    from: Instant,
    to: Instant.openapi({ description: 'at most seven days after `from`' }),
    services: z.array(Name).max(200).default([]).openapi({ description: 'empty: every service that is scaled' }),
    environments: z.array(Name).max(20).default([]).openapi({ description: 'empty: all' }),
    reason: Note.min(1),
  })
  .openapi('SurgeAsk');
export type SurgeAskInput = z.input<typeof SurgeAsk>;
export const SurgeView = z
  .object({ id: Id, factor: z.number(), from: Instant, to: Instant, services: z.array(z.string()), environments: z.array(z.string()), reason: z.string(), state: z.enum(['announced', 'active', 'over']), createdBy: z.string(), createdAt: Instant, endedBy: z.string().nullable() })
  .openapi('Surge');
export type SurgeView = z.infer<typeof SurgeView>;
export const Surges = list(SurgeView).openapi('Surges');
export type Surges = z.infer<typeof Surges>;
