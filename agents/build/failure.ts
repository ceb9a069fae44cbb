// Why a build ended without an image, as the sentence that people read. Everything that a build does throws this or is a fault of the builder.
import { sentenceOf } from '../log.ts';

/** A build cannot go on. `isPlatform`: the builder, the engine or the registry is to blame and not the source, so it may be tried again elsewhere. */
export class BuildFailure extends Error {
  override name = 'BuildFailure';
  readonly isPlatform: boolean;

  constructor(sentence: string, isPlatform = false, cause?: unknown) {
    super(sentence.slice(0, 2_000), { cause });
    this.isPlatform = isPlatform;
  }
}

/** The builder, the engine or the registry is to blame. */
export const platformFailure = (sentence: string, cause?: unknown): BuildFailure => new BuildFailure(sentence, true, cause);

/** Somebody took the build back. */
export class BuildCancelled extends Error {
  override name = 'BuildCancelled';
}

/** What fetch() found, which it hides in its cause. */
export const causeOf = (error: unknown): string => sentenceOf(error instanceof Error && error.cause !== undefined ? error.cause : error);

/** Ends the work at hand when the build was taken back meanwhile. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason instanceof BuildFailure ? signal.reason : new BuildCancelled('the build was cancelled');
}
