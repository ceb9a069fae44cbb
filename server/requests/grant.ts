// An approved ask becomes the desired state: service, workload and, the first time, its release. Called within the approving transaction.
import type { Policy } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import { buildById } from '../db/builds.ts';
import type { Tx } from '../db/store.ts';
import { insertRelease, insertService, putWorkload, type ReleaseRow, serviceByName } from '../db/workloads.ts';
import { InvalidError } from '../errors.ts';
import type { Draft, RunAsk } from '../http/contract/requests.ts';
import { askOf, type Considered } from './consider.ts';
import { buildImage } from '../releases/image.ts';
import { checkOf, processOf } from '../releases/config.ts';

export interface Grant {
  readonly requestId: string;
  readonly considered: Considered;
  /** Who asked: the release is theirs. */
  readonly actor: string;
  readonly policy: Policy;
}

/** @returns the workload's id */
export async function grant(context: Context, tx: Tx, { requestId, considered, actor, policy }: Grant): Promise<string> {
  const { ids, clock } = context;
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
  await insertRelease(tx, { id: releaseId, workloadId: id, version: 1, ...(await firstRun(context, tx, draft, draft.run)), files: {}, secretEnv: {}, promotedFrom: null, shape: ask.shape, note: '', createdBy: actor, createdAt: now });
  await putWorkload(tx, { id, serviceId, service: draft.service, team: service?.team ?? draft.team, environment: draft.environment, ask, releaseId, requestId, updatedAt: now });
  return id;
}

type FirstRun = Pick<ReleaseRow, 'image' | 'digest' | 'imageId' | 'buildId' | 'command' | 'env' | 'port' | 'healthPath' | 'health' | 'metricsPath' | 'stopSeconds'>;

/** What the first release runs: as asked, and of a build what its firn.yaml says where nothing is asked. */
async function firstRun(context: Context, tx: Tx, draft: Draft, { image, build, command, env, port, healthPath, health, stopSeconds }: RunAsk): Promise<FirstRun> {
  const asked = health === undefined ? null : checkOf(health);
  if (build === undefined) return { image: image ?? '', digest: null, imageId: null, buildId: null, command, env, port: port ?? USUAL_PORT, healthPath: healthPath ?? asked?.path ?? null, health: asked, metricsPath: null, stopSeconds: stopSeconds ?? USUAL_STOP_SECONDS };
  const { result, warnings: _warnings, architecture: _architecture, ...built } = buildImage(context, draft, build, await buildById(tx, build), 'run.build');
  const usual = result.spec === undefined ? { command: [], port: USUAL_PORT, healthPath: null, health: null, metricsPath: null, stopSeconds: USUAL_STOP_SECONDS } : processOf(result.spec);
  return {
    ...built,
    command: command.length > 0 ? command : [...usual.command],
    env: { ...result.spec?.env, ...env },
    port: port ?? usual.port,
    healthPath: healthPath ?? asked?.path ?? usual.healthPath,
    health: asked ?? (healthPath === undefined ? usual.health : null),
    metricsPath: usual.metricsPath,
    stopSeconds: stopSeconds ?? usual.stopSeconds,
  };
}

const USUAL_PORT = 8080;
const USUAL_STOP_SECONDS = 10;
