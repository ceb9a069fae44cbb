// The words of steering clients: sites with their links, names with their weights and addresses, and what a client is told.
// Plain immutable data. Weights and shares are in thousandths. Client addresses come as bytes, 4 or 16 of them; texts are the server's business.

import type { Saying } from '../said.ts';

/** How far a service is at a site. `proxy-back`: only its access layer answers there, and passes on to another site. */
export type Stage = 'none' | 'proxy-back' | 'local' | 'read-only' | 'active-active';
export type Preference = 'nearest' | 'weights' | 'order';
export type Weights = Readonly<Record<string, number>>;

/** The weight of a site that nobody has named. */
export const FULL_WEIGHT = 1000;

/** Where data flows: `one-way` only towards `to`. */
export interface Link {
  readonly to: string;
  readonly data: 'both' | 'one-way';
}

export interface Site {
  readonly name: string;
  readonly links: readonly Link[];
  /** Kept from clients as a whole: `failed` until it is well again, `drained` until people take it back. Null: not. */
  readonly mark: 'failed' | 'drained' | null;
}

/** Addresses whose first `bits` bits are those of `bytes`. */
export interface ClientRange {
  readonly bytes: readonly number[];
  readonly bits: number;
  readonly site: string;
}

/** One replica as clients would reach it. */
export interface Target {
  readonly replicaId: string;
  readonly address: string;
  readonly site: string;
  /** Whether its own host says that it serves. */
  readonly isHealthy: boolean;
  /** It is about to stop on purpose: new clients should not come to it. */
  readonly isLeaving: boolean;
  /** It leaves, and nothing follows it at its site: its clients go to another one. */
  readonly isLast?: boolean | undefined;
}

/** A name with everything that an answer depends on, but for the client. */
export interface NameSpec {
  readonly name: string;
  readonly preference: Preference;
  /** Sites, the first that serves wins; those that are absent come after, by name. */
  readonly order: readonly string[];
  /** In force now. With `weights` shares in proportion; else how many of a site's own clients it takes. */
  readonly weights: Weights;
  readonly layer: 'access' | 'service' | 'data';
  /** It writes no data. */
  readonly isReadOnly: boolean;
  /** By site; absent: as far as the site's data allows. */
  readonly stages: Readonly<Record<string, Stage>>;
  /** Sites at which this name is kept from clients, though the site serves others. */
  readonly failedAt: readonly string[];
  readonly mostAddresses: number;
  readonly targets: readonly Target[];
}

/** Why clients are sent to a site, or not. */
export type SiteCode = 'serves' | 'weight-zero' | 'stage' | 'one-way-data' | 'draining' | 'failed' | 'no-replicas' | 'unhealthy';

/** A site as a name sees it. */
export interface SiteStanding {
  readonly site: string;
  readonly stage: Stage;
  readonly code: SiteCode;
  readonly why: string;
  readonly said: Saying;
  readonly weight: number;
  readonly healthy: readonly Target[];
  readonly leaving: readonly Target[];
  readonly unhealthy: readonly Target[];
}

/** `elsewhere`: the client's own site does not take it. `leaving`: all of the site are about to stop. The last three: nothing better was left, in this order. */
export type AnswerCode = 'nearest' | 'first' | 'share' | 'elsewhere' | 'leaving' | 'against-weights' | 'unhealthy' | 'nothing';

export interface Answer {
  readonly targets: readonly Target[];
  readonly site: string | null;
  /** The client's own site. */
  readonly near: string | null;
  readonly code: AnswerCode;
  readonly why: string;
}
