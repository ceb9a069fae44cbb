// Answers the questions of one snapshot in the worker thread: pure functions of the scheduler, the solver, and views that are small enough to
// send back. Knows no database, no clock that matters and no person.
import { consider } from '#scheduler/burst/consider.ts';
import { prove, reprove } from '#scheduler/batch/proof.ts';
import { runDay } from '#scheduler/drill/run.ts';
import { frontier } from '#scheduler/defragment/frontier.ts';
import type { Snapshot } from '#scheduler/model.ts';
import type { Solve } from '#scheduler/pack/problem.ts';
import { type Base, prepare } from '#scheduler/prepare.ts';
import { explainPlacement } from '#scheduler/questions/placement.ts';
import { simulate } from '#scheduler/questions/simulate.ts';
import { survival } from '#scheduler/questions/survival.ts';
import { whyNot } from '#scheduler/questions/why-not.ts';
import type { Kind, Question, Questions } from './messages.ts';
import { refuseConflicts } from './policy-conflicts.ts';
import { showSimulation } from './show-simulation.ts';
import { unpack } from './unpack.ts';
import { verify } from './verify.ts';
import { worthOf } from './worth.ts';

export interface Performer {
  /** @throws QuestionError or DomainError for what cannot be asked */
  answer(question: Question): Promise<Questions[Kind]['answer']>;
}

/** Effort of the frontier's search: a number and not a time, so that the answer is the same everywhere. A large fleet takes about two seconds. */
const FRONTIER_STEPS = { least: 4_000, eachHost: 2 } as const;

let solver: Promise<Solve> | undefined;
/** Loaded with the first question that needs it, once for the thread. */
const solve = (): Promise<Solve> => (solver ??= import('../solver.ts').then(({ loadSolver }) => loadSolver()));

/** @param snapshot absent: only questions that bring their own data */
export function openPerformer(snapshot: Snapshot | undefined): Performer {
  let prepared: Base | undefined;
  const base = (): Base => {
    if (snapshot === undefined) throw new Error('a question came before its snapshot');
    return (prepared ??= prepare(snapshot));
  };
  return { answer: (question) => answerTo(question, base) };
}

async function answerTo(question: Question, base: () => Base): Promise<Questions[Kind]['answer']> {
  switch (question.kind) {
    case 'simulate': {
      const from = withPools(base(), question.pools);
      const proofSolve = await solve();
      for (const [index, change] of question.changes.entries()) if (change.kind === 'policy') refuseConflicts(from.snapshot, change.policy, `changes.${index}.record`);
      const simulation = simulate(from, question.changes, {
        seed: from.snapshot.revision,
        newId: newIds(),
        solve: proofSolve,
        withSurvival: true,
        ...(question.withProof ? { proof: (of: Base) => prove(of, { solve: proofSolve }) } : {}),
      });
      return showSimulation(from.snapshot, simulation);
    }
    case 'prove': {
      const proof = question.from === null ? prove(base(), { solve: await solve() }) : reprove(base(), question.from);
      return { proof, ...worthOf(base(), proof) };
    }
    case 'survival':
      return survival(base(), question.domains);
    case 'frontier':
      return frontier(base(), { seed: base().snapshot.revision, steps: Math.max(FRONTIER_STEPS.least, FRONTIER_STEPS.eachHost * base().hosts.length), solve: await solve(), most: question.most });
    case 'why-not':
      return whyNot(withPools(base(), question.pools), { workload: question.workload, solve: await solve() });
    case 'burst':
      return consider(base().snapshot, question.question, await solve());
    case 'drill':
      return runDay(base().snapshot, question.input, question.remedy);
    case 'record':
      return Buffer.from(JSON.stringify(unpack(question.stored)));
    case 'placement': {
      const { snapshot, plan } = unpack(question.stored);
      return explainPlacement(prepare(snapshot), plan, question.replicaId) ?? null;
    }
    case 'verify':
      return verify(unpack(question.stored), await solve());
  }
}

/** Pools are no part of the desired state, so they come with the question. */
const withPools = (base: Base, pools: Snapshot['pools']): Base => ({ ...base, snapshot: { ...base.snapshot, pools } });

/** Ids of replicas that never come to be. */
function newIds(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `what-if-${count}`;
  };
}
