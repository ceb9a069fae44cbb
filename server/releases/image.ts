// Which image a release runs: of a build, or of a reference that is resolved to its digest once. What is gone, or is for somebody else, is refused.
import type { BuildResult } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import type { BuildRow } from '../db/builds.ts';
import type { WorkloadRow } from '../db/workloads.ts';
import { InvalidError, NotFoundError, UnavailableError } from '../errors.ts';
import { serviceRepository } from '../registry/references.ts';
import type { Warning } from './releases.ts';

export interface BuiltImage {
  /** By digest wherever one is known. */
  readonly image: string;
  readonly digest: string | null;
  readonly imageId: string | null;
  /** Null where nobody knows. */
  readonly architecture: string | null;
  readonly buildId: string | null;
  readonly warnings: readonly Warning[];
}

/** The image of a build of this service, as the build recorded it. @throws NotFoundError, InvalidError */
export function buildImage({ registry }: Context, { team, service }: Pick<WorkloadRow, 'team' | 'service'>, buildId: string, build: BuildRow | undefined, field = 'from.buildId'): BuiltImage & { readonly result: BuildResult } {
  const refuse = (message: string): InvalidError => new InvalidError('build-unfit', `${field} is ${buildId}: it ${message}.`, [{ field, value: buildId, message }]);
  if (build === undefined || (build.team !== null && build.team !== team)) throw new NotFoundError('build-unknown', `There is no build ${buildId}.`);
  if (build.ask.kind !== 'service' || build.subject !== service) throw refuse(`is a build of ${build.ask.kind === 'layer' ? 'layer ' : ''}${build.subject}, and not of ${service}`);
  if (build.state !== 'succeeded' || build.result === null) throw refuse(`is ${build.state}: only what was built can be released`);
  const { digest, imageId, architecture } = build.result;
  return { image: registry.referenceOf(serviceRepository(team, service), digest), digest, imageId, architecture, buildId, warnings: [], result: build.result };
}

/** The same, with the registry asked whether it still has it. */
export async function imageOfBuild(context: Context, workload: Pick<WorkloadRow, 'team' | 'service'>, buildId: string, build: BuildRow | undefined): Promise<BuiltImage> {
  const { result: _, ...built } = buildImage(context, workload, buildId, build);
  const warnings = await present(context, built.image);
  return { ...built, warnings };
}

/**
 * A reference that somebody gave: one of our registry becomes its digest, and must be there; of any other only the digest that it names is known.
 * @throws NotFoundError, InvalidError, UnavailableError as the registry says
 */
export async function imageOfReference({ registry }: Context, reference: string): Promise<BuiltImage> {
  if (/[\s\p{Cc}]/u.test(reference) || !/^[a-z0-9]/i.test(reference)) throw new InvalidError('image-invalid', `from.image is ${JSON.stringify(reference)}: it must be an image's name, such as registry.example.org/quote:7.`, [{ field: 'from.image', value: reference, message: "must be an image's name" }]);
  const asked = /@(.*)$/.exec(reference)?.[1];
  if (asked !== undefined && !/^sha256:[0-9a-f]{64}$/.test(asked)) throw new InvalidError('digest-invalid', `from.image has the digest ${asked}: it must be sha256: and 64 hexadecimal digits.`, [{ field: 'from.image', value: reference, message: 'has a digest that is none' }]);
  if (!registry.isOurs(reference)) {
    const warnings = asked === undefined ? [{ code: 'no-digest' as const, message: `${reference} is not of our registry and names no digest: whoever may change what it means changes what hosts run.` }] : [];
    return { image: reference, digest: asked ?? null, imageId: null, architecture: null, buildId: null, warnings };
  }
  const { digest, imageId, architecture } = await resolved(registry, reference);
  if (asked !== undefined && asked !== digest) throw new InvalidError('digest-mismatch', `from.image says ${asked}, and the registry has ${digest}.`, [{ field: 'from.image', value: reference, message: `is ${digest} in the registry` }]);
  return { image: `${reference.replace(/@.*$/, '').replace(/:[^:/]*$/, '')}@${digest}`, digest, imageId, architecture, buildId: null, warnings: [] };
}

async function resolved(registry: Context['registry'], reference: string) {
  try {
    return await registry.resolve(reference);
  } catch (error) {
    // What is not there is a mistake in what was asked, and not a page that is missing.
    if (!(error instanceof NotFoundError)) throw error;
    throw new InvalidError('image-gone', `from is ${reference}: the registry does not have it (any more). Build it again, or name another.`, [{ field: 'from', value: reference, message: 'is not in the registry' }]);
  }
}

/** @throws InvalidError when it is gone; a registry that cannot be asked is a warning, since hosts will ask it again */
async function present({ registry }: Context, reference: string): Promise<Warning[]> {
  try {
    if (await registry.hasImage(reference)) return [];
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return [{ code: 'registry-down', message: `Whether the registry still has the image is not known: ${error.message}` }];
  }
  throw new InvalidError('image-gone', `from is ${reference}: the registry does not have it any more. Build it again.`, [{ field: 'from', value: reference, message: 'is not in the registry' }]);
}
