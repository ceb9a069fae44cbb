// What happens to hosts, for their time lines: sessions, boots, the engine, problems, the clock. Compares what a host says with what it said before,
// keeps what is new in memory, and writes all of it together when observation asks. Losing the last half second of it in a crash loses nothing else.
import type { Facts, Report } from '#agents/protocol.ts';
import { appendTimeline, dropOldTimeline, type NewTimelineEntry } from '../db/timeline.ts';
import type { Store } from '../db/store.ts';
import type { Grounds } from '../http/contract/verdicts.ts';

/** A clock that is so far off is told; one that comes nearer than the second is well again. */
const SKEW_MS = 30_000;
const NO_SKEW_MS = 10_000;
/** Rows of one transaction: a server that starts again hears from everybody at once. */
const MOST_AT_ONCE = 2_000;
const MOST_WAITING = 50_000;
const KEEP_MS = 90 * 86_400_000;
const KEEP_EACH = 1_000;

/** What a host said, as far as its time line goes. */
interface Said {
  bootId: string | null;
  engine: 'up' | 'down' | null;
  problems: readonly string[];
  isSkewed: boolean;
}

export interface Chronicle {
  note(entry: NewTimelineEntry): void;
  connected(hostId: string, facts: Facts, now: number): void;
  disconnected(hostId: string, reason: string, now: number): void;
  /** @param clockSkewMs how far the host's clock is ahead */
  reported(hostId: string, report: Report, clockSkewMs: number, now: number): void;
  forget(hostId: string): void;
  /** Writes what waits. */
  flush(store: Store): Promise<void>;
  /** Drops what is old. */
  prune(store: Store, now: number): Promise<void>;
}

const say = (code: string, data: Grounds['data'], sentence: string): Grounds => ({ code, data, sentence });

export function openChronicle(): Chronicle {
  const hosts = new Map<string, Said>();
  let waiting: NewTimelineEntry[] = [];
  const note = (entry: NewTimelineEntry): void => {
    if (waiting.length < MOST_WAITING) waiting.push(entry);
  };
  const of = (hostId: string): Said => {
    const known = hosts.get(hostId) ?? { bootId: null, engine: null, problems: [], isSkewed: false };
    hosts.set(hostId, known);
    return known;
  };
  const boots = (hostId: string, bootId: string, at: number): void => {
    const said = of(hostId);
    if (said.bootId !== null && said.bootId !== bootId) note({ hostId, at, kind: 'boot', grounds: say('booted', { bootId }, 'the host was booted anew') });
    said.bootId = bootId;
  };
  return {
    note,
    connected(hostId, facts, at) {
      boots(hostId, facts.bootId, at);
      note({ hostId, at, kind: 'session', grounds: say('connected', { agentVersion: facts.agentVersion }, `its agent ${facts.agentVersion} connected`) });
    },
    disconnected: (hostId, reason, at) => note({ hostId, at, kind: 'session', grounds: say('disconnected', { reason }, `the connection of its agent ended: ${reason}`) }),
    reported(hostId, report, clockSkewMs, at) {
      const said = of(hostId);
      boots(hostId, report.facts.bootId, at);
      const engine = report.engineDown === true ? 'down' : 'up';
      if (engine !== said.engine && (engine === 'down' || said.engine === 'down')) {
        note({ hostId, at, kind: 'engine', grounds: engine === 'down' ? say('engine-down', {}, 'Docker Engine does not answer; what runs goes on') : say('engine-up', {}, 'Docker Engine answers again') });
      }
      said.engine = engine;
      for (const problem of report.problems) if (!said.problems.includes(problem)) note({ hostId, at, kind: 'problem', grounds: say('problem', { problem }, problem) });
      if (said.problems.length > 0 && report.problems.length === 0) note({ hostId, at, kind: 'problem', grounds: say('problems-over', {}, 'says of no problem any more') });
      said.problems = report.problems;
      const isSkewed = Math.abs(clockSkewMs) > (said.isSkewed ? NO_SKEW_MS : SKEW_MS);
      if (isSkewed !== said.isSkewed) note({ hostId, at, kind: 'clock', grounds: isSkewed ? say('clock-wrong', { clockSkewMs }, `its clock is ${Math.round(Math.abs(clockSkewMs) / 1000)} s ${clockSkewMs > 0 ? 'ahead' : 'behind'}`) : say('clock-right', { clockSkewMs }, 'its clock is right again') });
      said.isSkewed = isSkewed;
    },
    forget: (hostId) => void hosts.delete(hostId),
    async flush(store) {
      if (waiting.length === 0) return;
      const rows = waiting.slice(0, MOST_AT_ONCE);
      await store.tx(async (tx) => {
        for (const row of rows) await appendTimeline(tx, row);
        tx.changed('timeline', ...new Set(rows.map(({ hostId }) => hostId)));
      });
      waiting = waiting.slice(rows.length);
    },
    prune: async (store, now) => void (await store.tx((tx) => dropOldTimeline(tx, now - KEEP_MS, KEEP_EACH))),
  };
}
