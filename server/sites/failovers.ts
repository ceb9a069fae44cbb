// What fail-over remembers between two looks, in memory: marks in the store are what lasts.
import type { FailoverAct, Watch } from '#scheduler/sites/failover.ts';

export interface Failovers {
  watches: ReadonlyMap<string, Watch>;
  /** Verdicts that wait for a person, as of the last look. */
  held: readonly Extract<FailoverAct, { readonly kind: 'hold' }>[];
}

export const openFailovers = (): Failovers => ({ watches: new Map(), held: [] });
