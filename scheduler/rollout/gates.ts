// What decides by itself whether a step may be followed by the next: the figures of both releases against the strategy's gates. Each gate gives a
// verdict with its sentence. What cannot be measured passes, and says so: a service without traffic or without metrics can still be released.
import type { Gates, GateVerdict, ReleaseFigures } from './model.ts';

/** With too few requests the gates look on for so many windows; then they judge by what came. */
export const MOST_WINDOWS = 10;
/** With fewer requests p99 is the slowest two or three of them, which says nothing. */
const LEAST_FOR_P99 = 300;
/** A p99 that differs by less is the same, whatever the proportion. */
const LEAST_P99_DIFFERENCE_MS = 5;

export interface Judged {
  readonly gates: Gates;
  readonly before: ReleaseFigures;
  readonly after: ReleaseFigures;
  /** How long the step's target has been met; null: not yet. */
  readonly watchedSeconds: number | null;
  /** Whether the new release says anything of its requests. */
  readonly isMeasured: boolean;
  readonly failures: { readonly count: number; readonly most: number };
}

/** A verdict for each gate that is asked for. Before the window is over only what is plainly bad is said, and the rest waits. */
export function judge(judged: Judged): GateVerdict[] {
  const { gates } = judged;
  return [
    health(judged),
    requests(judged),
    ...(gates.mostErrorsPermille === undefined ? [] : [errors(judged, gates.mostErrorsPermille)]),
    ...(gates.mostP99Permille === undefined ? [] : [p99(judged, gates.mostP99Permille)]),
    ...(gates.mostCpuPermille === undefined ? [] : [cpu(judged, gates.mostCpuPermille)]),
  ];
}

const isWindowOver = ({ gates, watchedSeconds }: Judged): boolean => watchedSeconds !== null && watchedSeconds >= gates.windowSeconds;
const isLast = ({ gates, watchedSeconds }: Judged): boolean => watchedSeconds !== null && watchedSeconds >= MOST_WINDOWS * gates.windowSeconds;
const isEnough = ({ gates, after }: Judged): boolean => after.requests >= gates.leastRequests;
/** Nobody asks this service anything, the old release neither. */
const isQuiet = ({ before, after }: Judged): boolean => before.requests === 0 && after.requests === 0;

function health({ failures: { count, most } }: Judged): GateVerdict {
  return { gate: 'health', state: count > most ? 'fails' : 'passes', value: count, limit: most, sentence: `${count} ${count === 1 ? 'failure' : 'failures'} of replicas on the new release, at most ${most} allowed` };
}

function requests(judged: Judged): GateVerdict {
  const { gates, after, isMeasured } = judged;
  const say = (state: GateVerdict['state'], sentence: string): GateVerdict => ({ gate: 'requests', state, value: after.requests, limit: gates.leastRequests, sentence });
  if (!isWindowOver(judged)) return say('waits', `the gates look at ${gates.windowSeconds} s; the new release answered ${count(after.requests)} so far`);
  if (!isMeasured) return say('passes', 'the release says nothing of its requests (it has no metrics path, or nothing could be read): only its health counts');
  if (isEnough(judged)) return say('passes', `the new release answered ${count(after.requests)}, at least ${gates.leastRequests} are needed`);
  if (isQuiet(judged)) return say('passes', 'no requests came, on neither release: only its health counts');
  if (!isLast(judged)) return say('waits', `the new release answered ${count(after.requests)} of the ${gates.leastRequests} that are needed`);
  return say('passes', `only ${count(after.requests)} came in ${MOST_WINDOWS * gates.windowSeconds} s: judged by those`);
}

const count = (value: number): string => (value === 1 ? '1 request' : `${Math.round(value)} requests`);

/** Fails as soon as enough requests say so; passes only when the window is over. */
function errors(judged: Judged, limit: number): GateVerdict {
  const { after, isMeasured } = judged;
  const permille = after.requests === 0 ? null : Math.round((after.errors * 1000) / after.requests);
  const say = (state: GateVerdict['state'], sentence: string): GateVerdict => ({ gate: 'errors', state, value: permille, limit, sentence });
  if (permille !== null && (isEnough(judged) || isLast(judged)) && after.errors * 1000 > limit * after.requests) return say('fails', `${Math.round(after.errors)} of ${count(after.requests)} failed on the new release (${permille} of a thousand), at most ${limit} of a thousand may`);
  if (!isWindowOver(judged)) return say('waits', 'the window is not over');
  if (permille === null) return isMeasured && !isQuiet(judged) && !isLast(judged) ? say('waits', 'the new release has answered nothing yet') : say('passes', 'errors cannot be measured');
  return isEnough(judged) || isLast(judged) ? say('passes', `${permille} of a thousand requests failed on the new release, at most ${limit} may`) : say('waits', 'too few requests to judge');
}

function p99(judged: Judged, limit: number): GateVerdict {
  const { before, after } = judged;
  const permille = before.p99Ms === null || after.p99Ms === null || before.p99Ms === 0 ? null : Math.round((after.p99Ms * 1000) / before.p99Ms);
  const say = (state: GateVerdict['state'], sentence: string): GateVerdict => ({ gate: 'p99', state, value: permille, limit, sentence });
  if (!isWindowOver(judged) || (!isEnough(judged) && !isLast(judged) && !isQuiet(judged) && judged.isMeasured)) return say('waits', 'the window is not over, or requests are too few');
  if (permille === null || Math.min(before.requests, after.requests) < LEAST_FOR_P99) return say('passes', `p99 cannot be compared: it takes the durations of ${LEAST_FOR_P99} requests on either release`);
  const sentence = `p99 is ${after.p99Ms} ms on the new release and ${before.p99Ms} ms on the old one: ${percent(permille)} of it, at most ${percent(limit)} allowed`;
  const atLeastMs = after.p99AtLeastMs ?? after.p99Ms!;
  if (permille <= limit || after.p99Ms! - before.p99Ms! < LEAST_P99_DIFFERENCE_MS) return say('passes', sentence);
  if (atLeastMs * 1000 > limit * before.p99Ms!) return say('fails', sentence);
  return say(isLast(judged) ? 'passes' : 'waits', `${sentence}; of ${count(after.requests)} that can be chance: it is ${atLeastMs} ms at least`);
}

/** Dearer is not bad: it holds for a person, with the quote. */
function cpu(judged: Judged, limit: number): GateVerdict {
  const { before, after } = judged;
  const permille = before.cpuMsPerRequest === null || after.cpuMsPerRequest === null ? null : Math.round((after.cpuMsPerRequest * 1000) / before.cpuMsPerRequest);
  const say = (state: GateVerdict['state'], sentence: string): GateVerdict => ({ gate: 'cpu', state, value: permille, limit, sentence });
  if (!isWindowOver(judged) || (!isEnough(judged) && !isLast(judged) && !isQuiet(judged) && judged.isMeasured)) return say('waits', 'the window is not over, or requests are too few');
  // The old release is known: the new one will be, once it has used enough.
  if (before.cpuMsPerRequest !== null && after.cpuMsPerRequest === null && after.requests > 0 && !isLast(judged)) return say('waits', 'too little CPU of the new release is known yet');
  if (permille === null) return say('passes', 'CPU for each request cannot be compared: too few requests or too little CPU');
  const sentence = `a request costs ${after.cpuMsPerRequest} ms of CPU on the new release and ${before.cpuMsPerRequest} ms on the old one: ${percent(permille)} of it, at most ${percent(limit)} allowed`;
  return say(permille > limit ? 'holds' : 'passes', sentence);
}

const percent = (permille: number): string => `${Math.round(permille / 10)} %`;
