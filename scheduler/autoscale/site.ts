// What every replay takes for granted of the site, and the ways in which its metrics can be lost. One replica serves 1,000 QPS when all of its 4 cores
// are busy, at 4 ms of CPU a request.

export const REPLICA_QPS = 1000;
export const REPLICA_CPU_MILLI = 4000;
/** Rooms without end are no test. */
export const MOST_REPLICAS = 600;

export const LOSSES = ['missing', 'zero', 'stuck', 'late', 'gateway'] as const;
export type Loss = (typeof LOSSES)[number];

export interface LossPlan {
  readonly kind: Loss;
  readonly minuteOfDay: number;
  readonly minutes: number;
}
