// The vocabulary of bursting into the cloud: VMs that are bought for a while, what is known of them, and what is to be done next.
// Plain data without behaviour. Instants and spans are milliseconds, money is whole cents; every sentence goes with its code and figures.

import type { Pool, Shape } from '../model.ts';
import type { Said } from '../said.ts';

/** `ready`: joined, and nothing runs there; `emptied`: nothing runs there any more, and it is paid until its period ends. */
export type BurstVmState = 'asked' | 'provisioning' | 'joining' | 'ready' | 'in-use' | 'emptying' | 'emptied' | 'releasing' | 'released' | 'failed';

/** What a VM was bought under. */
export interface Terms {
  readonly bought: Shape;
  readonly costCentsPerHour: number;
  /** Length of a paid period. */
  readonly billingMs: number;
  /** It is given back so long before a paid period ends. */
  readonly releaseMarginMs: number;
  readonly provisionMs: number;
  readonly joinMs: number;
  readonly drainMs: number;
  readonly releaseMs: number;
  /** A smaller one is kept from this share of what was bought on. */
  readonly leastSharePermille: number;
}

export type Owner = 'provisioner' | 'agent' | 'planner' | 'firn' | 'operator';

/** One VM: its whole memory. With it and what is seen, the next step follows. */
export interface Vm {
  readonly id: string;
  readonly name: string;
  readonly poolId: string;
  readonly terms: Terms;
  readonly state: BurstVmState;
  /** Since when it is in this state. */
  readonly since: number;
  readonly deadlineAt: number | null;
  readonly reason: Said;
  /** Who has to do something now. */
  readonly owner: Owner;
  /** How often its making was begun. */
  readonly attempt: number;
  readonly providerId: string | null;
  readonly address: string | null;
  readonly hostId: string | null;
  /** What really came; null: not known yet. */
  readonly delivered: Shape | null;
  readonly route: 'none' | 'added' | 'removed';
  readonly billedFrom: number | null;
  /** How its life ends once it is gone; null: nothing ends it. */
  readonly verdict: 'released' | 'failed' | null;
  /** It goes whatever runs there. */
  readonly isAbandoned: boolean;
  readonly askedAt: number;
  readonly readyAt: number | null;
  readonly endedAt: number | null;
}

/** What the provisioner last said of the machine. `unknown`: it has said nothing that can be relied on since it was asked. */
export type Machine =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'present'; readonly state: 'pending' | 'running' | 'stopping' | 'failed'; readonly providerId: string; readonly address: string | null; readonly shape: Shape | null; readonly billedFrom: number | null };

export interface Seen {
  readonly machine: Machine;
  /** Whether a call of the provisioner for this VM is under way: then nothing else is asked of it. */
  readonly isCalling: boolean;
  /** The last call that failed since the VM is in this state; null: none. `isFinal`: asking again cannot help. */
  readonly failure: { readonly action: CallAction; readonly message: string; readonly isFinal: boolean; readonly times: number } | null;
  /** The host that its machine has become; null: it has not joined, or was removed. */
  readonly host: { readonly hostId: string; readonly state: 'joining' | 'ready' | 'suspect' | 'lost'; readonly since: number; readonly capacity: Shape; readonly replicas: number; readonly isDraining: boolean } | null;
}

export type CallAction = 'create' | 'describe' | 'destroy' | 'route-add' | 'route-remove';
/** One thing to be done outside, safe to repeat. */
export type Order = CallAction | 'drain' | 'undrain' | 'remove-host';

/** A pool from which VMs can be bought now, with everything that bounds how many. */
export interface Offer {
  readonly pool: Pool;
  /** VMs of it that are out. */
  readonly out: number;
  readonly rangesLeft: number;
  /** Why nothing can be bought from it now; null: it can. */
  readonly problem: Said | null;
  readonly billingMs: number;
}

export interface MixLine {
  readonly poolId: string;
  readonly pool: string;
  readonly count: number;
  readonly capacity: Shape;
  /** Of one. */
  readonly costCentsPerHour: number;
}

export interface RoomLine {
  readonly workload: string;
  readonly replicas: number;
}
