// How far the logs of this host were passed on, on disk: an agent that starts again goes on there, so that nothing is left out and only what was sent
// since the last note goes twice. Takes a file; a note is there whole or not at all, and one that cannot be read is as none.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeWhole } from '../ledger.ts';

const Noted = z.object({
  /** Containers that are not named had written nothing by then. */
  at: z.iso.datetime(),
  /** Container -> time of the last line that was sent, as the engine wrote it. */
  sent: z.record(z.string().max(128), z.iso.datetime()),
});
export type Noted = z.infer<typeof Noted>;

export interface Checkpoint {
  read(): Promise<Noted | undefined>;
  /** Never rejects: what cannot be noted is sent twice. */
  write(noted: Noted): Promise<void>;
}

/** A host has some hundred containers. */
const MOST_BYTES = 1024 * 1024;

export function openCheckpoint(file: string): Checkpoint {
  return {
    async read() {
      const text = await readFile(file, 'utf8').catch(() => '');
      if (text === '' || text.length > MOST_BYTES) return undefined;
      try {
        return Noted.safeParse(JSON.parse(text)).data;
      } catch {
        return undefined;
      }
    },
    write: (noted) => writeWhole(file, `${JSON.stringify(noted)}\n`, 0o600).catch(() => undefined),
  };
}
