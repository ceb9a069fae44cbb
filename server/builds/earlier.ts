// Whether a build would give what is there already: the same commit, folder, layer and secrets gave an image that the registry still has. Then that
// image is taken over and nothing is built.
import type { Context } from '../context.ts';
import { type BuildAsk, type BuildRow, succeededOf } from '../db/builds.ts';
import { imageAt } from '../db/images.ts';
import type { Reader } from '../db/store.ts';
import { UnavailableError } from '../errors.ts';
import { repositoryOf } from './orders.ts';

type ServiceAsk = Extract<BuildAsk, { kind: 'service' }>;

/** What decides the content of an image. */
export interface BuildInput {
  readonly team: string | null;
  readonly ask: ServiceAsk;
  /** The whole commit, whatever the ref is called. */
  readonly commit: string;
  /** That it is offered: name -> reference by digest. */
  readonly layers: Readonly<Record<string, string>>;
}

/** @returns the newest build of exactly this whose image was not deleted */
export async function earlierBuild(reader: Reader, input: BuildInput): Promise<BuildRow | undefined> {
  for (const row of await succeededOf(reader, input.ask.service)) {
    if (!isSameInput(row, input)) continue;
    const image = await imageAt(reader, repositoryOf(row), row.result!.digest);
    if (image !== undefined && image.deletedAt === null) return row;
  }
  return undefined;
}

/** Secrets count by version: another value may give another result. */
function isSameInput({ ask: before, result, team: owner, layers: offered }: BuildRow, { team, ask, commit, layers }: BuildInput): boolean {
  if (before.kind !== 'service' || owner !== team || result?.commit !== commit || result.layer === undefined) return false;
  if (before.url !== ask.url || before.path !== ask.path || before.network !== ask.network) return false;
  const layer = layers[result.layer];
  return layer !== undefined && layer === offered[result.layer] && sortedText(before.secretIds) === sortedText(ask.secretIds);
}

const sortedText = (record: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));

/** Whether the registry still has the image of a build. One that does not answer now may have it, but the answer must hold: then it is built. */
export async function hasImage({ registry }: Context, row: BuildRow): Promise<boolean> {
  try {
    return await registry.hasImage(registry.referenceOf(repositoryOf(row), row.result!.digest));
  } catch (error) {
    if (error instanceof UnavailableError) return false;
    throw error;
  }
}

/** What a build becomes that takes an earlier one's image over. */
export function takenOver(earlier: BuildRow, now: number) {
  return { state: 'succeeded', phase: 'succeeded', reason: `the same commit on the same layers was built before: build ${earlier.id}`, cachedFrom: earlier.cachedFrom ?? earlier.id, key: earlier.key, result: { ...earlier.result!, pushedBytes: 0 }, seconds: {}, startedAt: now, endedAt: now } as const satisfies Partial<BuildRow>;
}
