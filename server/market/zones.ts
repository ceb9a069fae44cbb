// Offsets of time zones as data for the scheduler, from the time zone data of this machine.
import type { ZoneOffset } from '#scheduler/autoscale/schedules-model.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Minutes that are added to UTC in a place at an instant. @throws RangeError for a zone that is not known here */
export function offsetAt(timeZone: string, instant: number): number {
  const clock = clocks.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' });
  clocks.set(timeZone, clock);
  const part = Object.fromEntries(clock.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const shown = Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute']);
  return Math.round((shown - Math.floor(instant / MINUTE_MS) * MINUTE_MS) / MINUTE_MS);
}

/** The offsets of a place between two instants, to the minute at which they change; null: the zone is not known here. */
export function zoneOffsets(timeZone: string, from: number, to: number): ZoneOffset[] | null {
  try {
    const offsets = [{ from, minutes: offsetAt(timeZone, from) }];
    for (let at = from; at < to; at += DAY_MS) {
      const [before, after] = [offsetAt(timeZone, at), offsetAt(timeZone, at + DAY_MS)];
      if (before !== after) offsets.push({ from: changeBetween(timeZone, at, at + DAY_MS), minutes: after });
    }
    return offsets;
  } catch {
    return null;
  }
}

function changeBetween(timeZone: string, from: number, to: number): number {
  const before = offsetAt(timeZone, from);
  let [low, high] = [from, to];
  while (high - low > MINUTE_MS) {
    const middle = Math.floor((low + high) / 2 / MINUTE_MS) * MINUTE_MS;
    if (offsetAt(timeZone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** Zones as they are asked for, for two years around now; counted anew each month. Thrown away when there are more than people could mean. */
export function openZones(): { of(timeZones: readonly string[], now: number): Readonly<Record<string, readonly ZoneOffset[]>> } {
  const MOST = 100;
  let month = Number.NaN;
  const known = new Map<string, readonly ZoneOffset[] | null>();
  return {
    of(timeZones, now) {
      const present = Math.floor(now / (30 * DAY_MS));
      if (present !== month || known.size > MOST) known.clear();
      month = present;
      const start = present * 30 * DAY_MS;
      for (const zone of timeZones) if (!known.has(zone)) known.set(zone, zoneOffsets(zone, start - 60 * DAY_MS, start + 460 * DAY_MS));
      return Object.fromEntries(timeZones.flatMap((zone) => {
        const offsets = known.get(zone) ?? null;
        return offsets === null ? [] : [[zone, offsets]];
      }));
    },
  };
}
