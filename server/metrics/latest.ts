// What is known of a workload now, put together from its replicas' figures and from those who tell of its requests. Pure.
// Nothing old is passed off as new: what is not trusted is in `sources` with its age and in no sum.
import type { Latest, SourceKind, SourceReading } from './model.ts';
import { TRUST_MS } from './model.ts';
import { type Figures, quantileMs } from './readings.ts';

/** The best first: a gateway sees what was turned away, services only what reached them. */
const KINDS: readonly SourceKind[] = ['pushed', 'prometheus', 'scraped'];
const P99 = 0.99;

/** A replica that should be there. */
export interface SeenReplica {
  /** Name of its host; null: it has none. */
  readonly host: string | null;
  readonly isReady: boolean;
  /** Since when it has been ready, by the server's clock; null: it is not, or nobody knows. */
  readonly readySince: number | null;
  /** Whether its agent asks it for its counters. */
  readonly isScraped: boolean;
  readonly figures: Figures | undefined;
}

/** @param told what gateways and Prometheus servers say */
export function latestOf(replicas: readonly SeenReplica[], told: readonly SourceReading[], wanted: number, now: number): Latest {
  const ready = replicas.filter(({ isReady }) => isReady);
  const using = ready.flatMap(({ figures }) => (figures !== undefined && now - figures.usageAt <= TRUST_MS ? [figures] : []));
  const counting = ready.flatMap(({ figures }) => (isCounting(figures, now) ? [figures!] : []));
  const sources = [...told, ...scraped(ready, now)];
  const usageTimes = using.map(({ usageAt }) => usageAt);
  const periods = sum(using.map((each) => each.periods));
  return {
    at: most([...told.filter(({ qps }) => qps !== null).map(({ at }) => at), ...ready.flatMap(({ figures }) => (figures === undefined ? [] : [figures.usageAt, figures.requestsAt ?? 0]))]),
    sources,
    ...requestsOf(sources, counting),
    cpuMilli: sum(using.map((each) => each.cpuMilli)),
    memoryMib: sum(using.map((each) => each.memoryMib)),
    connections: sum(using.map((each) => each.connections)),
    usageAt: least(usageTimes),
    throttledPermille: periods === null || periods === 0 ? null : (1000 * (sum(using.map((each) => each.throttled)) ?? 0)) / periods,
    receivedBytesPerSecond: sum(using.map((each) => each.received)),
    sentBytesPerSecond: sum(using.map((each) => each.sent)),
    readBytesPerSecond: sum(using.map((each) => each.read)),
    writtenBytesPerSecond: sum(using.map((each) => each.written)),
    ready: ready.length,
    of: wanted,
  };
}

type Requests = Pick<Latest, 'qps' | 'qpsFrom' | 'qpsAt' | 'isPartial' | 'rejectedPerSecond' | 'errorsPerSecond' | 'p99Ms'>;

function requestsOf(sources: readonly SourceReading[], counting: readonly Figures[]): Requests {
  const speaks = ({ isTrusted, qps }: SourceReading): boolean => isTrusted && qps !== null;
  const kind = KINDS.find((each) => (each === 'scraped' ? counting.length > 0 : sources.some((source) => source.kind === each && speaks(source)))) ?? null;
  const scrapedP99 = quantileMs(counting.flatMap(({ durations }) => (durations === null ? [] : [durations])), P99);
  if (kind === null) return { qps: null, qpsFrom: null, qpsAt: null, isPartial: false, rejectedPerSecond: null, errorsPerSecond: null, p99Ms: null };
  // A Prometheus server that never gave a number was set up wrongly: it is missed by nobody.
  const isMissed = (source: SourceReading): boolean => !speaks(source) && !(source.kind === 'prometheus' && source.qps === null);
  const isPartial = sources.some((source) => KINDS.indexOf(source.kind) <= KINDS.indexOf(kind) && isMissed(source));
  if (kind === 'scraped') return { qps: sum(counting.map(({ qps }) => qps)), qpsFrom: kind, qpsAt: least(counting.map(({ requestsAt }) => requestsAt!)), isPartial, rejectedPerSecond: null, errorsPerSecond: sum(counting.map(({ errors }) => errors)), p99Ms: scrapedP99 };
  const summed = sources.filter((source) => source.kind === kind && speaks(source));
  return {
    qps: sum(summed.map(({ qps }) => qps)),
    qpsFrom: kind,
    qpsAt: least(summed.map(({ at }) => at)),
    isPartial,
    rejectedPerSecond: sum(summed.map(({ rejectedPerSecond }) => rejectedPerSecond)),
    errorsPerSecond: sum(summed.map(({ errorsPerSecond }) => errorsPerSecond)) ?? sum(counting.map(({ errors }) => errors)),
    p99Ms: most(summed.flatMap(({ p99Ms }) => p99Ms ?? [])) ?? scrapedP99,
  };
}

const isCounting = (figures: Figures | undefined, now: number): boolean => figures !== undefined && figures.requestsAt !== null && figures.qps !== null && now - figures.requestsAt <= TRUST_MS;

/**
 * One source a host: its ready replicas that are asked. It is as old as the oldest of what they said last, so that one of them that falls silent
 * shows; its figure counts what that one said last.
 */
function scraped(ready: readonly SeenReplica[], now: number): SourceReading[] {
  const byHost = Map.groupBy(ready.filter(({ isScraped, host }) => isScraped && host !== null), ({ host }) => host!);
  return [...byHost].flatMap(([host, group]): SourceReading[] => {
    // One that has only just begun to serve cannot have been asked twice yet.
    const asked = group.filter(({ figures, readySince }) => (figures?.requestsAt ?? null) !== null || (readySince !== null && now - readySince > TRUST_MS));
    if (asked.length === 0) return [];
    const reporting = asked.filter(({ figures }) => isCounting(figures, now)).length;
    const isTrusted = reporting === asked.length;
    return [
      {
        source: host,
        kind: 'scraped',
        qps: sum(asked.map(({ figures }) => figures?.qps ?? null)),
        rejectedPerSecond: null,
        errorsPerSecond: sum(asked.map(({ figures }) => figures?.errors ?? null)),
        p99Ms: null,
        // One that never said anything was last right before it began to serve.
        at: Math.min(...asked.map(({ figures, readySince }) => figures?.requestsAt ?? readySince ?? now)),
        isTrusted,
        reporting,
        of: asked.length,
        problem: isTrusted ? null : `${asked.length - reporting} of ${asked.length} replicas there do not say what they count`,
      },
    ];
  });
}

/** Of those that are known; null where none is. */
export function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}
const least = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.min(...values));
const most = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.max(...values));
