// Announcing that demand will be higher for a while, and taking it back.
import type { Context } from '../context.ts';
import type { Actor } from '../requests/submit.ts';
import { appendEvent } from '../db/events.ts';
import { endSurge, insertSurge, listSurges, surgeById, type SurgeRow } from '../db/surges.ts';
import { listWorkloads } from '../db/workloads.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { z } from '../http/contract/common.ts';
import type { SurgeAsk } from '../http/contract/market.ts';

const DAY_MS = 86_400_000;
const LONGEST_MS = 7 * DAY_MS;
const FURTHEST_MS = 366 * DAY_MS;

/** @throws InvalidError for times that cannot be, and for services or environments that nobody has */
export async function announceSurge(context: Context, actor: Actor, ask: z.output<typeof SurgeAsk>): Promise<SurgeRow> {
  const { store, ids, clock } = context;
  const now = clock.now();
  const [from, to] = [Date.parse(ask.from), Date.parse(ask.to)];
  const wrong = (field: string, value: string, message: string, allowed: string) => new InvalidError('surge-invalid', `${field} is ${value}: it ${message}.`, [{ field, value, message, allowed }]);
  if (to <= from) throw wrong('to', ask.to, 'must be after from', `after ${ask.from}`);
  if (to <= now) throw wrong('to', ask.to, 'is past', `after ${new Date(now).toISOString()}`);
  if (to - from > LONGEST_MS) throw wrong('to', ask.to, 'must be at most seven days after from', `until ${new Date(from + LONGEST_MS).toISOString()}`);
  if (from > now + FURTHEST_MS) throw wrong('from', ask.from, 'must be within a year', `until ${new Date(now + FURTHEST_MS).toISOString()}`);
  return await store.tx(async (tx) => {
    const workloads = await listWorkloads(tx);
    for (const [field, names, known] of [['services', ask.services, workloads.map(({ service }) => service)], ['environments', ask.environments, workloads.map(({ environment }) => environment)]] as const) {
      const index = names.findIndex((name) => !known.includes(name));
      if (index >= 0) throw wrong(`${field}[${index}]`, names[index]!, 'is not one that anything runs in', [...new Set(known)].sort().slice(0, 50).join(', ') || 'none yet');
    }
    const row: SurgeRow = { id: ids.next(), factor: ask.factor, from, to, services: ask.services, environments: ask.environments, reason: ask.reason, createdBy: actor.name, createdAt: now, endedBy: null };
    await insertSurge(tx, row);
    await appendEvent(tx, { at: now, actor: actor.name, kind: 'surge.announced', subjectType: 'surge', subjectId: row.id, subject: ask.reason, message: `${actor.name} announced ${ask.factor}x demand from ${ask.from} to ${ask.to}${ask.services.length === 0 ? '' : ` for ${ask.services.join(', ')}`}`, why: ask.reason });
    tx.afterCommit(() => context.loops.wake('market'));
    return row;
  });
}

/** @throws NotFoundError, ConflictError when it is over already */
export async function takeSurgeBack(context: Context, actor: Actor, id: string): Promise<SurgeRow> {
  const now = context.clock.now();
  return await context.store.tx(async (tx) => {
    const row = await surgeById(tx, id);
    if (row === undefined) throw new NotFoundError('surge-unknown', `There is no surge ${id}.`);
    if (row.to <= now) throw new ConflictError('surge-over', `That surge was over at ${new Date(row.to).toISOString()}.`);
    await endSurge(tx, id, now, actor.name);
    await appendEvent(tx, { at: now, actor: actor.name, kind: 'surge.ended', subjectType: 'surge', subjectId: id, subject: row.reason, message: `${actor.name} ended the announced surge: ${row.reason}` });
    tx.afterCommit(() => context.loops.wake('market'));
    return { ...row, to: now, endedBy: actor.name };
  });
}

/** Those that are not over, and the last ones that are; newest first. */
export const recentSurges = (context: Context): Promise<SurgeRow[]> => context.store.read((reader) => listSurges(reader));
