// Reads a tar entry by entry from a stream that may break, stall or be cut short. Each entry's content must be taken before the next one comes.
import type { Readable } from 'node:stream';
import { extract, type Header } from 'tar-stream';

/** Gives every entry; throws when the stream breaks or ends too early, or with the signal's reason. Breaking off ends the stream. */
export async function* readTar(source: Readable, signal?: AbortSignal): AsyncGenerator<{ readonly header: Header; readonly content: Readable }> {
  signal?.throwIfAborted();
  const archive = extract();
  const fail = (error: unknown): void => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  };
  let hasEnded = false;
  const abort = (): void => fail(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  source.once('error', fail);
  source.once('end', () => {
    hasEnded = true;
  });
  source.once('close', () => {
    if (!hasEnded) fail(new Error('it ends too early'));
  });
  // Not pipeline(): it destroys the archive when all is written, whether or not all was read.
  source.pipe(archive);
  try {
    for await (const entry of archive) yield { header: entry.header, content: entry as unknown as Readable };
  } finally {
    signal?.removeEventListener('abort', abort);
    archive.destroy();
    source.destroy();
  }
}
