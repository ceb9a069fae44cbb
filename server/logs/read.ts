// Logs for people: a replica's, or those of all replicas of a service merged by time, as entries of the API. Finds the hosts, asks their agents, masks what
// must not be seen, and says what is missing: a host that is away is a gap among the others and not an error.
import type { LogsItem, LogsQuery } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { replicaName } from '../control/names.ts';
import { secretIdentity } from '../releases/secrets.ts';
import { listHosts } from '../db/hosts.ts';
import { replicasOfWorkloads } from '../db/replicas.ts';
import { type ReplicaPlace, placeOfReplica } from '../db/replica-places.ts';
import { secretsOf } from '../db/secrets.ts';
import type { Reader } from '../db/store.ts';
import { workloadName, type WorkloadRow } from '../db/workloads.ts';
import { InvalidError, UnavailableError } from '../errors.ts';
import type { LogEntry, LogLevel, LogSource } from '../http/contract/logs.ts';
import { type LogEnd, readHostLog, whyNotLogs } from './host-log.ts';
import { mergeByTime, type Merged } from './merge.ts';
import { redactor } from './redact.ts';
import { readSharedLog } from './shared-log.ts';

/** As asked over the API, with moments as milliseconds since 1970. */
export interface LogsAsk {
  readonly follow: boolean;
  readonly tail?: number | undefined;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly source: LogSource;
  readonly file?: string | undefined;
  readonly search?: string | undefined;
  readonly level?: LogLevel | undefined;
  readonly previous: boolean;
}

/** Replicas whose logs are read together: more lines than these write nobody reads. */
export const MOST_TOGETHER = 64;
const USUAL_TAIL = 200;
/** Of one workload: more than anybody has. */
const MOST_SECRETS = 500;

/** Name of a host by its id, for places. */
export async function hostNames(reader: Reader): Promise<(id: string) => string | undefined> {
  const names = new Map((await listHosts(reader)).map(({ id, name }) => [id, name]));
  return (id) => names.get(id);
}

export const placeNamed = async (reader: Reader, id: string): Promise<ReplicaPlace | undefined> => await placeOfReplica(reader, id, (owner, ordinal) => replicaName(owner, ordinal), await hostNames(reader));

/** Where the replicas of workloads are now. */
export async function placesOf(reader: Reader, workloads: readonly WorkloadRow[]): Promise<ReplicaPlace[]> {
  const owners = new Map(workloads.map((owner) => [owner.id, owner]));
  const nameOf = await hostNames(reader);
  return (await replicasOfWorkloads(reader, [...owners.keys()])).map(({ id, workloadId, ordinal, hostId, address }) => {
    const owner = owners.get(workloadId)!;
    return { replicaId: id, replica: replicaName(owner, ordinal), workload: workloadName(owner), owner, hostId, host: hostId === null ? null : (nameOf(hostId) ?? hostId), address, isGone: false, goneAt: null };
  });
}

/** Values of all secrets that these workloads may have, as far as they can be opened. */
export async function secretValues({ secrets, store }: Pick<Context, 'secrets' | 'store'>, workloads: readonly WorkloadRow[]): Promise<string[]> {
  if (secrets.problem !== null) return [];
  const rows = await store.read(async (reader) => {
    const own = await Promise.all(workloads.map(({ id, team }) => secretsOf(reader, { team, workloadId: id })));
    const teams = await Promise.all([...new Set(workloads.map(({ team }) => team))].map((team) => secretsOf(reader, { team, workloadId: null })));
    return [...own, ...teams].flat().slice(0, MOST_SECRETS);
  });
  return rows.flatMap((row) => {
    try {
      return [secrets.open(row.sealed, secretIdentity(row))];
    } catch {
      return [];
    }
  });
}

/** The query that an agent gets. @throws InvalidError where the parts of the question do not go together */
function queryOf(ask: LogsAsk, { replicaId, address, isGone }: ReplicaPlace): LogsQuery {
  const { sinceMs, untilMs, search, level, file } = ask;
  const refuse = (field: string, value: unknown, message: string): never => {
    throw new InvalidError('invalid-input', `${field} is ${JSON.stringify(value)}: ${message}.`, [{ field, value, message }]);
  };
  if (ask.previous && ask.follow) refuse('previous', true, 'what is gone cannot be followed');
  if (ask.previous && ask.source === 'files') refuse('previous', true, 'files are not kept of containers that are gone: leave it out');
  if (file !== undefined && ask.source === 'stdout') refuse('file', file, 'must go with source=files');
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs > untilMs) refuse('until', new Date(untilMs).toISOString(), 'must not be before since');
  const tail = ask.tail ?? (sinceMs === undefined ? USUAL_TAIL : undefined);
  return {
    replicaId, source: ask.source, previous: ask.previous || (isGone && ask.source === 'stdout'), follow: ask.follow && untilMs === undefined && !isGone,
    ...(tail === undefined ? {} : { tail }), ...(sinceMs === undefined ? {} : { sinceMs }), ...(untilMs === undefined ? {} : { untilMs }), ...(search === undefined ? {} : { search }),
    ...(level === undefined ? {} : { level }), ...(file === undefined ? {} : { file }), ...(address === null ? {} : { address }),
  };
}

export type Entries = AsyncGenerator<readonly LogEntry[]>;

/** @throws UnavailableError when its host cannot be asked now */
export async function replicaLog(context: Context, place: ReplicaPlace, ask: LogsAsk, signal: AbortSignal): Promise<Entries> {
  const query = queryOf(ask, place);
  if (place.hostId === null) throw new UnavailableError('replica-waits', `${place.replica} has no host yet, so it said nothing.`);
  const problem = whyNotLogs(context, place.hostId, place.host ?? place.hostId);
  if (problem !== null) throw new UnavailableError('host-away', `The log of ${place.replica} cannot be read: ${problem}.`);
  const mask = redactor(await secretValues(context, place.owner === null ? [] : [place.owner]));
  return one(context, place, query, mask, signal);
}

async function* one(context: Context, place: ReplicaPlace, query: LogsQuery, mask: (text: string) => string, signal: AbortSignal): Entries {
  const reading = readSharedLog(context, place.hostId!, query, signal);
  for (;;) {
    const next = await reading.next();
    if (next.done === true) {
      yield endEntries(context, place, next.value);
      return;
    }
    yield next.value.flatMap((item) => entryOf(item, place, mask) ?? []);
  }
}

/** Every replica that has a host; those whose host cannot be asked are gaps. */
export async function serviceLog(context: Context, places: readonly ReplicaPlace[], ask: LogsAsk, signal: AbortSignal): Promise<Entries> {
  const queries = places.map((place) => ({ place, query: queryOf(ask, place) }));
  const owners = [...new Map(places.flatMap(({ owner }) => (owner === null ? [] : [[owner.id, owner] as const]))).values()];
  const mask = redactor(await secretValues(context, owners));
  const sources = queries.filter(({ place }) => place.hostId !== null).slice(0, MOST_TOGETHER).map(({ place, query }) => sourceOf(context, place, query, mask, signal));
  return merged(context, places.length, sources);
}

async function* merged(context: Context, wanted: number, sources: readonly AsyncIterable<Merged<Sorted>>[]): Entries {
  for await (const batch of mergeByTime(context.timing, sources)) yield batch.map(({ entry }) => entry);
  const left = wanted - sources.length;
  yield [{ kind: 'end', at: new Date(context.clock.now()).toISOString(), code: left > 0 ? 'limit' : 'complete', reason: left > 0 ? `${left} replicas are left out: they have no host, or there are more than ${MOST_TOGETHER}` : '' }];
}

interface Sorted {
  readonly at?: string;
  readonly entry: LogEntry;
}

async function* sourceOf(context: Context, place: ReplicaPlace, query: LogsQuery, mask: (text: string) => string, signal: AbortSignal): AsyncGenerator<Merged<Sorted>> {
  const sorted = (entry: LogEntry): Sorted => ('at' in entry && entry.at !== null ? { at: entry.at, entry } : { entry });
  const gap = (code: Extract<LogEntry, { kind: 'gap' }>['code'], reason: string): Merged<Sorted> => ({ items: [{ entry: { kind: 'gap', at: null, bytes: null, code, reason, ...nameOf(place) } }] });
  const problem = whyNotLogs(context, place.hostId!, place.host ?? place.hostId!);
  if (problem !== null) return yield gap('host-away', problem);
  const reading = readSharedLog(context, place.hostId!, query, signal);
  for (;;) {
    const next = await reading.next();
    if (next.done === true) {
      const { code, reason } = next.value;
      if (code !== 'complete' && code !== 'stopped') yield gap(code === 'host-away' ? 'host-away' : code === 'limit' ? 'limit' : 'unreadable', reason);
      return;
    }
    // In the order of the log, but not of time: a mark of an instance stands where its lines begin.
    yield { items: next.value.flatMap((item) => (item.kind === 'live' || item.kind === 'instance' ? [] : (entryOf(item, place, mask) ?? []))).map(sorted) };
    if (next.value.some(({ kind }) => kind === 'live')) yield { live: true };
  }
}

const nameOf = ({ replicaId, replica, host }: ReplicaPlace) => ({ replicaId, replica, host: host ?? '' });

function entryOf(item: LogsItem, place: ReplicaPlace, mask: (text: string) => string): LogEntry[] | undefined {
  switch (item.kind) {
    case 'line':
      return [{ ...item, at: item.at ?? null, text: mask(item.text), ...nameOf(place) }];
    case 'gap':
      return [{ ...item, at: item.at ?? null, ...nameOf(place) }];
    case 'instance':
      return [{ kind: 'instance', at: item.at ?? null, state: item.state, containerId: item.containerId, release: item.release ?? null, endedAt: item.endedAt ?? null, ...nameOf(place) }];
    case 'live':
    case 'sources':
      return undefined;
  }
}

function endEntries(context: Context, place: ReplicaPlace, { code, reason }: LogEnd): LogEntry[] {
  const at = new Date(context.clock.now()).toISOString();
  if (code === 'failed' || code === 'too-many') return [{ kind: 'gap', at: null, bytes: null, code: 'unreadable', reason, ...nameOf(place) }, { kind: 'end', at, code: 'complete', reason }];
  return [{ kind: 'end', at, code, reason }];
}

/** What of a replica can be read: the one answer of its agent. */
export async function sourcesOf(context: Context, place: ReplicaPlace, signal: AbortSignal): Promise<Extract<LogsItem, { kind: 'sources' }> | string> {
  if (place.hostId === null) return 'it has no host yet';
  const problem = whyNotLogs(context, place.hostId, place.host ?? place.hostId);
  if (problem !== null) return problem;
  const query: LogsQuery = { replicaId: place.replicaId, source: 'sources', previous: false, follow: false, ...(place.address === null ? {} : { address: place.address }) };
  const reading = readHostLog(context, place.hostId, query, signal);
  for (;;) {
    const next = await reading.next();
    if (next.done === true) return next.value.reason;
    const found = next.value.find((item) => item.kind === 'sources');
    if (found !== undefined) {
      await reading.return({ code: 'stopped', reason: '' });
      return found;
    }
  }
}
