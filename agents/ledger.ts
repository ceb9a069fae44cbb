// The last accepted assignment on disk: what the agent goes by after its own restart, without asking any server.
// Written so that a crash at any point leaves either the one before or the new one, whole.
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { Assignment } from './protocol.ts';

export interface Ledger {
  /** The stored assignment; undefined before the first. A file that cannot be understood is reported as `damage` and left as it is. */
  read(): Promise<{ readonly assignment?: Assignment; readonly released?: readonly string[]; readonly damage?: string }>;
  /** Resolves when the assignment would survive a power cut. `released`: replicas that were told to go and may still be there. */
  write(assignment: Assignment, released?: readonly string[]): Promise<void>;
}

/** A ledger in `stateDir/assignment.json`. */
export function openLedger(stateDir: string): Ledger {
  const file = join(stateDir, 'assignment.json');
  return {
    async read() {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (text === undefined) return {};
      const parsed = parse(text);
      if (parsed !== undefined) return parsed;
      // Without an assignment nothing is removed, so starting over is harmless: the server sends it again.
      return { damage: `${file} cannot be understood; containers stay as they are until the server sends the assignment again` };
    },
    write: (assignment, released = []) => writeWhole(file, `${JSON.stringify({ ...assignment, released })}\n`, 0o600),
  };
}

/** A ledger without a disk, for hosts that exist only in memory. */
export function memoryLedger(): Ledger {
  let kept: { readonly assignment: Assignment; readonly released: readonly string[] } | undefined;
  return {
    read: async () => kept ?? {},
    write: async (assignment, released = []) => {
      kept = { assignment, released };
    },
  };
}

/** Replaces a file at once: write beside it, flush, rename, flush the folder. */
export async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${file}.draft`;
  try {
    const handle = await open(draft, 'w', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** A file of before there were `released` has none. */
const Stored = z.object({ released: z.array(z.string()).default([]) });

function parse(text: string): { readonly assignment: Assignment; readonly released: readonly string[] } | undefined {
  try {
    const json: unknown = JSON.parse(text);
    const assignment = Assignment.safeParse(json).data;
    return assignment === undefined ? undefined : { assignment, released: Stored.safeParse(json).data?.released ?? [] };
  } catch {
    return undefined;
  }
}
