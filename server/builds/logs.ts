// Logs of builds: one file an attempt in the data folder. What a builder sends again is written once, at its offset; readers see the attempts of
// a build one after the other as one text.
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface BuildLogs {
  /**
   * Writes a piece of an attempt's log, in the order of calls. A piece behind a gap is left, one that is there already is not written again.
   * @param most bytes of one attempt; what is beyond is taken and not kept
   * @returns bytes from the beginning that need not be sent again
   */
  append(id: string, attempt: number, piece: { readonly offset: number; readonly text: string } | undefined, most: number): Promise<number>;
  /** Adds a line of the server's own to the end of an attempt. */
  note(id: string, attempt: number, line: string): Promise<void>;
  /** A part of the whole log, and how long that is now. */
  read(id: string, offset: number, most: number): Promise<{ readonly bytes: Buffer; readonly total: number }>;
  /** Bytes of the whole log. */
  size(id: string): Promise<number>;
  /** Removes logs of builds that are not among these. */
  keepOnly(ids: ReadonlySet<string>): Promise<void>;
}

export function openBuildLogs(folder: string): BuildLogs {
  const turns = new Map<string, Promise<unknown>>();
  /** One after the other for each build; a failure stops nobody behind it. */
  const inTurn = <T>(id: string, work: () => Promise<T>): Promise<T> => {
    const next = (turns.get(id) ?? Promise.resolve()).then(work, work);
    const tail = next.catch(() => undefined).finally(() => {
      if (turns.get(id) === tail) turns.delete(id);
    });
    turns.set(id, tail);
    return next;
  };
  const fileOf = (id: string, attempt: number) => join(folder, `${id}.${attempt}.log`);
  return {
    append: (id, attempt, piece, most) => inTurn(id, () => appendPiece(folder, fileOf(id, attempt), piece, most)),
    note: (id, attempt, line) =>
      inTurn(id, async () => {
        const path = fileOf(id, attempt);
        await writeAt(folder, path, Buffer.from(`${line}\n`, 'utf8'), await sizeOf(path));
      }),
    read: async (id, offset, most) => await readAcross(await filesOf(folder, id), offset, most),
    size: async (id) => (await filesOf(folder, id)).reduce((sum, { bytes }) => sum + bytes, 0),
    async keepOnly(ids) {
      for (const name of await readdir(folder).catch(() => [])) if (!ids.has(name.split('.', 1)[0]!)) await rm(join(folder, name), { force: true });
    },
  };
}

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

interface Part {
  readonly path: string;
  readonly bytes: number;
}

/** The attempts of a build, the first one first. */
async function filesOf(folder: string, id: string): Promise<Part[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(`${id}.`));
  const attempts = names.map((name) => Number(name.slice(id.length + 1, -'.log'.length))).sort((one, other) => one - other);
  return await Promise.all(attempts.map(async (attempt) => ({ path: join(folder, `${id}.${attempt}.log`), bytes: await sizeOf(join(folder, `${id}.${attempt}.log`)) })));
}

async function appendPiece(folder: string, path: string, piece: { readonly offset: number; readonly text: string } | undefined, most: number): Promise<number> {
  const has = await sizeOf(path);
  if (piece === undefined) return has;
  const bytes = Buffer.from(piece.text, 'utf8');
  const end = piece.offset + bytes.length;
  if (end > most) {
    if (has < most && piece.offset <= has) await writeAt(folder, path, bytes.subarray(has - piece.offset, most - piece.offset), has);
    return end;
  }
  if (piece.offset > has || end <= has) return has;
  await writeAt(folder, path, bytes.subarray(has - piece.offset), has);
  return end;
}

async function writeAt(folder: string, path: string, bytes: Buffer, position: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Not opened for appending: that writes at the end whatever position it is told.
  const file = await open(path, position === 0 ? 'w' : 'r+', 0o600);
  try {
    await file.write(bytes, 0, bytes.length, position);
  } finally {
    await file.close();
  }
}

async function readAcross(parts: readonly Part[], offset: number, most: number): Promise<{ bytes: Buffer; total: number }> {
  const read: Buffer[] = [];
  let [start, wanted] = [0, most];
  for (const { path, bytes } of parts) {
    const from = Math.max(0, offset - start);
    const length = Math.min(wanted, bytes - from);
    if (length > 0) {
      const file = await open(path, 'r');
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
        read.push(buffer.subarray(0, bytesRead));
      } finally {
        await file.close();
      }
      wanted -= length;
    }
    start += bytes;
  }
  return { bytes: Buffer.concat(read), total: start };
}
