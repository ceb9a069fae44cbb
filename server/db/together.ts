// Transactions that wait at the same time, committed as one: each has a savepoint and an outcome of its own, and is answered after the commit.
// Takes changes as they come; gives each its own result or error. A commit costs much more than what one of them writes, so that a burst
// is recorded several times faster. A change that comes alone is committed alone, a turn of the event loop later.
import type { Topic } from '../bus.ts';
import type { Revised } from './cluster.ts';
import type { Database } from './open.ts';
import type { Tx } from './store.ts';
import type { Timing } from '../timing.ts';
import { type InTurn, LONGEST_TURN_MS } from './turns.ts';

/** A change that is under way, and what is to be told of it once it is committed. */
export interface Pending {
  readonly tx: Tx;
  readonly told: { readonly changes: ReadonlyMap<Topic, ReadonlySet<string>>; readonly effects: readonly (() => void)[]; readonly revised: Revised | undefined };
}

/** @param ahead steps of those that are committed together with it, before it */
export function openPending(db: Database, ahead: readonly Revised[]): Pending {
  const changes = new Map<Topic, Set<string>>();
  const effects: (() => void)[] = [];
  const told: { changes: typeof changes; effects: typeof effects; revised: Revised | undefined } = { changes, effects, revised: undefined };
  const tx: Tx = {
    db,
    changed: (topic, ...ids) => {
      const known = changes.get(topic) ?? new Set();
      for (const id of ids) known.add(id);
      changes.set(topic, known);
    },
    revises: (step) => void (told.revised = step),
    afterCommit: (effect) => void effects.push(effect),
    ahead,
  };
  return { tx, told };
}

export interface Together {
  readonly writer: Database;
  readonly write: InTurn;
  /** One transaction of SQLite around the work. */
  readonly committing: <T>(work: () => Promise<T>) => Promise<T>;
  readonly perform: <T>(pending: Pending, change: (tx: Tx) => Promise<T>) => Promise<T>;
  readonly tell: (committed: readonly Pending[]) => void;
  /** Throws where no transaction may be opened. */
  readonly refuse: () => void;
  readonly timing: Timing;
}

interface Member {
  /** Does its part within the open transaction. @returns how to answer once that is committed */
  readonly join: (ahead: readonly Revised[]) => Promise<Joined>;
  /** Answers that the whole was not committed. */
  readonly fail: (error: unknown) => void;
}

interface Joined {
  /** Absent where it threw and left no row. */
  readonly pending?: Pending;
  readonly answer: () => void;
}

export function openTogether({ writer, write, committing, perform, tell, refuse, timing }: Together): <T>(change: (tx: Tx) => Promise<T>) => Promise<T> {
  const run = (text: string) => void writer.$client.prepare(text).run();
  const waiting: Member[] = [];
  let isCalled = false;

  /** Those that wait, as many as fit into a turn of the event loop; the others are called again. */
  const commitWaiting = async (): Promise<void> => {
    const members: Member[] = [];
    const joined: Joined[] = [];
    try {
      await committing(async () => {
        const until = timing.elapsedMs() + LONGEST_TURN_MS;
        const ahead: Revised[] = [];
        do {
          const member = waiting.shift()!;
          members.push(member);
          const each = await member.join([...ahead]);
          joined.push(each);
          if (each.pending?.told.revised !== undefined) ahead.push(each.pending.told.revised);
        } while (waiting.length > 0 && timing.elapsedMs() < until);
      });
      tell(joined.flatMap(({ pending }) => pending ?? []));
    } catch (error) {
      // A full disk, say: nothing of any of them is there.
      if (members.length === 0) members.push(...waiting.splice(0));
      for (const { fail } of members) fail(error);
    }
    for (const { answer } of joined) answer();
    isCalled = false;
    if (waiting.length > 0) call();
  };
  const call = (): void => {
    if (isCalled) return;
    isCalled = true;
    // A turn first: what came with the same look at the sockets goes along.
    void timing.turn().then(() => write(commitWaiting));
  };
  return (change) => {
    refuse();
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof change>>>();
    const join = async (ahead: readonly Revised[]): Promise<Joined> => {
      const pending = openPending(writer, ahead);
      run('SAVEPOINT member');
      try {
        const result = await perform(pending, change);
        run('RELEASE member');
        return { pending, answer: () => resolve(result) };
      } catch (error) {
        run('ROLLBACK TO member');
        run('RELEASE member');
        return { answer: () => reject(error) };
      }
    };
    waiting.push({ join, fail: reject });
    call();
    return promise;
  };
}
