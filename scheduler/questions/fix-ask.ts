// Fixes that a team makes itself: another cap, a taint tolerated, the cloud allowed, less to survive, a smaller shape, a lower peak.
// Takes where a fix is looked for; gives for each kind the least change that does, tried.

import { capsOf } from '../classes.ts';
import type { Ask, Caps, Survive, Workload } from '../model.ts';
import { byText, fits as isWithin } from '../resources.ts';
import type { Fixing, Tried } from './fix.ts';
import type { Fix } from './model.ts';

/** Taints that are tried. */
const MOST_TAINTS = 4;
const WEAKER: Readonly<Record<Survive, readonly Survive[]>> = { site: ['rack', 'host', 'none'], rack: ['host', 'none'], host: ['none'], none: [] };

export function askFixes(fixing: Fixing): Fix[] {
  return [...raisedCaps(fixing), ...toleratedTaint(fixing), ...allowedCloud(fixing), ...weakerSurvival(fixing), ...smallerShape(fixing), ...lowerPeak(fixing)];
}

function withAsk(workload: Workload, parts: Partial<Ask>): Workload {
  return { ...workload, ask: { ...workload.ask, ...parts } };
}

function tryAsk({ base, workload, attempt }: Fixing, parts: Partial<Ask>): Tried | undefined {
  const tried = attempt(base, withAsk(workload, parts));
  return tried?.fits === true ? tried : undefined;
}

function fixOf(what: Fix['what'], { moves, addedCentsPerHour }: Tried): Fix {
  return { what, moves, addedCentsPerHour };
}

/**
 * The smallest whole number in low..high that does, when the high end does and more never does worse. Values between are tried by halves.
 * @returns what the trial gave for it, or undefined where the high end does not do
 */
function least(low: number, high: number, attempt: (value: number) => Tried | undefined): { readonly value: number; readonly tried: Tried } | undefined {
  const last = low <= high ? attempt(high) : undefined;
  if (last === undefined) return undefined;
  let found = { value: high, tried: last };
  let open = low;
  while (open < found.value) {
    const middle = Math.floor((open + found.value) / 2);
    const tried = attempt(middle);
    if (tried === undefined) open = middle + 1;
    else found = { value: middle, tried };
  }
  return found;
}

/** A cap of the ask that is no cap of its class: raising what another rule keeps as low helps nobody. */
function raisedCaps(fixing: Fixing): Fix[] {
  const { workload, base, now } = fixing;
  const { caps } = workload.ask;
  const joined = capsOf(withAsk(workload, { caps: {} }), base.snapshot.policy);
  return (['perHost', 'perRack', 'perSite'] as const).flatMap((cap) => {
    const from = caps[cap];
    if (from === undefined) return [];
    // A cap as large as the number of replicas is none.
    const most = Math.min(joined[cap] ?? Number.POSITIVE_INFINITY, now.replicas);
    const found = least(from + 1, most, (value) => tryAsk(fixing, { caps: { ...caps, [cap]: value } satisfies Caps }));
    return found === undefined ? [] : [fixOf({ kind: 'raise-cap', cap, from, to: found.value }, found.tried)];
  });
}

function toleratedTaint(fixing: Fixing): Fix[] {
  const { base, workload } = fixing;
  const { tolerations } = workload.ask;
  const counts = new Map<string, number>();
  for (const { taints } of base.hosts) for (const taint of taints) if (!tolerations.includes(taint)) counts.set(taint, (counts.get(taint) ?? 0) + 1);
  const commonest = [...counts].sort(([one, ones], [other, others]) => others - ones || byText(one, other)).slice(0, MOST_TAINTS);
  for (const [taint] of commonest) {
    const tried = tryAsk(fixing, { tolerations: [...tolerations, taint] });
    if (tried !== undefined) return [fixOf({ kind: 'tolerate', taint }, tried)];
  }
  return [];
}

function allowedCloud(fixing: Fixing): Fix[] {
  const { base, workload } = fixing;
  if (workload.ask.cloud === 'allowed' || !base.hosts.some(({ kind }) => kind === 'cloud-vm')) return [];
  const tried = tryAsk(fixing, { cloud: 'allowed' });
  return tried === undefined ? [] : [fixOf({ kind: 'allow-cloud' }, tried)];
}

/** The strongest of what is weaker. */
function weakerSurvival(fixing: Fixing): Fix[] {
  for (const survive of WEAKER[fixing.workload.ask.survive]) {
    const tried = tryAsk(fixing, { survive });
    if (tried !== undefined) return [fixOf({ kind: 'survive', survive }, tried)];
  }
  return [];
}

/** The largest shape that is smaller in both dimensions, or smaller in one and equal in the other. */
function smallerShape(fixing: Fixing): Fix[] {
  const { base, workload } = fixing;
  const { shapes } = base.snapshot.policy;
  const present = Object.hasOwn(shapes, workload.ask.shape) ? shapes[workload.ask.shape]! : undefined;
  if (present === undefined) return [];
  const smaller = Object.entries(shapes)
    .filter(([name, shape]) => name !== workload.ask.shape && isWithin(shape, present) && !isWithin(present, shape))
    .sort(([one, ones], [other, others]) => others.cpuMilli - ones.cpuMilli || others.memoryMib - ones.memoryMib || byText(one, other));
  for (const [shape] of smaller) {
    const tried = tryAsk(fixing, { shape });
    if (tried !== undefined) return [fixOf({ kind: 'shrink', shape, replicas: tried.replicas }, tried)];
  }
  return [];
}

/** The highest peak that fits, in steps that a person would type. */
function lowerPeak(fixing: Fixing): Fix[] {
  const { peakQps } = fixing.workload.ask;
  const step = peakQps >= 100 ? 1 : peakQps >= 1 ? 0.01 : 0.001;
  const peakAt = (down: number) => Math.round((Math.ceil(peakQps / step) - down) * step * 1000) / 1000;
  const steps = Math.ceil(peakQps / step);
  const found = least(1, steps - 1, (down) => tryAsk(fixing, { peakQps: peakAt(down) }));
  return found === undefined ? [] : [fixOf({ kind: 'lower-peak', peakQps: peakAt(found.value) }, found.tried)];
}
