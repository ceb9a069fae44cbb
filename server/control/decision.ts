// One decision of the planner on record: whatever of its input is not in the snapshot is written down while it decides, so that the same plan
// can be made again, bit for bit, by anybody who has both. Pure but for what it is handed; the replay loads nothing else.
import type { Plan, Replica, Wish } from '#scheduler/model.ts';
import type { Solve } from '#scheduler/pack/problem.ts';
import type { MoveLimit } from '#scheduler/pace.ts';
import type { Base } from '#scheduler/prepare.ts';
import type { DecisionInput } from '#scheduler/questions/model.ts';
import { byText } from '#scheduler/resources.ts';
import { decide, schedule, type ScheduleOptions } from '#scheduler/schedule.ts';

export interface DecisionOptions {
  readonly seed: number;
  readonly newId: () => string;
  readonly wishes: readonly Wish[];
  /** How many moves of serving replicas may begin. */
  readonly moves: number;
  /** Hosts with a pace of their own; absent: none. */
  readonly limits?: readonly MoveLimit[] | undefined;
  /** Replicas that begin no move now. */
  readonly resting: ReadonlySet<string>;
  /** Whether a replica is observed to serve. */
  readonly serves: (replica: Replica) => boolean;
  /** Whether it is observed not to. */
  readonly fails: (replica: Replica) => boolean;
  /** Whether clients still come to it, so that it does not stop for being too many; absent: to none. */
  readonly lingers?: ((replica: Replica) => boolean) | undefined;
  /** Ids of the workloads to decide, where everything else is at rest; absent: all. */
  readonly scope?: readonly string[] | undefined;
  /** Given: a batch is packed and searched, so that more finds its room. Absent: one run of replicas after the other. */
  readonly solve?: Solve | undefined;
}

/** Most replicas for which the server's loop may stand still while they are packed: about a fifth of a second. */
const MOST_PACKED = 200;

/** Whether packing may give more replicas their room: some found one, some did not, and they are few enough to be packed at once. */
export function isCrowded({ steps, unplaced }: Plan): boolean {
  const placed = steps.filter((step) => step.kind === 'move' || (step.kind === 'start' && step.replica.successor === undefined)).length;
  const waiting = unplaced.reduce((sum, { count }) => sum + count, 0);
  return placed > 0 && waiting > 0 && placed + waiting <= MOST_PACKED;
}

/** Decides, and says from what. */
export function decideOnRecord(base: Base, { seed, newId, wishes, moves, limits, resting, serves, fails, lingers = () => false, scope, solve }: DecisionOptions): { readonly plan: Plan; readonly input: DecisionInput } {
  const ids: string[] = [];
  const silent = new Set<string>();
  const failing = new Set<string>();
  const lingering = new Set<string>();
  const batch = solve !== undefined;
  const plan = scheduleSome(base, scope, {
    verb: 'place',
    seed,
    batch,
    solve,
    wishes,
    moves,
    limits,
    resting,
    newId: () => {
      const id = newId();
      ids.push(id);
      return id;
    },
    serves: (replica) => {
      const isServing = serves(replica);
      if (!isServing) silent.add(replica.id);
      return isServing;
    },
    fails: (replica) => {
      const isFailing = fails(replica);
      if (isFailing) failing.add(replica.id);
      return isFailing;
    },
    lingers: (replica) => {
      const isLingering = lingers(replica);
      if (isLingering) lingering.add(replica.id);
      return isLingering;
    },
  });
  return { plan, input: { seed, ids, batch, wishes, moves: Number.isFinite(moves) ? moves : Number.MAX_SAFE_INTEGER, ...(limits === undefined || limits.length === 0 ? {} : { limits }), resting: [...resting], silent: [...silent], ...(failing.size === 0 ? {} : { failing: [...failing] }), ...(lingering.size === 0 ? {} : { lingering: [...lingering] }), ...(scope === undefined ? {} : { scope }) } };
}

/** In the order of ids, as all are decided. */
function scheduleSome(base: Base, scope: readonly string[] | undefined, options: ScheduleOptions): Plan {
  if (scope === undefined) return schedule(base, options);
  return decide(base, scope.toSorted(byText).flatMap((id) => base.workloads.get(id) ?? []), options, scope);
}

/**
 * Decides again from what was written down.
 * @param solve for a batch: the solver that it was made with
 * @throws RangeError when it asks for more ids than were given: then it is not the same decision
 */
export function decideAgain(base: Base, { seed, ids, batch, wishes, moves, limits, resting = [], silent = [], failing = [], lingering = [], scope }: DecisionInput, solve?: Solve): Plan {
  if (batch && solve === undefined) throw new RangeError('the decision packed a batch, and no solver was given to make it again');
  let given = 0;
  const quiet = new Set(silent);
  const failed = new Set(failing);
  const goOn = new Set(lingering);
  return scheduleSome(base, scope, {
    verb: 'place',
    seed,
    batch,
    solve: batch ? solve : undefined,
    wishes,
    moves,
    limits,
    resting: new Set(resting),
    newId: () => {
      const id = ids[given];
      given += 1;
      if (id === undefined) throw new RangeError(`the decision makes replica ${given}, and ids for ${ids.length} were given`);
      return id;
    },
    serves: ({ id }) => !quiet.has(id),
    fails: ({ id }) => failed.has(id),
    lingers: ({ id }) => goOn.has(id),
  });
}
