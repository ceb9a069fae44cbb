// Stored plans on trial: the record of a plan as one document, whether it holds, and the proof of the state that it led to.
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Proof } from '#scheduler/model.ts';
import type { PlacementReasons } from '#scheduler/questions/placement.ts';
import type { Context } from '../context.ts';
import { chainUpTo, inputOf, putProof } from '../db/inputs.ts';
import { planById, planOfRevision } from '../db/plans.ts';
import { NotFoundError } from '../errors.ts';
import type { PlanVerdict } from '../http/contract/questions.ts';
import type { StoredRecord } from '../worker/unpack.ts';
import type { Present } from './present.ts';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** The whole record of a plan, as the bytes of one JSON document. @throws NotFoundError, InvalidError `record-damaged`, UnavailableError `plan-damaged` */
export async function exportRecord(context: Context, planId: string, asker: string): Promise<Uint8Array> {
  return await context.questions.ask('record', null, { stored: await readStored(context, planId) }, { key: `record ${asker}`, urgent: true });
}

/** Whether a stored plan holds. @throws NotFoundError, InvalidError `record-damaged`, UnavailableError `plan-damaged` */
export async function verifyPlan(context: Context, planId: string, asker: string): Promise<PlanVerdict> {
  return await context.questions.ask('verify', null, { stored: await readStored(context, planId) }, { key: `verify ${asker}`, urgent: true });
}

/** Why a stored plan put a replica where it did; null where it put it nowhere. @throws as verifyPlan */
export async function explainStored(context: Context, planId: string, replicaId: string, asker: string): Promise<PlacementReasons | null> {
  return await context.questions.ask('placement', null, { stored: await readStored(context, planId), replicaId }, { key: `placement ${asker}`, urgent: true });
}

async function readStored({ store, recorder }: Context, planId: string): Promise<StoredRecord> {
  // A plan of a moment ago may still wait to be written down.
  await recorder.settled();
  return await store.read(async (reader) => {
    const row = await planById(reader, planId);
    if (row === undefined) throw new NotFoundError('plan-unknown', `There is no plan ${planId}.`);
    const input = await inputOf(reader, planId);
    if (input === undefined) throw new NotFoundError('record-missing', `What plan ${planId} was made from was not recorded, or is no longer kept.`);
    const chain = await chainUpTo(reader, input);
    return { planId, plan: row.body, decision: input.decision, proof: input.proof, chain: chain.map(({ planId: id, digest, body }) => ({ planId: id, digest, body })) };
  });
}

/** The proof of the state that a plan led to, if that was thought about. */
export async function proofOfPlan({ store }: Context, planId: string): Promise<Proof | null> {
  const packed = await store.read(async (reader) => (await inputOf(reader, planId))?.proof ?? null);
  return packed === null ? null : (JSON.parse((await unpack(packed)).toString('utf8')) as Proof);
}

/** Keeps a proof of the present with the plan that led to it: only where the plan alone did, and hosts are as they were then. */
export async function keepProof({ store }: Context, { revision, snapshot }: Present, proof: Proof): Promise<void> {
  const row = await store.read((reader) => planOfRevision(reader, revision));
  if (row === undefined || row.state !== 'applied') return;
  const isAsThen = snapshot.hosts.every(({ id, state }) => (row.hostStates[id] ?? 'ready') === state);
  if (!isAsThen) return;
  const packed = await pack(JSON.stringify(proof), { level: 6 });
  await store.tx((tx) => putProof(tx, row.id, packed));
}
