// From a service's own metrics to the counters that releases are judged by. Pure. Takes the two names that nearly every service library uses:
// http_requests_total and http_request_duration_seconds; sums over every label but the status and the bound of a bucket.
import type { RequestCounters } from '../protocol.ts';
import { parseExposition, type Sample } from './parse.ts';

const TOTAL = 'http_requests_total';
const DURATION = 'http_request_duration_seconds';
const COUNT = `${DURATION}_count`;
const BUCKET = `${DURATION}_bucket`;
const WANTED: ReadonlySet<string> = new Set([TOTAL, COUNT, BUCKET]);
const STATUS_LABELS = ['code', 'status', 'status_code'];
/** Beyond this a float is no exact count any more. */
const MOST = Number.MAX_SAFE_INTEGER;
const MOST_BUCKETS = 64;

/** What cannot be used of a service's metrics, as a sentence. */
class MetricsError extends Error {
  override name = 'MetricsError';
}

/** Counters in a Prometheus text. Throws MetricsError when there are none, or none that can be believed. */
export function countersIn(text: string): RequestCounters {
  const { samples } = parseExposition(text, (name) => WANTED.has(name));
  const seen = new Set<string>();
  for (const sample of samples) {
    const where = nameOf(sample);
    if (seen.has(where)) throw new MetricsError(`${where} is there twice`);
    seen.add(where);
    if (!(sample.value >= 0 && sample.value <= MOST)) throw new MetricsError(`${where} is ${sample.value}; a counter is a number from 0 to ${MOST}`);
  }
  const byName = Map.groupBy(samples, ({ name }) => name);
  const counted = byName.get(TOTAL) ?? byName.get(COUNT);
  if (counted === undefined) throw new MetricsError(`there is neither ${TOTAL} nor ${COUNT}`);
  const total = sumOf(counted);
  const errors = sumOf(counted.filter(({ labels }) => STATUS_LABELS.some((label) => /^5(\d\d|xx)$/i.test(labels.get(label) ?? ''))));
  const durations = durationsIn(byName.get(BUCKET) ?? []);
  if (total > MOST) throw new MetricsError(`the requests sum up to ${total}; a counter is a number from 0 to ${MOST}`);
  return { total, errors, ...(durations === undefined ? {} : { durations }) };
}

/** Buckets summed over all labels but their bound; the one without a bound is the total and says nothing of durations. */
function durationsIn(buckets: readonly Sample[]): RequestCounters['durations'] {
  const counts = new Map<number, number>();
  for (const { labels, value } of buckets) {
    const text = labels.get('le') ?? '';
    const bound = Number(text);
    if (/^\+?inf/i.test(text)) continue;
    if (text === '' || !(bound >= 0)) throw new MetricsError(`${BUCKET} has the bound "${text}"; a bound is a number of seconds`);
    counts.set(bound, (counts.get(bound) ?? 0) + value);
  }
  if (counts.size === 0) return undefined;
  if (counts.size > MOST_BUCKETS) throw new MetricsError(`${BUCKET} has ${counts.size} bounds, at most ${MOST_BUCKETS} are read`);
  const durations = [...counts].map(([leSeconds, count]) => ({ leSeconds, count })).toSorted((one, other) => one.leSeconds - other.leSeconds);
  const falls = durations.find((one, index) => one.count < (durations[index - 1]?.count ?? 0));
  if (falls !== undefined) throw new MetricsError(`${BUCKET} falls at ${falls.leSeconds} s; the counts of a histogram rise with the bound`);
  return durations;
}

const sumOf = (samples: readonly Sample[]): number => samples.reduce((sum, { value }) => sum + value, 0);

function nameOf({ name, labels }: Sample): string {
  const words = [...labels].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([label, value]) => `${label}="${value}"`);
  return `${name}${words.length === 0 ? '' : `{${words.join(',')}}`}`.slice(0, 200);
}
