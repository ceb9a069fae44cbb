// Rules of signals and announced surges over a stretch of time that is played: previews and drills. Takes what is known of signals and demand over all of it;
// at each instant only what was known then counts.
import type { Floor } from './model.ts';
import { type Known, signalFloor, type SignalRule, type Surge, surgeFloor } from './signals.ts';

const MINUTE_MS = 60_000;
/** So far back a signal is looked at, as in production. */
const RECENT_MS = 26 * 60 * MINUTE_MS;

export interface AnnouncedSurge extends Surge {
  readonly announcedAt: number;
}

export interface Raising {
  readonly rules: readonly SignalRule[];
  /** By name; one that is missing raises nothing. */
  readonly signals: Readonly<Record<string, Known>>;
  readonly surges: readonly AnnouncedSurge[];
  readonly demand: Known;
}

/** @returns the floors of an instant; they change by the minute. `replicaQps`: what one replica carries at its ceiling; 0: not known, then there are none */
export function floorsOver({ rules, signals, surges, demand }: Raising): (at: number, replicaQps: number) => readonly Floor[] {
  const heard = rules.filter(({ signal }) => (signals[signal]?.points.length ?? 0) > 0);
  let last: { readonly minute: number; readonly floors: readonly Floor[] } = { minute: Number.NaN, floors: [] };
  const recent = ({ points, usual }: Known, at: number): Known => ({ points: points.filter((point) => point.at > at - RECENT_MS && point.at <= at), usual });
  return (at, replicaQps) => {
    if (heard.length + surges.length === 0) return [];
    const minute = Math.floor(at / MINUTE_MS);
    if (last.minute === minute) return last.floors;
    const floors = [
      ...heard.map((rule) => signalFloor(rule, recent(signals[rule.signal]!, at), demand, replicaQps, at)),
      ...surges.map((surge) => (at < surge.announcedAt ? null : surgeFloor(surge, demand, null, replicaQps, at))),
    ].filter((floor) => floor !== null);
    last = { minute, floors };
    return floors;
  };
}
