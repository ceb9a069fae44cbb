// The frontier of moves against hosts freed or money saved: found when somebody asks, once for each revision.
import type { Frontier } from '#scheduler/questions/model.ts';
import type { Context } from '../context.ts';
import type { Present } from './present.ts';

interface Known {
  readonly revision: number;
  readonly answer: Promise<{ readonly frontier: Frontier; readonly seconds: number }>;
}

const known = new WeakMap<Context, Known>();

/** @returns the present's frontier, whoever asked for it first. @throws as a question does */
export async function frontierOf(context: Context): Promise<{ readonly present: Present; readonly frontier: Frontier; readonly seconds: number }> {
  const present = await context.present.read();
  const { revision, snapshot } = present;
  const earlier = known.get(context);
  if (earlier?.revision === revision) return { present, ...(await earlier.answer) };
  const started = performance.now();
  const answer = context.questions.ask('frontier', snapshot, {}, { urgent: true }).then((frontier) => ({ frontier, seconds: (performance.now() - started) / 1000 }));
  known.set(context, { revision, answer });
  // One that found no answer is asked again.
  answer.catch(() => known.delete(context));
  return { present, ...(await answer) };
}
