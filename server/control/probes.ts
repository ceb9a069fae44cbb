// The second path to a host that is silent: agents near it are asked to reach its address and its replicas. Takes who is silent, chooses and asks the
// neighbours, keeps what they found; what follows from that is judge.ts's. In memory only: after a restart everybody has a whole lease anyway.
import type { AgentMessage, ProbeFinding, ProbeTarget, ServerMessage } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { assignmentOf } from '../db/assignments.ts';
import { type HostRow, listHosts } from '../db/hosts.ts';
import type { WitnessRow } from '../db/timeline.ts';
import type { Finding } from './judge.ts';

/** With three, one that is wrong itself is outvoted by any that reaches something. */
const WITNESSES = 3;
/** Replicas of one host that are looked for: one that answers is enough. */
const MOST_REPLICAS = 6;
/** Hosts looked for in one go: where more fall silent together, the governor waits for a person anyway. */
const HOSTS_AT_ONCE = 16;
/** Tried in turn at the host's own address: whether something listens there or is refused, a kernel answered. */
const HOST_PORTS = [22, 9];
const MOST_LIMIT_MS = 2_000;
/** Neighbours that are considered for one host: among so many there is one in another rack. */
const MOST_CONSIDERED = 200;

export interface Look {
  readonly askedAt: number;
  readonly asked: readonly string[];
  readonly witnesses: readonly WitnessRow[];
}

export interface Probes {
  /** Looks for the hosts that are silent and due for it. @returns how many hosts others were asked about */
  lookFor(context: Context, silent: readonly { readonly hostId: string; readonly silentMs: number }[], now: number): Promise<number>;
  /** What a neighbour found; late, unknown and repeated answers count nothing. @returns whether anything did */
  answered(witnessId: string, message: Extract<AgentMessage, { type: 'probed' }>, now: number): boolean;
  /** What is known of the silence that began after `lastSeenAt`. */
  finding(hostId: string, lastSeenAt: number | null): Finding;
  /** The newest look that anybody answered, else the newest one. */
  newest(hostId: string): Look | undefined;
  forget(hostId: string): void;
}

interface Round {
  readonly askedAt: number;
  readonly limitMs: number;
  readonly asked: ReadonlyMap<string, string>;
  readonly witnesses: Map<string, WitnessRow>;
  readonly targets: ReadonlyMap<string, 'host' | 'replica'>;
}

export function openProbes({ leaseMs }: { readonly leaseMs: number }): Probes {
  /** The last rounds of each silent host, newest first. */
  const rounds = new Map<string, readonly Round[]>();
  let counter = 0;
  const limitMs = Math.min(MOST_LIMIT_MS, Math.max(100, Math.floor(leaseMs / 4)));
  const gapMs = Math.max(limitMs, Math.min(500, leaseMs / 4));
  return {
    async lookFor(context, silent, now) {
      const due = silent.filter(({ hostId, silentMs }) => now - (rounds.get(hostId)?.[0]?.askedAt ?? Number.NEGATIVE_INFINITY) >= (silentMs <= 1.5 * leaseMs ? gapMs : leaseMs)).slice(0, HOSTS_AT_ONCE);
      if (due.length === 0) return 0;
      const around = await readAround(context, due.map(({ hostId }) => hostId), now);
      const orders = new Map<string, ProbeTarget[]>();
      counter += 1;
      for (const { hostId } of due) {
        const host = around.hosts.get(hostId);
        if (host === undefined) continue;
        const witnesses = chooseWitnesses(host, around.candidates, counter);
        const targets = around.targets.get(hostId) ?? [];
        for (const { id } of witnesses) orders.set(id, [...(orders.get(id) ?? []), ...targets]);
        const round: Round = { askedAt: now, limitMs, asked: new Map(witnesses.map(({ id, name }) => [id, name])), witnesses: new Map(), targets: new Map(targets.map(({ id }) => [id, id.includes(' replica ') ? 'replica' : 'host'])) };
        rounds.set(hostId, [round, ...(rounds.get(hostId) ?? [])].slice(0, 3));
      }
      for (const [id, targets] of orders) context.connections.send(id, { type: 'probe', id: String(counter), limitMs, targets } satisfies ServerMessage);
      return due.length;
    },
    answered(witnessId, { findings }, now) {
      const byHost = Map.groupBy(findings, ({ id }) => id.slice(0, id.indexOf(' ')));
      let counts = false;
      for (const [hostId, list] of byHost) {
        // The newest round that asked this neighbour and has no answer of it: an answer that comes after another round began still is one of now.
        const round = rounds.get(hostId)?.find(({ asked, witnesses }) => asked.has(witnessId) && !witnesses.has(witnessId));
        if (round === undefined || now - round.askedAt > 3 * round.limitMs + leaseMs) continue;
        round.witnesses.set(witnessId, witnessOf(round.asked.get(witnessId)!, list, round, now));
        counts = true;
      }
      return counts;
    },
    finding(hostId, lastSeenAt) {
      const said = (rounds.get(hostId) ?? []).filter(({ askedAt, witnesses }) => askedAt > (lastSeenAt ?? Number.NEGATIVE_INFINITY) && witnesses.size > 0).map(({ witnesses }) => findingOf([...witnesses.values()]));
      const [newest = 'none', before] = said;
      // What served a moment ago is looked for once more before it counts as gone.
      return newest !== 'serves' && before === 'serves' ? 'serves' : newest;
    },
    newest(hostId) {
      const list = rounds.get(hostId) ?? [];
      const round = list.find(({ witnesses }) => witnesses.size > 0) ?? list[0];
      return round && { askedAt: round.askedAt, asked: [...round.asked.values()], witnesses: [...round.witnesses.values()] };
    },
    forget: (hostId) => void rounds.delete(hostId),
  };
}

/** What some neighbours found together: whoever reached something was right. */
export function findingOf(witnesses: readonly Pick<WitnessRow, 'reaches' | 'replicasAsked' | 'replicasAnswer'>[]): Finding {
  if (witnesses.length === 0) return 'none';
  const lives = witnesses.some(({ reaches }) => reaches !== 'silent');
  // A host that should run nothing has nothing that could be replaced.
  if (witnesses.some(({ replicasAsked, replicasAnswer }) => replicasAnswer > 0 || (replicasAsked === 0 && lives))) return 'serves';
  return lives ? 'alive' : 'unreachable';
}

function witnessOf(host: string, findings: readonly { readonly id: string; readonly finding: ProbeFinding }[], { targets }: Round, at: number): WitnessRow {
  const of = (kind: 'host' | 'replica') => findings.filter(({ id }) => targets.get(id) === kind).map(({ finding }) => finding);
  const own = of('host');
  const replicas = of('replica');
  // A container's address refuses only where the host's kernel lives.
  const lives = [...own, ...replicas].some((finding) => finding !== 'silent');
  return {
    host,
    at,
    reaches: own.some((finding) => finding === 'answers' || finding === 'opens') ? 'answers' : lives ? 'refuses' : 'silent',
    replicasAsked: replicas.length,
    replicasAnswer: replicas.filter((finding) => finding === 'answers').length,
  };
}

type Place = Pick<HostRow, 'id' | 'name' | 'site' | 'rack'>;

/**
 * Up to three hosts that should reach this one: of its own site before others, of other racks before its own, and of different racks, since what is wrong
 * may be a rack's switch.
 * @param turn another one gives others, where there are more
 */
export function chooseWitnesses<T extends Place>(host: Place, candidates: readonly T[], turn: number): T[] {
  const others = candidates.filter(({ id }) => id !== host.id);
  const near = others.filter(({ site }) => site === host.site);
  const rotate = (list: readonly T[]) => list.map((_, index) => list[(index + turn) % list.length]!).slice(0, MOST_CONSIDERED);
  const chosen: T[] = [];
  for (const group of [rotate(near.filter(({ rack }) => rack !== host.rack)), rotate(near.filter(({ rack }) => rack === host.rack)), rotate(others.filter(({ site }) => site !== host.site))]) {
    const firsts = [...new Map(group.toReversed().map((each) => [`${each.site} ${each.rack}`, each])).values()].toReversed();
    for (const each of [...firsts, ...group]) if (chosen.length < WITNESSES && !chosen.includes(each)) chosen.push(each);
  }
  return chosen;
}

interface Around {
  readonly hosts: ReadonlyMap<string, HostRow>;
  readonly candidates: readonly HostRow[];
  readonly targets: ReadonlyMap<string, readonly ProbeTarget[]>;
}

async function readAround({ store, fleet, connections, config }: Context, dueIds: readonly string[], now: number): Promise<Around> {
  return await store.read(async (reader) => {
    const rows = await listHosts(reader);
    const hosts = new Map(rows.map((row) => [row.id, row]));
    const isWell = (id: string) => {
      const seen = fleet.get(id);
      return seen?.state === 'ready' && now - (seen.lastSeenAt ?? 0) <= config.leaseMs / 2 && connections.speaks(id, 'probe');
    };
    const targets = new Map<string, ProbeTarget[]>();
    for (const id of dueIds) {
      const host = hosts.get(id);
      if (host === undefined) continue;
      const running = fleet.get(id)?.replicas;
      const replicas = ((await assignmentOf(reader, id))?.replicas ?? []).toSorted((one, other) => Number(running?.get(other.id)?.state === 'running') - Number(running?.get(one.id)?.state === 'running'));
      targets.set(id, [
        ...HOST_PORTS.map((port): ProbeTarget => ({ id: `${id} host ${port}`, address: host.address, port })),
        ...replicas.slice(0, MOST_REPLICAS).map(({ address, port, healthPath }, index): ProbeTarget => ({ id: `${id} replica ${index}`, address, port, ...(healthPath === undefined ? {} : { path: healthPath }) })),
      ]);
    }
    return { hosts, candidates: rows.filter(({ id }) => isWell(id)), targets };
  });
}
