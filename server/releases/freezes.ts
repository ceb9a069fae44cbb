// Freezes: when nothing is released to an environment. They keep rollouts from starting; what is under way goes on, and rollbacks are never held.
import type { CalendarYear } from '#scheduler/calendar/model.ts';
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { deleteFreeze, findFreeze, type FreezeRow, type FreezeRule, insertFreeze, listFreezes } from '../db/freezes.ts';
import { currentPolicy } from '../db/policies.ts';
import type { Reader } from '../db/store.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { FreezeAsk } from '../http/contract/release-rules.ts';
import { freezeProblem, freezeWarning, type FreezeWindow, freezeWindows } from './freeze-windows.ts';
import type { Actor } from '../requests/submit.ts';

const DAY_MS = 86_400_000;
/** How far a next window is looked for: over the longest holidays of a market. */
const LOOK_AHEAD_MS = 21 * DAY_MS;

export interface FreezeState {
  /** Null: not frozen now. */
  readonly active: FreezeWindow | null;
  /** The window after that one. */
  readonly next: FreezeWindow | null;
  readonly warning: string | null;
}

/** @param years the calendars in force; absent: those that come with the product */
export function freezeState(rule: FreezeRule, now: number, years?: readonly CalendarYear[]): FreezeState {
  const until = rule.kind === 'once' ? Math.max(now + 1, rule.to) : now + LOOK_AHEAD_MS;
  const windows = freezeWindows(rule, now, until, years);
  const active = windows.find((window) => window.from <= now && now < window.to) ?? null;
  return { active, next: windows.find((window) => window.from > now) ?? null, warning: freezeWarning(rule, now, active?.to ?? now + 7 * DAY_MS, years) };
}

/** The freezes of an environment that hold now, the one that ends last first. */
export async function activeFreezes(reader: Reader, environment: string, now: number, years?: readonly CalendarYear[]): Promise<{ readonly freeze: FreezeRow; readonly window: FreezeWindow }[]> {
  const rows = await listFreezes(reader, environment);
  const active = rows.flatMap((freeze) => {
    const window = freezeState(freeze.rule, now, years).active;
    return window === null ? [] : [{ freeze, window }];
  });
  return active.sort((one, other) => other.window.to - one.window.to);
}

/** The rule as it is stored: instants as numbers. */
export const ruleOf = (rule: FreezeAsk['rule']): FreezeRule => (rule.kind === 'once' ? { kind: 'once', from: Date.parse(rule.from), to: Date.parse(rule.to) } : rule);

/** @throws InvalidError for an unknown environment or a rule that can never hold, ConflictError when the name is taken */
export async function addFreeze({ store, ids, clock }: Context, actor: Actor, ask: FreezeAsk): Promise<FreezeRow> {
  const rule = ruleOf(ask.rule);
  const problem = freezeProblem(rule);
  if (problem !== null) throw new InvalidError('freeze-empty', `${problem.field} is ${problem.value}: it ${problem.message}.`, [problem]);
  return await store.tx(async (tx) => {
    const known = Object.keys((await currentPolicy(tx)).record.environments);
    if (!known.includes(ask.environment)) throw new InvalidError('environment-unknown', `environment is ${ask.environment}: it is not one of ${known.join(', ')}.`, [{ field: 'environment', value: ask.environment, message: 'is not an environment', allowed: known.join(', ') }]);
    if ((await findFreeze(tx, ask.name)) !== undefined) throw new ConflictError('freeze-exists', `There is a freeze ${ask.name} already.`, [{ field: 'name', value: ask.name, message: 'is taken' }]);
    const row: FreezeRow = { id: ids.next(), name: ask.name, environment: ask.environment, rule, reason: ask.reason, createdBy: actor.name, createdAt: clock.now() };
    await insertFreeze(tx, row);
    await appendEvent(tx, { at: row.createdAt, actor: actor.name, kind: 'freeze.added', subjectType: 'freeze', subjectId: row.id, subject: row.name, message: `${actor.name} froze ${row.environment}: ${ruleText(rule)}`, why: row.reason });
    return row;
  });
}

/** @throws NotFoundError */
export async function removeFreeze({ store, clock }: Context, actor: Actor, named: string): Promise<void> {
  await store.tx(async (tx) => {
    const row = await findFreeze(tx, named);
    if (row === undefined) throw new NotFoundError('freeze-unknown', `There is no freeze ${named}.`);
    await deleteFreeze(tx, row.id);
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'freeze.removed', subjectType: 'freeze', subjectId: row.id, subject: row.name, message: `${actor.name} took the freeze ${row.name} of ${row.environment} away` });
  });
}

const DAYS = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** `from open-10m to close+5m of every session of the market a-share`. */
export function ruleText(rule: FreezeRule): string {
  if (rule.kind === 'session') return `from ${rule.from} to ${rule.to} of every session of the market ${rule.market}`;
  if (rule.kind === 'weekly') return `${rule.days.toSorted().map((day) => DAYS[day]).join(', ')} from ${rule.from} to ${rule.to}, ${rule.timeZone}`;
  return `from ${new Date(rule.from).toISOString()} to ${new Date(rule.to).toISOString()}`;
}
