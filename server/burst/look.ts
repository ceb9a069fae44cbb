// One look at everything: reads what there is, asks the worker's thread what the scheduler makes of it, and keeps the answer until something changes.
// Changes nothing by itself.
import type { BurstQuestion } from '#scheduler/burst/consider.ts';
import type { Candidate } from '#scheduler/burst/retreat.ts';
import { paidUntil } from '#scheduler/burst/charges.ts';
import type { Snapshot } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import { type BurstVmRow, vmsOut } from '../db/burst-vms.ts';
import { forecastsOf } from './forecasts.ts';
import { type Hooks, readHooks } from './hooks.ts';
import { UnavailableError } from '../errors.ts';
import type { Look } from './memory.ts';
import { readOffers } from './offers.ts';
import { readRules, type Rules } from './rules.ts';
import { moneyLeft, spendNow } from './spend.ts';
import { isComing, isServing, poolOfVm } from './vm-of.ts';

/** Money and time go on although nothing else changes. */
const STALE_MS = 30_000;
const DEADLINE_MS = 45_000;

export interface Reading {
  readonly rules: Rules;
  readonly hooks: Hooks;
  readonly out: readonly BurstVmRow[];
  readonly question: BurstQuestion;
  readonly snapshot: Snapshot;
  readonly key: string;
}

/** Everything that the look depends on. */
export async function readAll(context: Context): Promise<Reading> {
  const { store, clock, config, present, market } = context;
  const now = clock.now();
  const hooks = await readHooks(config.provisioners);
  const { snapshot, fleetVersion, revision } = await present.read();
  return await store.read(async (reader) => {
    const rules = await readRules(reader);
    const out = await vmsOut(reader);
    const offers = (await readOffers(reader, hooks, now)).map(({ row: _row, provisioner: _provisioner, ...offer }) => offer);
    const counts = new Map<string, number>();
    for (const { hostId } of snapshot.replicas) if (hostId !== null) counts.set(hostId, (counts.get(hostId) ?? 0) + 1);
    const candidates = (rows: readonly BurstVmRow[]) => rows.map((row) => candidateOf(row, counts, now));
    const question: BurstQuestion = {
      expected: { forecasts: forecastsOf(context), warmRoom: rules.settings.warmRoom, coming: out.filter(isComing).map((row) => ({ name: row.name, pool: poolOfVm(row) })) },
      offers,
      money: moneyLeft(rules.settings, await spendNow(reader, rules.settings, market.years(), now), market.years(), now),
      serving: candidates(out.filter(isServing)),
      emptied: candidates(out.filter(({ state, sparedSince, hostId, isAbandoned }) => hostId !== null && !isAbandoned && sparedSince !== null && (state === 'emptying' || state === 'emptied'))),
    };
    const states = out.map(({ id, state, keepUntil }) => `${id} ${state} ${keepUntil ?? ''}`);
    const key = JSON.stringify([revision, fleetVersion, rules.version, states, question.expected, offers.map(({ pool, problem, rangesLeft, out: count }) => [pool, problem?.code ?? null, rangesLeft, count])]);
    return { rules, hooks, out, question, snapshot, key };
  });
}

const candidateOf = (row: BurstVmRow, counts: ReadonlyMap<string, number>, now: number): Candidate => ({
  vmId: row.id,
  name: row.name,
  hostId: row.hostId ?? '',
  costCentsPerHour: row.terms.costCentsPerHour,
  cpuMilli: row.delivered?.cpuMilli ?? row.terms.bought.cpuMilli,
  replicas: counts.get(row.hostId ?? '') ?? 0,
  paidUntil: paidUntil(row, now),
  isKept: row.keepUntil !== null && row.keepUntil > now,
});

/** The answer to a reading: the one that is there while nothing has changed. @param urgent a person waits for it */
export async function lookAt(context: Context, reading: Reading, { urgent = false } = {}): Promise<Look> {
  const { burst, clock, questions } = context;
  const now = clock.now();
  if (burst.look !== null && burst.look.key === reading.key && now - burst.look.at < STALE_MS) return burst.look;
  if (!urgent && now < burst.lookNotBefore) throw new UnavailableError('question-failed', 'The last look at bursting found no answer in time: the next one is soon.');
  const answer = await questions.ask('burst', reading.snapshot, { question: reading.question }, { urgent, deadlineMs: DEADLINE_MS }).catch((error: unknown) => {
    burst.lookNotBefore = now + STALE_MS;
    throw error;
  });
  const look: Look = { answer, at: now, key: reading.key };
  burst.look = look;
  return look;
}
