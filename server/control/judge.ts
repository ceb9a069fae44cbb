// Decides by silence alone which hosts are suspect, lost or back. Pure: takes when each was heard and the clock, gives verdicts.
// A broken connection is no verdict, and neither is the server's own absence: after a start or a stall every host gets a whole lease.
import type { HostState } from '../db/hosts.ts';

export interface Heard {
  readonly hostId: string;
  readonly state: HostState;
  readonly lastSeenAt: number | null;
  /** Last whole report in this life of the server. */
  readonly reportedAt: number | null;
  readonly since: number;
}

export interface Verdict {
  readonly hostId: string;
  readonly state: HostState;
  readonly reason: string;
}

export interface Judgement {
  /** Changes of state, in the order given. */
  readonly verdicts: readonly Verdict[];
  /** Hosts that would be lost, but for how many they are; null: none is held. */
  readonly held: { readonly hosts: number; readonly of: number } | null;
}

/** With fewer hosts than this, losing most of them is an ordinary fault. */
const SMALLEST_GUARDED_FLEET = 4;

/**
 * @param graceUntil before this instant nobody is lost: the server was away, not the hosts
 * When more than half of at least four hosts are silent together, the network in between is the likelier fault: nobody is lost until
 * some are heard again.
 */
export function judge(hosts: readonly Heard[], { now, leaseMs, graceUntil }: { readonly now: number; readonly leaseMs: number; readonly graceUntil: number }): Judgement {
  const silenceOf = (host: Heard) => (host.lastSeenAt === null ? Number.POSITIVE_INFINITY : now - host.lastSeenAt);
  const isSilent = (host: Heard) => silenceOf(host) > leaseMs / 2;
  // Hosts that were lost long ago are no part of a sudden silence; those of the last two leases are.
  const considered = hosts.filter((host) => host.state === 'ready' || host.state === 'suspect' || (host.state === 'lost' && now - host.since <= 2 * leaseMs));
  const silent = considered.filter(isSilent).length;
  const isTooMany = considered.length >= SMALLEST_GUARDED_FLEET && silent > considered.length / 2;
  const verdicts: Verdict[] = [];
  let held = 0;
  for (const host of hosts) {
    const silence = silenceOf(host);
    if (host.state === 'joining' || host.state === 'lost') {
      // Only a whole report proves that the host is well again: a heartbeat does not say what runs there.
      const isBack = host.reportedAt !== null && now - host.reportedAt <= leaseMs && (host.state === 'joining' || host.reportedAt >= host.since);
      if (isBack) verdicts.push({ hostId: host.hostId, state: 'ready', reason: host.state === 'lost' ? 'reports again' : 'reports' });
      continue;
    }
    if (silence > leaseMs && now >= graceUntil) {
      if (isTooMany) held += 1;
      else verdicts.push({ hostId: host.hostId, state: 'lost', reason: `silent for ${seconds(silence)} s, its lease is ${seconds(leaseMs)} s` });
      if (!isTooMany) continue;
    }
    if (silence > leaseMs / 2 && host.state === 'ready' && now >= graceUntil - leaseMs / 2) verdicts.push({ hostId: host.hostId, state: 'suspect', reason: `silent for ${seconds(silence)} s` });
    else if (silence <= leaseMs / 2 && host.state === 'suspect') verdicts.push({ hostId: host.hostId, state: 'ready', reason: 'is heard again' });
  }
  return { verdicts, held: held > 0 ? { hosts: held, of: considered.length } : null };
}

function seconds(ms: number): string {
  return Number.isFinite(ms) ? (ms / 1000).toFixed(1) : 'unknown';
}
