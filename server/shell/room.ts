// All shells that are open through this server: counted by host, ended by people, by the end of their session, and when the server stops.
import { stat } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { endShell, forgetRecordings, listShells, readShellRules } from '../db/shells.ts';
import type { ShellRules } from '../http/contract/shell.ts';
import { LiveShell, type ShellSocket, type ShellStart } from './live-shell.ts';
import { recordingFile, removeRecording } from './recording.ts';
import { DEFAULT_RULES } from './rules.ts';

/** Whether whoever opened it may still have it open. */
export type StillAllowed = () => Promise<boolean>;

export interface ShellRoom {
  /** Shells that are open on a host. */
  countOn(hostId: string): number;
  open(context: Context, start: ShellStart, socket: ShellSocket, isAllowed: StillAllowed): LiveShell;
  get(id: string): LiveShell | undefined;
  /** Ends all of them and waits until that is written down. */
  close(): Promise<void>;
}

/** A session that ended takes its shells along within this time, also where nothing told of it. */
const CHECK_MS = 10_000;

export function openShellRoom(): ShellRoom {
  const open = new Map<string, LiveShell>();
  /** Those that are open, and those whose end is being written down. */
  const unwritten = new Set<LiveShell>();
  return {
    countOn: (hostId) => [...open.values()].filter((shell) => shell.hostId === hostId).length,
    get: (id) => open.get(id),
    open(context, start, socket, isAllowed) {
      const { id } = start.row;
      let cancel: () => void = () => undefined;
      const shell = new LiveShell(context, start, socket, () => {
        cancel();
        unsubscribe();
        open.delete(id);
        // Its end is a promise only when this call is over.
        queueMicrotask(() => void shell.over.finally(() => unwritten.delete(shell)));
      });
      const check = (): void => {
        void isAllowed().then((is) => (is ? undefined : shell.finish('session-ended', 'the session that opened it has ended, or may no longer open shells here')));
      };
      const unsubscribe = context.bus.subscribe(({ topic }) => {
        if (topic === 'accounts' || topic === 'sessions' || topic === 'shells') check();
      });
      const again = (): void => {
        cancel = context.timing.after(CHECK_MS, () => {
          check();
          again();
        });
      };
      again();
      open.set(id, shell);
      unwritten.add(shell);
      return shell;
    },
    async close() {
      const all = [...unwritten];
      for (const shell of all) shell.finish('server-stops', 'the server stops');
      await Promise.all(all.map((shell) => shell.over));
    },
  };
}

export async function rulesOfShells({ store }: Pick<Context, 'store'>): Promise<ShellRules> {
  return (await store.read(readShellRules))?.rules ?? DEFAULT_RULES;
}

/** What a server that was killed left open is written down as ended. */
export async function closeForgotten({ store, clock, config }: Pick<Context, 'store' | 'clock' | 'config'>): Promise<void> {
  const open = await store.read((reader) => listShells(reader, { teams: null, open: true, limit: 1_000 }));
  for (const { id } of open) {
    const recordingBytes = (await stat(recordingFile(config.dataDir, id)).catch(() => undefined))?.size ?? null;
    await store.tx((tx) => endShell(tx, id, { endedAt: clock.now(), end: 'server-stops', exitCode: null, message: 'the server was killed', inputBytes: 0, outputBytes: 0, recordingBytes }));
  }
}

/** Takes recordings away that were kept as long as the rules say. */
export async function dropOldRecordings(context: Pick<Context, 'store' | 'clock' | 'config'>): Promise<void> {
  const { keepDays } = await rulesOfShells(context);
  const ids = await context.store.tx((tx) => forgetRecordings(tx, context.clock.now() - keepDays * 86_400_000));
  for (const id of ids) await removeRecording(context.config.dataDir, id);
}
