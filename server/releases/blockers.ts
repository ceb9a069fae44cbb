// What stands in the way of rolling a release out now: a lock, a freeze, an image that is gone or that no host could run, a digest that was never
// tried elsewhere. A rollback asks none of this but whether its image is there. Reads only.
import type { Context } from '../context.ts';
import { deployLockOf } from '../db/deploy-locks.ts';
import { listHosts } from '../db/hosts.ts';
import { currentPolicy, recordOf } from '../db/policies.ts';
import { imagesWithDigest, type ImageRow, provenReleases, workloadsOfService } from '../db/releases.ts';
import type { Reader } from '../db/store.ts';
import { type ReleaseRow, workloadName, type WorkloadRow } from '../db/workloads.ts';
import { UnavailableError } from '../errors.ts';
import { lockText } from './deploy-locks.ts';
import { activeFreezes } from './freezes.ts';
import { openSecrets, secretsOfRelease } from './secrets.ts';

export interface Blocker {
  readonly code: 'locked' | 'frozen' | 'not-proven' | 'image-gone' | 'architecture' | 'secret-closed';
  readonly message: string;
  /** Whether somebody with releases.override may pass over it, with a reason. */
  readonly overridable: boolean;
}

/** Where only what ran elsewhere first is released without a word from an SRE. */
const PROVEN_ONLY = 'production';

/** @returns what keeps a release from being rolled out now, the hardest first; empty: nothing */
export async function blockersOf(context: Context, reader: Reader, workload: WorkloadRow, release: ReleaseRow): Promise<Blocker[]> {
  const now = context.clock.now();
  const lock = await deployLockOf(reader, workload.id, now);
  const frozen = (await activeFreezes(reader, workload.environment, now, context.market.years())).map(({ freeze, window }): Blocker => {
    const why = freeze.reason === '' ? '' : ` (${freeze.reason})`;
    return { code: 'frozen', message: `${workload.environment} is frozen by ${freeze.name}${why} until ${new Date(window.to).toISOString()}.`, overridable: true };
  });
  const unproven = workload.environment === PROVEN_ONLY ? await whyNotProven(reader, workload, release) : null;
  return [
    ...(await imageBlockers(context, reader, workload, release)),
    ...(lock === undefined ? [] : [{ code: 'locked' as const, message: `${lockText(workload, lock)}.`, overridable: true }]),
    ...frozen,
    ...(unproven === null ? [] : [{ code: 'not-proven' as const, message: unproven, overridable: true }]),
  ];
}

/** What nobody may pass over, and a rollback must ask as well: what would keep hosts from running it at all. */
export async function imageBlockers(context: Context, reader: Reader, workload: WorkloadRow, release: ReleaseRow): Promise<Blocker[]> {
  const closed = await whyClosed(context, reader, release);
  return [...(await whyNoImage(context, reader, workload, release)), ...(closed === null ? [] : [{ code: 'secret-closed' as const, message: `Release ${release.version} of ${workloadName(workload)} cannot be sent to hosts. ${closed}`, overridable: false }])];
}

/** Why a secret of the release cannot be opened; null: all can. */
async function whyClosed(context: Context, reader: Reader, release: ReleaseRow): Promise<string | null> {
  try {
    await openSecrets(context, reader, secretsOfRelease(release));
    return null;
  } catch (error) {
    if (error instanceof UnavailableError) return error.message;
    throw error;
  }
}

async function whyNoImage(context: Context, reader: Reader, workload: WorkloadRow, release: ReleaseRow): Promise<Blocker[]> {
  const images = release.digest === null ? [] : await imagesWithDigest(reader, release.digest);
  if (imageState(release, images) === 'gone') {
    const { deletedAt, deletedWhy } = images[0]!;
    return [{ code: 'image-gone', message: `The image of release ${release.version} of ${workloadName(workload)} (${release.image}) is gone from the registry since ${new Date(deletedAt!).toISOString()}${deletedWhy === null ? '' : `: ${deletedWhy}`}. Build it again.`, overridable: false }];
  }
  const [image] = images;
  const wrong = image === undefined ? null : await whyNoHost(context, reader, workload, image.architecture);
  return wrong === null ? [] : [{ code: 'architecture', message: wrong, overridable: false }];
}

/** `unknown`: an image that the registry never had, such as one that hosts have of their own. */
export function imageState({ digest }: Pick<ReleaseRow, 'digest'>, images: readonly ImageRow[]): 'kept' | 'gone' | 'unknown' {
  const rows = images.filter((image) => image.digest === digest);
  if (rows.some(({ deletedAt }) => deletedAt === null)) return 'kept';
  return rows.length > 0 ? 'gone' : 'unknown';
}

/**
 * Why a release was not tried before: no environment before this one, in the policy's order, has run the same digest. Null: it was, or there is
 * no such workload of the service.
 */
export async function whyNotProven(reader: Reader, workload: WorkloadRow, release: Pick<ReleaseRow, 'digest' | 'image' | 'version'>): Promise<string | null> {
  const order = Object.keys(recordOf(await currentPolicy(reader)).environments);
  const earlier = order.slice(0, Math.max(0, order.indexOf(workload.environment)));
  const present = (await workloadsOfService(reader, workload.service)).filter(({ environment }) => earlier.includes(environment));
  if (present.length === 0) return null;
  const isSame = (other: { readonly digest: string | null; readonly image: string }) => (release.digest === null ? other.image === release.image : other.digest === release.digest);
  const proven = (await provenReleases(reader, workload.serviceId)).some((other) => earlier.includes(other.environment) && isSame(other));
  if (proven) return null;
  return `What release ${release.version} of ${workloadName(workload)} runs was never rolled out to the end in ${earlier.filter((name) => present.some(({ environment }) => environment === name)).join(' or ')}.`;
}

/** As image registries and engines call the same thing. */
const ARCHITECTURES: Readonly<Record<string, string>> = { amd64: 'amd64', x86_64: 'amd64', x64: 'amd64', arm64: 'arm64', aarch64: 'arm64', 386: '386', i386: '386', i686: '386', arm: 'arm', armv7l: 'arm', riscv64: 'riscv64', ppc64le: 'ppc64le', s390x: 's390x' };

/** Why no host that the workload may use can run an image of this architecture; null: one can, or nobody knows. */
export async function whyNoHost({ fleet }: Context, reader: Reader, workload: Pick<WorkloadRow, 'service' | 'environment' | 'ask'>, architecture: string): Promise<string | null> {
  const wanted = ARCHITECTURES[architecture];
  const kinds = recordOf(await currentPolicy(reader)).environments[workload.environment]?.kinds ?? [];
  const { labels, cloud } = workload.ask;
  const hosts = (await listHosts(reader)).filter(
    (host) => kinds.includes(host.kind) && (cloud === 'allowed' || host.kind !== 'cloud-vm') && (host.environments.length === 0 || host.environments.includes(workload.environment)) && Object.entries(labels).every(([name, value]) => host.labels[name] === value),
  );
  const found = new Set(hosts.map(({ id }) => ARCHITECTURES[fleet.get(id)?.facts?.architecture ?? ''] ?? 'unknown'));
  if (wanted === undefined || found.size === 0 || found.has(wanted) || found.has('unknown')) return null;
  return `The image is for ${architecture}, and every host that ${workloadName(workload)} may use is ${[...found].sort().join(' or ')}.`;
}
