// Releases as people see them: with the commit they are of, where they came from, what runs them now, and secrets by name and version only.
import { imageState } from '../../releases/blockers.ts';
import { secretsOfRelease } from '../../releases/secrets.ts';
import { buildsById } from '../../db/builds.ts';
import { imagesWithDigests, learntOf, releaseById, replicasByRelease } from '../../db/releases.ts';
import { secretsById } from '../../db/secrets.ts';
import type { Reader } from '../../db/store.ts';
import { type ReleaseRow, workloadById, type WorkloadRow } from '../../db/workloads.ts';
import type { ReleaseView } from '../contract/releases.ts';
import type { Actor } from '../secured.ts';
import { hideEnv, instant } from './show.ts';

/** Values of variables and files are shown to those who may change them. */
export const mayReadConfig = (reader: Actor, team: string): boolean => reader.can('releases.make', team) || reader.can('requests.submit', team);

/** Releases of one workload, in the order given. */
export async function showReleases(from: Reader, workload: WorkloadRow, rows: readonly ReleaseRow[], reader: Actor): Promise<ReleaseView[]> {
  const builds = await buildsById(from, rows.flatMap(({ buildId }) => buildId ?? []));
  const images = await imagesWithDigests(from, rows.flatMap(({ digest }) => digest ?? []));
  const secrets = await secretsById(from, rows.flatMap(secretsOfRelease));
  const running = await replicasByRelease(from, workload.id);
  const learnt = await learntOf(from, rows.map(({ id }) => id));
  const shownLearnt = (id: string): ReleaseView['learnt'] => {
    const known = learnt.get(id);
    return known === undefined ? null : { cpuMsPerRequest: known.cpuMsPerRequest, requests: known.requests };
  };
  const promoted = new Map(await Promise.all([...new Set(rows.flatMap(({ promotedFrom }) => promotedFrom ?? []))].map(async (id) => [id, await originOf(from, id)] as const)));
  const secretOf = (id: string) => ({ secret: secrets.get(id)?.name ?? '(gone)', version: secrets.get(id)?.version ?? 0 });
  const isOpen = mayReadConfig(reader, workload.team);
  return rows.map((row): ReleaseView => {
    const result = row.buildId === null ? null : (builds.get(row.buildId)?.result ?? null);
    const { id, version, image, digest, imageId, buildId, command, port, healthPath, health, metricsPath, stopSeconds, shape, note, createdBy } = row;
    return {
      id, version, image, digest, imageId, buildId, command, port, healthPath, health, metricsPath, stopSeconds, shape, note, createdBy,
      workloadId: workload.id,
      service: workload.service,
      environment: workload.environment,
      team: workload.team,
      commit: result?.commit === undefined ? null : { id: result.commit, author: result.author ?? null, subject: result.subject ?? null, at: result.committedAt ?? null },
      layer: result?.layer ?? null,
      promotedFrom: row.promotedFrom === null ? null : (promoted.get(row.promotedFrom) ?? null),
      env: isOpen ? row.env : hideEnv(row.env),
      secretEnv: Object.fromEntries(Object.entries(row.secretEnv).map(([name, secretId]) => [name, secretOf(secretId)])),
      files: Object.fromEntries(Object.entries(row.files).map(([path, file]) => [path, 'secretId' in file ? { mode: file.mode, content: null, secret: secretOf(file.secretId) } : { mode: file.mode, content: isOpen ? file.content : '(hidden)', secret: null }])),
      createdAt: instant(row.createdAt),
      replicas: running.get(id) ?? 0,
      isCurrent: workload.releaseId === id,
      imageState: imageState(row, images),
      learnt: shownLearnt(id),
    };
  });
}

async function originOf(from: Reader, id: string): Promise<ReleaseView['promotedFrom']> {
  const release = await releaseById(from, id);
  const workload = release === undefined ? undefined : await workloadById(from, release.workloadId);
  return release === undefined ? null : { releaseId: id, environment: workload?.environment ?? '(gone)', version: release.version };
}
