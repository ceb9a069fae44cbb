// Demand now against what is usual at this minute on days like today, and the next hour as the autoscaler remembers days: for people, not for decisions.
import { alike, usual } from '#scheduler/autoscale/season.ts';
import type { Moment, State } from '#scheduler/autoscale/model.ts';

/** Minutes on both sides over which "usual" is taken. */
const AROUND = 2;

export function usualQps({ days }: Pick<State, 'days'>, { day, dayType, minuteOfDay }: Moment, aheadMinutes = 0): number | null {
  const minute = minuteOfDay + aheadMinutes;
  const like = alike(days, day, dayType);
  if (minute < 0 || minute >= 1_440) return null;
  return usual(like, Math.max(0, minute - AROUND), Math.min(1_439, minute + AROUND));
}

/** Null where either is not known. */
export const heatOf = (now: number | null, then: number | null): number | null => (now === null || then === null || then <= 0 ? null : Math.round((1000 * now) / then) / 1000);
