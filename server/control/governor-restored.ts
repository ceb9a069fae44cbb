// Hosts that hold a newer assignment than this database ever gave: an older copy of it was put back. Whatever they run that it does not know would be
// stopped by their next assignment, all at once and without anything wrong with it. So they are told nothing before a person has said so; what they run
// goes on meanwhile.
import type { Context } from '../context.ts';
import { replicasOfHosts } from '../db/replicas.ts';
import type { ObservedHost } from './fleet.ts';
import { mayAct } from './governor.ts';

/** @param newer hosts that hold such a generation @returns those of them that must not be told now */
export async function heldBack(context: Context, newer: readonly ObservedHost[]): Promise<ReadonlySet<string>> {
  const rows = newer.length === 0 ? [] : await context.store.read((reader) => replicasOfHosts(reader, newer.map(({ hostId }) => hostId)));
  const known = new Map(rows.map(({ id, hostId }) => [id, hostId]));
  const unknownOn = ({ hostId, replicas }: ObservedHost) => [...replicas.values()].filter(({ id, state }) => state !== 'stopping' && known.get(id) !== hostId).length;
  const reached = newer.filter((host) => unknownOn(host) > 0);
  const unknown = reached.reduce((sum, host) => sum + unknownOn(host), 0);
  const wouldDo = `stop ${unknown} replicas that these hosts run and this database does not know there: an older copy of it was put back`;
  const { may } = await mayAct(context, { action: 'evict', reaches: reached.map(({ hostId }) => ({ hostId, replicas: {} })), wouldDo, needsPerson: true });
  return new Set(reached.flatMap(({ hostId }) => (may.has(hostId) ? [] : [hostId])));
}
