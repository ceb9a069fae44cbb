// Reads in lines of networks, reservations and exclusions: all of them or, where one cannot be, none. A dry run does the very same and then
// takes it back, so that it finds what an import would find, lines that depend on one another included.
import type { Context } from '../context.ts';
import { insertReservations, listReservations, type ReservationRow } from '../db/address-reservations.ts';
import { appendEvent } from '../db/events.ts';
import { networkByName } from '../db/networks.ts';
import type { Tx } from '../db/store.ts';
import { DomainError } from '../errors.ts';
import type { ImportResult } from '../http/contract/addresses.ts';
import { textOf, weighKeepBack } from './addresses.ts';
import { type LineAsk, type LineError, parseLines } from './lines.ts';
import { putNetwork } from './networks.ts';
import { toNumber } from './ranges.ts';
import type { Actor } from '../requests/submit.ts';

/** Thrown to take everything back that a dry run or a failed import did. */
class TakenBack extends Error {}

/** @returns what each line does, and what is wrong; with an error nothing is changed */
export async function importLines(context: Context, actor: Actor, text: string, dryRun: boolean): Promise<ImportResult> {
  const { asks, errors: unread } = parseLines(text);
  const lines: ImportResult['lines'][number][] = [];
  const errors: LineError[] = [...unread];
  const isDone = await context.store
    .tx(async (tx) => {
      for (const ask of asks) {
        try {
          lines.push(await doLine(context, tx, actor, ask));
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          errors.push(errorOf(ask, error));
        }
      }
      if (dryRun || errors.length > 0) throw new TakenBack();
      await appendEvent(tx, { at: context.clock.now(), actor: actor.name, kind: 'address.imported', subjectType: 'server', subjectId: 'addresses', subject: 'addresses', message: `${actor.name} read in ${lines.length} lines of addresses` });
      tx.afterCommit(() => context.loops.wake('planner'));
      return true;
    })
    .catch((error: unknown) => {
      if (error instanceof TakenBack) return false;
      throw error;
    });
  const counted = lines.filter(({ action }) => action !== 'already');
  return {
    applied: isDone,
    lines,
    errors: errors.sort((one, other) => one.line - other.line),
    networks: counted.filter(({ action }) => action === 'add-network').length,
    addresses: counted.reduce((sum, { action, count }) => (action === 'add-network' ? sum : sum + count), 0),
  };
}

async function doLine(context: Context, tx: Tx, actor: Actor, ask: LineAsk): Promise<ImportResult['lines'][number]> {
  const { line, network: name } = ask;
  if (ask.kind === 'network') {
    const { site, cidr, gateway, first, last, dns, vlan } = ask;
    const known = await networkByName(tx, name);
    const isSame = known !== undefined && known.cidr === cidr && known.site === site && known.gateway === gateway && known.first === first && known.last === last && known.vlan === (vlan ?? null);
    if (!isSame) await putNetwork(context, tx, actor, { name, site, cidr, gateway, first, last, dns, excluded: [], vlan });
    return { line, action: isSame ? 'already' : 'add-network', network: name, what: `${first} to ${last} of ${cidr}`, count: toNumber(last) - toNumber(first) + 1 };
  }
  const network = await networkByName(tx, name);
  if (network === undefined) throw new DomainError('network-unknown', `There is no network ${name}.`, [{ field: 'network', value: name, message: 'is not known', allowed: 'the name of a network, or of one in an earlier line' }]);
  const { kind, first, last, note } = ask;
  const count = toNumber(last) - toNumber(first) + 1;
  const what = textOf(ask);
  const known = await listReservations(tx, network.id);
  if ((await weighKeepBack(tx, network, { network: name, kind, first, last, note }, known)) === 'already') return { line, action: 'already', network: name, what, count };
  const row: ReservationRow = { id: context.ids.next(), networkId: network.id, kind, first, last, note, createdBy: actor.name, createdAt: context.clock.now() };
  await insertReservations(tx, [row]);
  return { line, action: kind === 'reserved' ? 'reserve' : 'exclude', network: name, what, count };
}

function errorOf({ line }: LineAsk, { message, fields: [field] }: DomainError): LineError {
  const value = typeof field?.value === 'string' ? field.value : '';
  return { line, field: field?.field ?? 'line', value, message, allowed: field?.allowed ?? null };
}
