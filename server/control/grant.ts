// An approved ask becomes the desired state: service, workload and, the first time, its release. Called within the approving transaction.
import type { Policy } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import type { Tx } from '../db/store.ts';
import { insertRelease, insertService, putWorkload, serviceByName } from '../db/workloads.ts';
import { InvalidError } from '../errors.ts';
import { askOf, type Considered } from './consider.ts';

export interface Grant {
  readonly requestId: string;
  readonly considered: Considered;
  /** Who asked: the release is theirs. */
  readonly actor: string;
  readonly policy: Policy;
}

/** @returns the workload's id */
export async function grant({ ids, clock }: Context, tx: Tx, { requestId, considered, actor, policy }: Grant): Promise<string> {
  const { draft, existing } = considered;
  const now = clock.now();
  const ask = askOf(draft, policy);
  if (existing !== undefined) {
    await putWorkload(tx, { id: existing.id, serviceId: existing.serviceId, service: existing.service, team: existing.team, environment: existing.environment, ask, releaseId: existing.releaseId, requestId, updatedAt: now });
    return existing.id;
  }
  if (draft.run === undefined) throw new InvalidError('run-needed', 'The workload is gone, and this request does not say what to run: submit a new one.', [{ field: 'run', value: undefined, message: 'is needed' }]);
  const service = await serviceByName(tx, draft.service);
  const serviceId = service?.id ?? ids.next();
  if (service === undefined) await insertService(tx, { id: serviceId, name: draft.service, team: draft.team, createdAt: now });
  const id = ids.next();
  const releaseId = ids.next();
  const { image, command, env, port, healthPath, stopSeconds } = draft.run;
  await insertRelease(tx, { id: releaseId, workloadId: id, version: 1, image, command, env, port, healthPath: healthPath ?? null, stopSeconds, metricsPath: null, files: {}, secretEnv: {}, digest: null, imageId: null, buildId: null, promotedFrom: null, shape: ask.shape, note: '', createdBy: actor, createdAt: now });
  await putWorkload(tx, { id, serviceId, service: draft.service, team: service?.team ?? draft.team, environment: draft.environment, ask, releaseId, requestId, updatedAt: now });
  return id;
}
