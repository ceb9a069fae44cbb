// A flat network is added whole or not at all: every address in its place, nothing that another network or a routed host uses.
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { insertNetwork, networkByName, type NetworkRow } from '../db/networks.ts';
import { ConflictError, InvalidError } from '../errors.ts';
import type { NetworkDraft } from '../http/contract/fleet.ts';
import type { z } from '../http/contract/common.ts';
import { refuseOverlap } from './join.ts';
import { isWithin, normalCidr, rangeOf, toNumber } from './ranges.ts';
import type { Actor } from './submit.ts';

/** @throws InvalidError by field, ConflictError `name-taken` or `range-overlaps` */
export async function addNetwork({ store, ids, clock, loops }: Context, actor: Actor, draft: z.output<typeof NetworkDraft>): Promise<NetworkRow> {
  refuseMisfits(draft);
  return await store.tx(async (tx) => {
    if ((await networkByName(tx, draft.name)) !== undefined) throw new ConflictError('name-taken', `There is a network ${draft.name} already.`, [{ field: 'name', value: draft.name, message: 'is taken' }]);
    const cidr = normalCidr(draft.cidr);
    await refuseOverlap(tx, cidr, 'cidr');
    const now = clock.now();
    const row: NetworkRow = { id: ids.next(), mode: 'flat', hostId: null, createdAt: now, ...draft, cidr };
    await insertNetwork(tx, row);
    await appendEvent(tx, { at: now, actor: actor.name, kind: 'network.added', subjectType: 'network', subjectId: row.id, subject: row.name, message: `${actor.name} added network ${row.name}: ${row.first} to ${row.last} of ${cidr}` });
    tx.afterCommit(() => loops.wake('planner'));
    return row;
  });
}

function refuseMisfits({ cidr, gateway, first, last, excluded }: z.output<typeof NetworkDraft>): void {
  const prefix = Number(cidr.split('/')[1]);
  if (prefix < 8 || prefix > 29) throw misfit('cidr', cidr, 'has a size that is not allowed', 'a prefix length from 8 to 29');
  const range = rangeOf(cidr);
  // The first and the last address of a range name the network itself and everybody in it.
  const inner = { first: range.first + 1, last: range.last - 1 };
  for (const [field, value] of [['gateway', gateway], ['first', first], ['last', last], ...excluded.map((each, index) => [`excluded[${index}]`, each] as const)] as const) {
    if (!isWithin(value, inner)) throw misfit(field, value, `is no address of ${cidr} that can be used`, `an address within ${cidr}`);
  }
  if (toNumber(first) > toNumber(last)) throw misfit('first', first, `comes after last, which is ${last}`, `an address up to ${last}`);
}

function misfit(field: string, value: string, message: string, allowed: string): InvalidError {
  return new InvalidError('network-invalid', `${field} is ${value}: it ${message} (allowed: ${allowed}).`, [{ field, value, message, allowed }]);
}
