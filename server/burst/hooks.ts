// The hooks that the operator configured: a folder of executables, each a hook by its file's name, or a file that names commands. The API can
// name one of them and nothing else. Takes the setting; gives commands by name, each with what is wrong with it, if anything.
import { constants } from 'node:fs';
import { access, readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';

export interface Hook {
  readonly name: string;
  /** Program and its arguments; never a line for a shell. */
  readonly command: readonly string[];
  /** Added to the environment, which has nothing else but PATH, HOME and LANG. */
  readonly env: Readonly<Record<string, string>>;
  /** Why it cannot be used; null: it can. */
  readonly problem: string | null;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;
const Commands = z.record(z.string(), z.strictObject({ command: z.array(z.string().min(1)).min(1).max(32), env: z.record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/), z.string()).default({}) }));

export interface Hooks {
  readonly items: readonly Hook[];
  /** Why the setting itself cannot be read; null: it can. */
  readonly problem: string | null;
}

/** Read anew each time: what an operator mends works at once. @param setting null: there are none */
export async function readHooks(setting: string | null): Promise<Hooks> {
  if (setting === null) return { items: [], problem: null };
  try {
    const kind = await stat(setting);
    const items = kind.isDirectory() ? await fromFolder(setting) : await fromFile(setting);
    return { items: items.sort((one, other) => (one.name < other.name ? -1 : 1)), problem: null };
  } catch (error) {
    return { items: [], problem: `FIRN_PROVISIONERS is ${setting}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function fromFolder(folder: string): Promise<Hook[]> {
  const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && !/\.(md|txt|json)$/.test(entry.name));
  return await Promise.all(files.map(async (file) => withProblem({ name: file.name.replace(/\.[a-z]+$/, ''), command: [join(folder, file.name)], env: {} })));
}

async function fromFile(file: string): Promise<Hook[]> {
  const parsed = Commands.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not a list of commands'}`.trim());
  }
  return await Promise.all(Object.entries(parsed.data).map(([name, { command, env }]) => withProblem({ name, command, env })));
}

async function withProblem(hook: Omit<Hook, 'problem'>): Promise<Hook> {
  return { ...hook, problem: await problemOf(hook) };
}

/** What only root may run must not be what everybody may write. */
async function problemOf({ name, command: [program = ''] }: Omit<Hook, 'problem'>): Promise<string | null> {
  if (!NAME.test(name)) return `its name is ${name}: it must be lower-case letters, digits and dashes`;
  if (!isAbsolute(program)) return `its program is ${program}: it must be an absolute path`;
  try {
    const { mode } = await stat(program);
    if ((mode & 0o002) !== 0) return `${program} can be written by everybody`;
    await access(program, constants.X_OK);
    return null;
  } catch (error) {
    return `${program} cannot be run: ${error instanceof Error ? error.message : String(error)}`;
  }
}
