// What the server and its worker thread say to each other: pieces of a snapshot, then questions about it; answers or why there is none.
// Plain data that survives a structured clone. A snapshot goes over in pieces, so that neither side stalls while it is copied.
import type { BurstAnswer, BurstQuestion } from '#scheduler/burst/consider.ts';
import type { FailureDomain, Host, Network, Pool, Proof, Replica, Shape, Snapshot, Workload } from '#scheduler/model.ts';
import type { DrillInput, Outcome, Remedy } from '#scheduler/drill/model.ts';
import type { Change, Frontier, Survival, WhyNot } from '#scheduler/questions/model.ts';
import type { PlacementReasons } from '#scheduler/questions/placement.ts';
import type { PlanVerdict, Simulation } from '../http/contract/questions.ts';
import type { StoredRecord } from './unpack.ts';

/** A move of a running replica that a simulation shows. */
export interface ShownMove {
  readonly replicaId: string;
  readonly replica: string;
  readonly fromHostId: string;
  readonly fromHost: string;
  readonly hostId: string;
  readonly host: string;
}

/** A simulation as the thread shows it: the changes as they were asked are put beside it outside. */
export type ShownSimulation = Pick<Simulation, 'parent' | 'consequence'> & { readonly stages: readonly Omit<Simulation['stages'][number], 'change'>[] };

/** How good the prices of a proof are on the present, and what they say of each class of hosts. */
export interface Proven {
  readonly proof: Proof;
  /** What one replica of each workload and shape is worth at most, dearest first. */
  readonly prices: readonly { readonly workload: string; readonly shape: Shape; readonly replicas: number; readonly centsPerHour: number }[];
  readonly gap: { readonly costCentsPerHour: number; readonly boundCentsPerHour: number; readonly percent: number };
  readonly hostClasses: readonly { readonly name: string; readonly hosts: number; readonly used: number; readonly costCentsPerHour: number; readonly worthCentsPerHour: number }[];
}

/** Every kind of question with its answer. All but those with a record of their own are about the snapshot that was sent. */
export interface Questions {
  readonly simulate: { readonly ask: { readonly changes: readonly Change[]; readonly pools: readonly Pool[]; readonly withProof: boolean }; readonly answer: { readonly simulation: ShownSimulation; readonly moves: readonly ShownMove[]; readonly declined: readonly (ShownMove & { readonly reason: string })[] } };
  /** `from`: reuse these prices, which takes a moment; null: find the best ones. */
  readonly prove: { readonly ask: { readonly from: Proof | null }; readonly answer: Proven };
  readonly survival: { readonly ask: { readonly domains: readonly FailureDomain[] }; readonly answer: readonly Survival[] };
  readonly frontier: { readonly ask: { readonly most?: number | undefined }; readonly answer: Frontier };
  /** Of one workload, or of a draft in place of what it has; null: of everything that waits. */
  readonly 'why-not': { readonly ask: { readonly workload: Workload | null; readonly pools: readonly Pool[] }; readonly answer: readonly WhyNot[] };
  /** What to buy, who goes back, and how much room is warm. */
  readonly burst: { readonly ask: { readonly question: BurstQuestion }; readonly answer: BurstAnswer };
  /** The whole record of a plan as JSON, in UTF-8. */
  readonly record: { readonly ask: { readonly stored: StoredRecord }; readonly answer: Uint8Array };
  /** A day against the snapshot, as it is or with one change. */
  readonly drill: { readonly ask: { readonly input: DrillInput; readonly remedy: Remedy | null }; readonly answer: Outcome };
  /** Why a stored plan put a replica where it did; null where it put it nowhere. */
  readonly placement: { readonly ask: { readonly stored: StoredRecord; readonly replicaId: string }; readonly answer: PlacementReasons | null };
  readonly verify: { readonly ask: { readonly stored: StoredRecord }; readonly answer: PlanVerdict };
}
export type Kind = keyof Questions;
export type Question = { readonly [K in Kind]: { readonly kind: K } & Questions[K]['ask'] }[Kind];

/** A snapshot without its lists, which follow in pieces. */
export type SnapshotHead = Pick<Snapshot, 'revision' | 'policy'>;
export type Piece =
  | { readonly list: 'hosts'; readonly items: readonly Host[] }
  | { readonly list: 'networks'; readonly items: readonly Network[] }
  | { readonly list: 'workloads'; readonly items: readonly Workload[] }
  | { readonly list: 'replicas'; readonly items: readonly Replica[] };

export type ToWorker =
  | { readonly type: 'snapshot'; readonly head: SnapshotHead }
  | { readonly type: 'piece'; readonly piece: Piece }
  | { readonly type: 'question'; readonly id: number; readonly question: Question };

/** Why a question has no answer, so that the other side can throw the same error. */
export type Failure =
  | { readonly kind: 'question'; readonly field: string; readonly value: string | number; readonly allowed: string; readonly message: string }
  | { readonly kind: 'domain'; readonly code: string; readonly message: string; readonly fields: readonly { readonly field: string; readonly value: unknown; readonly message: string; readonly allowed?: string }[] }
  | { readonly kind: 'fault'; readonly message: string; readonly stack: string };

export type FromWorker =
  | { readonly type: 'answer'; readonly id: number; readonly answer: Questions[Kind]['answer'] }
  | { readonly type: 'failure'; readonly id: number; readonly failure: Failure };
