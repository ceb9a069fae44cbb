// What hosts say of maintenance in a snapshot. Plain data, part of the vocabulary of model.ts.

/** For whom a host keeps room: a replica that waits to leave another one. It ends by itself once that one has a successor, or need not leave. */
export interface KeptRoom {
  readonly workloadId: string;
  readonly replicaId: string;
}
