// What this host remembers of agents that it was told to run: which one is in force, how the last upgrade went, and how often the one in force was
// started without being welcomed. One file in the state folder; a file that is damaged counts as none, because the installed agent always works.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UpgradeProgress } from './protocol.ts';

export const UpgradeState = z.object({
  /** What runs instead of the installed agent. */
  inForce: z.object({ sha256: z.string(), version: z.string() }).optional(),
  progress: UpgradeProgress.optional(),
  /** Starts of the one in force since it was welcomed last. */
  starts: z.int().min(0).default(0),
});
export type UpgradeState = z.infer<typeof UpgradeState>;

/** Starts without a welcome after which the installed agent is run instead: what ends again and again is not there to be reached. */
const MOST_STARTS = 5;

const fileOf = (stateDir: string): string => join(stateDir, 'upgrade.json');
/** Where the program of a bundle is. */
export const programOf = (stateDir: string, sha256: string): string => join(stateDir, 'agents', sha256, 'main.js');

export function readUpgradeState(stateDir: string): UpgradeState {
  try {
    return UpgradeState.parse(JSON.parse(readFileSync(fileOf(stateDir), 'utf8')));
  } catch {
    return { starts: 0 };
  }
}

/** Whole or not at all. */
export function writeUpgradeState(stateDir: string, state: UpgradeState): void {
  const file = fileOf(stateDir);
  writeFileSync(`${file}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * The program that should run instead of the one that was started, counted as a start.
 * @returns undefined when the started one is right: nothing is in force, its file is damaged, or it ended too often without a welcome
 */
export function programToLaunch(stateDir: string): { readonly file: string; readonly sha256: string } | undefined {
  const state = readUpgradeState(stateDir);
  if (state.inForce === undefined || state.starts >= MOST_STARTS) return undefined;
  const { sha256 } = state.inForce;
  const file = programOf(stateDir, sha256);
  if (!existsSync(file) || digestOf(readFileSync(file)) !== sha256) return undefined;
  writeUpgradeState(stateDir, { ...state, starts: state.starts + 1 });
  return { file, sha256 };
}

export const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
