// Decides which hosts are suspect, due to be called lost, or back. Pure: takes when each was heard, what neighbours found when they looked, and the
// clock; gives verdicts, and those that would be lost, on which the governor rules. A broken connection is no verdict, and neither is the server's own
// absence: after a start or a stall every host gets a whole lease. No clock but the server's own counts.
import type { Grounds, VerdictCode } from '../http/contract/verdicts.ts';
import type { HostState } from '../db/hosts.ts';

/**
 * What neighbours found during this silence: `serves`, replicas answer; `alive`, the host does and none of its replicas; `unreachable`, neither; `none`,
 * nobody could be asked or has said anything.
 */
export type Finding = 'serves' | 'alive' | 'unreachable' | 'none';

export interface Heard {
  readonly hostId: string;
  readonly state: HostState;
  readonly lastSeenAt: number | null;
  /** Last whole report in this life of the server. */
  readonly reportedAt: number | null;
  readonly since: number;
  readonly finding: Finding;
}

export interface Verdict {
  readonly hostId: string;
  readonly state: HostState;
  readonly grounds: Grounds;
}

export interface Terms {
  readonly now: number;
  readonly leaseMs: number;
  /** Before this instant nobody is lost: the server was away, not the hosts. */
  readonly graceUntil: number;
  /** How long a host is left alone whose agent is silent while its replicas answer. */
  readonly awayMs: number;
}

export interface Judgement {
  /** Changes of state and of their grounds, in the order given. */
  readonly verdicts: readonly Verdict[];
  /** Hosts that are lost if the governor allows it. */
  readonly losses: readonly Verdict[];
  /** Hosts whose lease has not ended yet and that are silent as well: where many go together, their leases do not end at the same moment. */
  readonly brink: readonly string[];
}

export function judge(hosts: readonly Heard[], terms: Terms): Judgement {
  const verdicts: Verdict[] = [];
  const losses: Verdict[] = [];
  const brink: string[] = [];
  const { now, leaseMs, graceUntil } = terms;
  for (const host of hosts) {
    const { hostId, state } = host;
    const silentMs = silenceOf(host, now);
    if (state === 'joining' || state === 'lost') {
      // Only a whole report proves that the host is well again: a heartbeat does not say what runs there.
      const isBack = host.reportedAt !== null && now - host.reportedAt <= leaseMs && (state === 'joining' || host.reportedAt >= host.since);
      if (isBack) verdicts.push({ hostId, state: 'ready', grounds: state === 'lost' ? say('reports-again', {}, 'reports again') : say('first-report', {}, 'reports') });
      continue;
    }
    if (silentMs <= leaseMs / 2) {
      if (state === 'suspect') verdicts.push({ hostId, state: 'ready', grounds: say('heard', {}, 'is heard again') });
      continue;
    }
    if (now < graceUntil - leaseMs / 2) continue;
    const isOver = silentMs > leaseMs && now >= graceUntil;
    if (host.finding === 'serves' && silentMs <= Math.max(leaseMs, terms.awayMs)) {
      verdicts.push({ hostId, state: 'suspect', grounds: groundsOf('serves-without-agent', silentMs, terms) });
    } else if (isOver) losses.push({ hostId, state: 'lost', grounds: groundsOf(LOSS_BY_FINDING[host.finding], silentMs, terms) });
    else {
      brink.push(hostId);
      if (state === 'ready') verdicts.push({ hostId, state: 'suspect', grounds: groundsOf('silent', silentMs, terms) });
    }
  }
  return { verdicts, losses, brink };
}

const LOSS_BY_FINDING: Readonly<Record<Finding, VerdictCode>> = { serves: 'away-too-long', alive: 'serves-nothing', unreachable: 'unreachable', none: 'unwitnessed' };

const silenceOf = ({ lastSeenAt }: Heard, now: number): number => (lastSeenAt === null ? Number.POSITIVE_INFINITY : now - lastSeenAt);

function groundsOf(code: VerdictCode, silentMs: number, { leaseMs, awayMs }: Terms): Grounds {
  const silent = `silent for ${seconds(silentMs)} s`;
  const lease = `its lease is ${seconds(leaseMs)} s`;
  const data = { silentMs: Number.isFinite(silentMs) ? silentMs : null, leaseMs };
  if (code === 'silent') return say(code, data, silent);
  if (code === 'unwitnessed') return say(code, data, `${silent}, ${lease}; no neighbour could be asked`);
  if (code === 'unreachable') return say(code, data, `${silent}, ${lease}; its neighbours do not reach it either`);
  if (code === 'serves-nothing') return say(code, data, `${silent}, ${lease}; its neighbours reach the host, and none of its replicas answers`);
  if (code === 'serves-without-agent') return say(code, { ...data, awayMs }, `its agent is silent or cut off, and its replicas answer its neighbours: nothing is replaced before ${seconds(awayMs)} s of silence`);
  return say(code, { ...data, awayMs }, `${silent}; its replicas answer its neighbours, but it has been left alone for ${seconds(awayMs)} s`);
}

/** Grounds as data and as a sentence. */
export function say(code: VerdictCode, data: Grounds['data'], sentence: string): Grounds {
  return { code, data, sentence };
}

export function seconds(ms: number): string {
  return Number.isFinite(ms) ? (ms / 1000).toFixed(1) : 'unknown';
}
