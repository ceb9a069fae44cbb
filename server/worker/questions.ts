// Heavy questions are answered in a thread of their own, so that agents, people and the planner never wait for them: one at a time, people's
// before the server's own, each with a deadline and within a limit of memory. The thread starts with the first question and ends when
// none came for a while. A thread that dies or takes too long fails its question with a sentence, and the next one gets a new thread.
import { Worker } from 'node:worker_threads';
import type { Snapshot } from '#scheduler/model.ts';
import { ConflictError, InvalidError, UnavailableError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Failure, FromWorker, Kind, Piece, Question, Questions, ToWorker } from './messages.ts';

/** A cluster of 10,000 hosts and 100,000 replicas takes about a quarter of it. */
const MOST_MEMORY_MIB = 2_048;
/** Longer than the largest question takes at the size of a site. */
const DEADLINE_MS = 60_000;
/** After this time without a question the thread's memory is given back. */
const IDLE_MS = 120_000;
/** Copied at once: a few milliseconds of work. */
const PIECE_ITEMS = 4_000;

export interface Terms {
  /** Of two questions with one key the newer one counts: an older one that still waits is dropped. Absent: none is dropped. */
  readonly key?: string;
  /** The server's own questions let people's go first. */
  readonly urgent?: boolean;
  readonly deadlineMs?: number;
}

export interface Questioner extends AsyncDisposable {
  /**
   * @param snapshot what the question is about; null where it brings its own data
   * @throws InvalidError for what cannot be asked, ConflictError `question-replaced`, UnavailableError when it found no answer
   */
  ask<K extends Kind>(kind: K, snapshot: Snapshot | null, ask: Questions[K]['ask'], terms?: Terms): Promise<Questions[K]['answer']>;
  /** Questions that wait or are thought about. */
  readonly pending: number;
}

interface Entry {
  readonly question: Question;
  readonly snapshot: Snapshot | null;
  readonly terms: Terms;
  readonly resolve: (answer: Questions[Kind]['answer']) => void;
  readonly reject: (error: Error) => void;
}

/** `memoryMib` and `idleMs` are for tests. */
export function openQuestions({ log, memoryMib = MOST_MEMORY_MIB, idleMs = IDLE_MS }: { readonly log: Log; readonly memoryMib?: number; readonly idleMs?: number }): Questioner {
  const waiting: Entry[] = [];
  let thread: Thread | undefined;
  let current: Entry | undefined;
  let idle: NodeJS.Timeout | undefined;
  let closed = false;
  let running: Promise<void> = Promise.resolve();

  const work = async (): Promise<void> => {
    for (let entry = takeNext(waiting); entry !== undefined; entry = takeNext(waiting)) {
      current = entry;
      try {
        thread ??= startThread(memoryMib);
        entry.resolve(await thread.answer(entry.question, entry.snapshot, entry.terms.deadlineMs ?? DEADLINE_MS));
      } catch (error) {
        if (error instanceof BrokenThreadError) {
          log.warn({ question: entry.question.kind, reason: error.message }, 'question.failed');
          await thread?.end();
          thread = undefined;
        }
        entry.reject(error instanceof BrokenThreadError ? new UnavailableError('question-failed', error.message) : (error as Error));
      }
    }
    current = undefined;
    idle = setTimeout(() => {
      void thread?.end();
      thread = undefined;
    }, idleMs).unref();
  };
  return {
    get pending() {
      return waiting.length + (current === undefined ? 0 : 1);
    },
    async ask(kind, snapshot, ask, terms = {}) {
      if (closed) throw new UnavailableError('question-failed', 'The server is stopping.');
      if (terms.key !== undefined) replaceOlder(waiting, terms.key);
      const { promise, resolve, reject } = Promise.withResolvers<Questions[Kind]['answer']>();
      waiting.push({ question: { kind, ...ask } as unknown as Question, snapshot, terms, resolve, reject });
      clearTimeout(idle);
      if (current === undefined) {
        current = waiting[0];
        running = work();
      }
      return await promise;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      clearTimeout(idle);
      for (const { reject } of waiting.splice(0)) reject(new UnavailableError('question-failed', 'The server is stopping.'));
      await thread?.end();
      await running;
    },
  };
}

/** People's first, then in the order in which they came. */
function takeNext(waiting: Entry[]): Entry | undefined {
  const urgent = waiting.findIndex(({ terms }) => terms.urgent === true);
  return waiting.splice(Math.max(0, urgent), 1)[0];
}

function replaceOlder(waiting: Entry[], key: string): void {
  const index = waiting.findIndex(({ terms }) => terms.key === key);
  if (index >= 0) waiting.splice(index, 1)[0]!.reject(new ConflictError('question-replaced', 'A newer question of the same kind took the place of this one.'));
}

/** The thread cannot be used any more; the message says why, for people. */
class BrokenThreadError extends Error {
  override readonly name = 'BrokenThreadError';
}

interface Thread {
  /** One question at a time. @throws BrokenThreadError, or what the question throws */
  answer(question: Question, snapshot: Snapshot | null, deadlineMs: number): Promise<Questions[Kind]['answer']>;
  end(): Promise<void>;
}

function startThread(memoryMib: number): Thread {
  const worker = new Worker(new URL('thread.ts', import.meta.url), { name: 'firn-questions', resourceLimits: { maxOldGenerationSizeMb: memoryMib }, stdin: false });
  worker.unref();
  let known: Snapshot | null = null;
  let count = 0;
  let hear: (message: FromWorker) => void = () => undefined;
  let broken: (error: Error) => void = () => undefined;
  worker.on('message', (message: FromWorker) => hear(message));
  worker.on('error', (error: NodeJS.ErrnoException) => broken(new BrokenThreadError(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? `The question needs more memory than its limit of ${memoryMib} MiB.` : `The thread that thinks about questions failed: ${error.message}.`)));
  worker.on('exit', () => broken(new BrokenThreadError('The thread that thinks about questions ended.')));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin, only windows have
  const send = (message: ToWorker) => worker.postMessage(message);
  return {
    async answer(question, snapshot, deadlineMs) {
      const { promise, resolve, reject } = Promise.withResolvers<Questions[Kind]['answer']>();
      const timer = setTimeout(() => reject(new BrokenThreadError(`The question found no answer within ${Math.round(deadlineMs / 1000)} s.`)), deadlineMs);
      count += 1;
      const id = count;
      broken = reject;
      hear = (message) => {
        if (message.id !== id) return;
        if (message.type === 'answer') resolve(message.answer);
        else reject(errorOf(message.failure));
      };
      try {
        // Sending takes turns of the event loop, in which the thread may die: the answer's promise hears of it.
        const sent = snapshot === null || snapshot === known ? Promise.resolve() : sendSnapshot(send, snapshot);
        await Promise.race([sent, promise]);
        known = snapshot ?? known;
        send({ type: 'question', id, question });
        return await promise;
      } finally {
        clearTimeout(timer);
        broken = () => undefined;
      }
    },
    end: async () => void (await worker.terminate()),
  };
}

async function sendSnapshot(send: (message: ToWorker) => void, { revision, policy, hosts, networks, workloads, replicas }: Snapshot): Promise<void> {
  send({ type: 'snapshot', head: { revision, policy } });
  const lists = { hosts, networks, workloads, replicas };
  for (const list of ['hosts', 'networks', 'workloads', 'replicas'] as const) {
    for (let start = 0; start < lists[list].length; start += PIECE_ITEMS) {
      send({ type: 'piece', piece: { list, items: lists[list].slice(start, start + PIECE_ITEMS) } as Piece });
      await new Promise(setImmediate);
    }
  }
}

function errorOf(failure: Failure): Error {
  if (failure.kind === 'question') return new InvalidError('question-invalid', `${failure.message}.`, [{ field: failure.field, value: failure.value, message: 'cannot be asked', allowed: failure.allowed }]);
  if (failure.kind === 'domain') return new InvalidError(failure.code, failure.message, failure.fields);
  return new Error(failure.message, { cause: failure.stack });
}
