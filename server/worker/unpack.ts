// A plan's record from what is stored of it: checks that no stored body was altered, unpacks the chain, and puts the snapshot together again.
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { Plan, Proof } from '#scheduler/model.ts';
import type { DecisionInput } from '#scheduler/questions/model.ts';
import { InvalidError } from '../errors.ts';
import { type Body, rebuild } from './record.ts';
import { type PlanRecord, recordOf } from './verify.ts';

/** What the store has of a plan, as it travels to the worker thread. */
export interface StoredRecord {
  readonly planId: string;
  readonly plan: Plan;
  readonly decision: DecisionInput;
  readonly proof: Uint8Array | null;
  readonly chain: readonly { readonly planId: string; readonly digest: string; readonly body: Uint8Array }[];
}

/** @throws InvalidError `record-damaged` naming the plan whose stored input is not what was written */
export function unpack({ planId, plan, decision, proof, chain }: StoredRecord): PlanRecord {
  const bodies = chain.map((stored): Body => {
    if (createHash('sha256').update(stored.body).digest('hex') !== stored.digest) throw damaged(planId, stored.planId);
    return unzip(stored.body, planId) as Body;
  });
  // Undefined and absent are one in JSON: the digest is of what is written.
  return JSON.parse(JSON.stringify(recordOf({ planId, plan, decision, proof: proof === null ? null : (unzip(proof, planId) as Proof), snapshot: rebuild(bodies) }))) as PlanRecord;
}

function unzip(packed: Uint8Array, planId: string): unknown {
  try {
    return JSON.parse(gunzipSync(packed).toString('utf8'));
  } catch {
    throw damaged(planId, planId);
  }
}

function damaged(planId: string, at: string): InvalidError {
  const where = at === planId ? 'its stored input' : `the stored input of plan ${at}, on which it builds,`;
  return new InvalidError('record-damaged', `The record of plan ${planId} is damaged: ${where} is not what was written.`);
}
