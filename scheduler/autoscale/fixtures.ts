// Made-up days and observations for tests: a trading day with its openings in few lines, and a workload that is seen every 10 s. Seeds, no randomness.
import { dateOf, dayNumber, weekday } from '../calendar/dates.ts';
import type { Observation, ReplicaCapacity, Settings } from './model.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

/** 1,000 QPS a replica when all is busy. */
export const REPLICA: ReplicaCapacity = { cpuMilli: 4000, cpuMsPerRequest: 4, memoryMib: 8192, memoryBaseMib: 512, memoryKibPerQps: 1, maxQps: null };
/** Monday 2026-11-23, 10:00 in Shanghai. */
export const TEN = 1_795_399_200_000;
/** The highest minute of an average day. */
const HEIGHT_QPS = 30_000;
export const ON: Settings = { ...DEFAULT_SETTINGS, mode: 'on' };

export function observe(at: number, qps: number | null, more: Partial<Observation> = {}): Observation {
  const local = Math.floor(at / 60_000) + 480;
  return {
    at,
    qps: qps === null ? [] : [8000, 6000, 4000, 2000, 0].map((ago) => ({ at: at - ago, value: qps + (ago % 3) })),
    sources: [],
    cpuMilli: qps === null ? null : { at, value: qps * 4 },
    connections: null,
    p99Ms: null,
    ready: 10,
    pending: 0,
    desired: 10,
    startDelayMs: 5000,
    capacity: REPLICA,
    bounds: { min: 1, max: 600, quota: null },
    floors: [],
    cap: null,
    moment: { day: Math.floor(local / 1440), minuteOfDay: local % 1440, dayType: 'trading', isSession: true, isAfterBreak: false, events: [] },
    isDeploying: false,
    isRestarted: false,
    ...more,
  };
}

/** Trading days as lines of a trace: quiet night, 09:30 and 13:00 jumps, closing at 15:00. @param days how many, from 2026-11-02 on, weekends left out. @param from first and last minute of each that is recorded */
export function tradingDays(days: number, [from, to]: readonly [number, number] = [0, 1440]): string {
  const lines = ['time,qps'];
  let day = dayNumber('2026-11-02');
  for (let index = 0; index < days; index += 1, day += 1) {
    while (weekday(day) > 5) day += 1;
    const hot = HEIGHT_QPS * (1 + 0.1 * Math.sin(index * 2.1));
    for (let minute = from; minute < to; minute += 1) lines.push(`${dateOf(day)}T${two(Math.floor(minute / 60))}:${two(minute % 60)}:00+08:00,${Math.round(hot * shape(minute))}`);
  }
  return `${lines.join('\n')}\n`;
}

const two = (value: number): string => String(value).padStart(2, '0');

function shape(minute: number): number {
  if (minute >= 570 && minute < 690) return 0.45 + 0.55 * Math.exp(-(minute - 570) / 25);
  if (minute >= 780 && minute < 900) return 0.45 + 0.2 * Math.exp(-(minute - 780) / 20) + 0.1 * ((minute - 780) / 120);
  if (minute >= 690 && minute < 780) return 0.2;
  if (minute >= 555 && minute < 570) return 0.06 + 0.3 * ((minute - 555) / 15);
  return minute >= 900 ? 0.06 + 0.4 * Math.exp(-(minute - 900) / 30) : 0.06;
}
