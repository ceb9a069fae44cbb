// Heavy questions answered at once and in this thread: a simulation has no other, and its time stands still while they are thought about.
import { loadSolver } from '#server/solver.ts';
import { openPerformer } from '#server/worker/perform.ts';
import type { Question, Questions } from '#server/worker/messages.ts';
import type { Questioner } from '#server/worker/questions.ts';

// Loaded before anything is simulated: later it would be there at another moment each time.
await loadSolver();

export const questionsHere: Questioner = {
  pending: 0,
  async ask(kind, snapshot, ask) {
    const answer: unknown = await openPerformer(snapshot ?? undefined).answer({ kind, ...ask } as unknown as Question);
    return answer as Questions[typeof kind]['answer'];
  },
  [Symbol.asyncDispose]: async () => undefined,
};
