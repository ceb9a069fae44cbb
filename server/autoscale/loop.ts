// The autoscaler's loop: looks every two seconds, decides everything every ten, and at once what is at its limit. Memories are written a few at a time, and all of
// them when the server stops.
import { costDriftPermille } from '#scheduler/autoscale/capacity.ts';
import type { Context } from '../context.ts';
import type { Loop } from '../control/driver.ts';
import type { Present } from '../control/present.ts';
import { dropOldDecisions, forgetWorkloads, listMemories, putMemories } from '../db/autoscale.ts';
import { newlyKnown } from './memory.ts';
import { packMemory, unpackMemory } from './packed.ts';
import { commitRound, noteRelease } from './commit.ts';
import { decideAll, readForRound, type RoundRead } from './round.ts';
import { openStartWatch } from './starts.ts';
import { tick } from './tick.ts';

const EVERY_MS = 2_000;
const ROUND_MS = 10_000;
const SAVE_MS = 60_000;
/** Of each round: 500 workloads take ten minutes, and each write is short. */
const SAVED_AT_ONCE = 10;
const TIDY_MS = 600_000;
const KEPT_MS = 30 * 86_400_000;
/** With what each followed from, about 2 kB each. */
const KEPT_DECISIONS = 20_000;

export function autoscaleLoop(context: Context): Loop {
  const watch = openStartWatch();
  let tidiedAt = Number.NEGATIVE_INFINITY;
  return {
    name: 'autoscale',
    everyMs: EVERY_MS,
    run: async () => {
      const { autoscale, clock } = context;
      await loadMemories(context);
      const present = await context.present.read();
      const read = await readForRound(context);
      const urgent = tick(context, present, read.settings, watch);
      const now = clock.now();
      const isDue = autoscale.round === null || autoscale.isAsked || now - autoscale.round.at >= ROUND_MS || now < autoscale.round.at;
      if (!isDue && urgent.length === 0) return autoscale.round === null ? 'looked' : `${autoscale.round.workloads} workloads decided in ${autoscale.round.decidedMs.toFixed(1)} ms`;
      noteReleases(context, present);
      autoscale.isAsked = false;
      const started = performance.now();
      const decided = decideAll(context, present, read, isDue ? undefined : new Set(urgent));
      const decidedMs = performance.now() - started;
      const { changed } = await commitRound(context, decided, read);
      if (isDue) autoscale.round = { at: now, decidedMs, workloads: decided.length };
      await saveSome(context, now);
      if (now - tidiedAt >= TIDY_MS) {
        tidiedAt = now;
        await tidy(context, present, read, now);
      }
      return `${decided.length} workloads decided in ${decidedMs.toFixed(1)} ms, ${changed} changed${isDue ? '' : ', at once since they are at their limit'}`;
    },
  };
}

async function loadMemories({ autoscale, store }: Context): Promise<void> {
  if (autoscale.isLoaded) return;
  for (const { workloadId, packed, savedAt } of await store.read(listMemories)) autoscale.workloads.set(workloadId, { ...newlyKnown(unpackMemory(packed)), savedAt });
  autoscale.isLoaded = true;
}

/** Another release is another cost of a request: learnt anew, with the old one as a floor for a day. */
function noteReleases(context: Context, { snapshot }: Present): void {
  const at = context.clock.now();
  for (const workload of snapshot.workloads) {
    const { state } = context.autoscale.of(workload.id);
    const declared = workload.ask.profile.cpuMsPerRequest;
    noteRelease(context, { workload, at }, state.cost.weight >= 60 ? (declared * costDriftPermille(state.cost, declared)) / 1000 : null);
  }
}

/** Those that were written longest ago. */
async function saveSome({ autoscale, store }: Context, now: number): Promise<void> {
  const due = [...autoscale.workloads].filter(([, { isAwake, savedAt }]) => isAwake && now - savedAt >= SAVE_MS).sort(([, one], [, other]) => one.savedAt - other.savedAt).slice(0, SAVED_AT_ONCE);
  if (due.length === 0) return;
  await store.tx((tx) => putMemories(tx, due.map(([workloadId, remembered]) => ({ workloadId, savedAt: now, packed: packMemory(remembered) }))));
  for (const [, remembered] of due) remembered.savedAt = now;
}

/** All of them: the server stops. */
export async function saveMemories({ autoscale, store, clock }: Pick<Context, 'autoscale' | 'store' | 'clock'>): Promise<void> {
  const awake = [...autoscale.workloads].filter(([, { isAwake }]) => isAwake);
  if (awake.length > 0) await store.tx((tx) => putMemories(tx, awake.map(([workloadId, remembered]) => ({ workloadId, savedAt: clock.now(), packed: packMemory(remembered) }))));
}

/** What is too old, and whose workload is gone. */
async function tidy({ autoscale, store }: Context, { snapshot }: Present, { rows, alerts }: RoundRead, now: number): Promise<void> {
  const there = new Set(snapshot.workloads.map(({ id }) => id));
  const gone = [...new Set([...rows.keys(), ...alerts.map(({ workloadId }) => workloadId), ...autoscale.workloads.keys()])].filter((id) => !there.has(id));
  for (const id of gone) autoscale.workloads.delete(id);
  await store.tx(async (tx) => {
    if (gone.length > 0) await forgetWorkloads(tx, gone);
    await dropOldDecisions(tx, { before: now - KEPT_MS, keep: KEPT_DECISIONS });
  });
}
