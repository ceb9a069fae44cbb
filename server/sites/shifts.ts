// Shifts of traffic: a draft with what it needs and would do, approved by a second person, applied a step at a time, paused, taken back at once.
// The loop carries steps on (shift-steps.ts); here people act.
import { said, type Said, saying, type Why, whyOf } from '#scheduler/said.ts';
import type { Context } from '../context.ts';
import { listAccounts } from '../db/accounts.ts';
import { dnsNameByName, putDnsName } from '../db/dns-names.ts';
import { appendEvent } from '../db/events.ts';
import { deleteSiteMark } from '../db/site-marks.ts';
import { insertShift, shiftById, type ShiftRow, shiftsIn, STEERING, updateShift } from '../db/shifts.ts';
import type { Reader, Tx } from '../db/store.ts';
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from '../errors.ts';
import { holdingsOf, holds } from '../http/permissions.ts';
import type { ShiftAsk, ShiftVerb } from '../http/contract/sites.ts';
import { planShift } from './shift-plan.ts';
import { type ShiftCircumstances, type Shifter, whyNotShift } from './shift-rules.ts';
import { completed } from './weights.ts';
import { siteNames } from './sites.ts';

/** Makes a draft. @throws InvalidError `shift-refused` with every refusal when the other side cannot carry it, and what planShift() throws */
export async function draftShift(context: Context, asker: Shifter, ask: ShiftAsk): Promise<ShiftRow> {
  const { title, site, changes, plan } = await planShift(context, ask);
  if (!plan.isAllowed) throw new InvalidError('shift-refused', plan.refusals.map(({ sentence }) => `${sentence}.`).join(' '), plan.refusals.map(({ name, site: at, sentence }) => ({ field: name ?? 'site', value: at, message: sentence })));
  const { clock, ids, store } = context;
  const row: ShiftRow = {
    id: ids.next(),
    title,
    kind: ask.kind,
    site,
    changes,
    steps: ask.steps,
    stepSeconds: ask.stepSeconds,
    state: 'draft',
    step: 0,
    stepAt: null,
    waitCode: null,
    waitReason: '',
    waitSaid: null,
    stateSaid: null,
    plan,
    reason: ask.reason,
    stateReason: '',
    createdBy: asker.name,
    createdById: asker.id,
    createdAt: clock.now(),
    decidedBy: null,
    decidedAt: null,
    appliedBy: null,
    appliedAt: null,
    finishedAt: null,
  };
  await store.tx(async (tx) => {
    await insertShift(tx, row);
    await say(context, tx, row, asker.name, 'drafted', `${asker.name} drafted "${title}"`, ask.reason);
  });
  return row;
}

export async function circumstancesOfShift(reader: Reader, row: ShiftRow): Promise<ShiftCircumstances> {
  const others = (await listAccounts(reader)).filter(({ id, disabled, grants }) => id !== row.createdById && !disabled && holds(holdingsOf(grants), 'sites.manage'));
  return { isAnotherApprover: others.length > 0, inTheWay: await inTheWayOf(reader, row) };
}

/** Names that another shift moves, or whose weights are no longer those that it begins, or ended, with. */
async function inTheWayOf(reader: Reader, row: ShiftRow): Promise<Why | null> {
  if (row.state !== 'approved' && row.state !== 'done') return null;
  const other = (await shiftsIn(reader, STEERING)).find(({ id, changes }) => id !== row.id && changes.some(({ name }) => row.changes.some((change) => change.name === name)));
  if (other !== undefined) return whyOf(said('other-shift', { title: other.title }, '"{title}" moves one of its names now: wait for its end.'));
  const sites = await siteNames(reader);
  for (const { name, before, after } of row.changes) {
    const known = await dnsNameByName(reader, name);
    if (known === undefined) return whyOf(said('name-gone', { name }, '{name} is no longer there.'));
    const now = completed(known.weights, sites);
    const expected = row.state === 'done' ? after : before;
    const changed = Object.keys(expected).find((site) => (now[site] ?? 1000) !== expected[site]);
    const figures = { name, site: changed ?? '', now: now[changed ?? ''] ?? 1000, expected: expected[changed ?? ''] ?? 1000 };
    if (changed !== undefined && row.state === 'done') return whyOf(said('weight-by-hand', figures, 'The weight of {name} at {site} is {now} by now, not {expected}: set it by hand.'));
    if (changed !== undefined) return whyOf(said('weight-changed', figures, 'The weight of {name} at {site} is {now} by now, not {expected}: refresh it first.'));
  }
  return null;
}

/** Does a verb to a shift. @throws NotFoundError, ForbiddenError, ConflictError `shift-state` with the reason */
export async function actOnShift(context: Context, asker: Shifter, id: string, verb: ShiftVerb, reason: string): Promise<ShiftRow> {
  const { store } = context;
  const before = await store.read((reader) => requireShift(reader, id));
  const again = verb === 'refresh' || verb === 'apply' ? await planShift(context, askOf(before)) : undefined;
  return await store.tx(async (tx) => {
    const row = await requireShift(tx, id);
    const refusal = whyNotShift(verb, row, asker, await circumstancesOfShift(tx, row));
    if (refusal !== null) throw asker.can('sites.manage') ? new ConflictError('shift-state', refusal.sentence) : new ForbiddenError('permission-missing', refusal.sentence);
    // The fleet may have become smaller since it was approved.
    if (verb === 'apply' && !again!.plan.isAllowed) throw new ConflictError('shift-refused', again!.plan.refusals.map(({ sentence }) => `${sentence}.`).join(' '));
    const now = context.clock.now();
    if (verb === 'approve') await updateShift(tx, id, { state: 'approved', decidedBy: asker.name, decidedAt: now });
    if (verb === 'reject') await updateShift(tx, id, { state: 'rejected', decidedBy: asker.name, decidedAt: now, finishedAt: now, ...ended(reason === '' ? said('rejected', { by: asker.name }, 'Rejected by {by}.') : said('rejected', { by: asker.name, reason }, 'Rejected by {by}: {reason}.')) });
    if (verb === 'withdraw') await updateShift(tx, id, { state: 'withdrawn', finishedAt: now, ...ended(reason === '' ? said('withdrawn', { by: asker.name }, 'Withdrawn by {by}.') : said('withdrawn', { by: asker.name, reason }, 'Withdrawn by {by}: {reason}.')) });
    if (verb === 'apply') await updateShift(tx, id, { state: 'applying', appliedBy: asker.name, appliedAt: now, stepAt: null, plan: again!.plan });
    if (verb === 'pause') await updateShift(tx, id, { state: 'paused' });
    if (verb === 'resume') await updateShift(tx, id, { state: 'applying' });
    if (verb === 'refresh') await updateShift(tx, id, { state: 'draft', changes: again!.changes, plan: again!.plan, decidedBy: null, decidedAt: null });
    if (verb === 'undo') await undo(context, tx, row, asker, reason);
    for (const { name } of row.changes) tx.changed('names', name);
    await say(context, tx, row, asker.name, PAST[verb], `${asker.name} ${PAST[verb].replace('-', ' ')} "${row.title}"`, reason === '' ? row.reason : reason);
    return await requireShift(tx, id);
  });
}

const PAST: Readonly<Record<ShiftVerb, string>> = { approve: 'approved', reject: 'rejected', withdraw: 'withdrawn', apply: 'applied', pause: 'paused', resume: 'resumed', undo: 'undone', refresh: 'refreshed' };

const ended = (why: Said) => ({ stateReason: why.sentence, stateSaid: [saying(why)] });

/** Every client may go back at once: the old side is where most still are, and it was carrying them. */
async function undo({ clock }: Context, tx: Tx, row: ShiftRow, asker: Shifter, reason: string): Promise<void> {
  if (row.state === 'done') {
    for (const { name, before } of row.changes) {
      const known = await dnsNameByName(tx, name);
      if (known !== undefined) await putDnsName(tx, { ...known, weights: { ...known.weights, ...before }, updatedBy: asker.name, updatedAt: clock.now() });
    }
    if (row.kind === 'drain' && row.site !== null) await deleteSiteMark(tx, { site: row.site, name: '', kind: 'drained' });
  }
  const by = asker.name;
  const back = reason === '' ? said('taken-back', { by }, 'Taken back by {by}. The weights before it are in force.') : said('taken-back', { by, reason }, 'Taken back by {by}: {reason}. The weights before it are in force.');
  await updateShift(tx, row.id, { state: 'undone', step: 0, waitCode: null, waitReason: '', waitSaid: null, finishedAt: clock.now(), ...ended(back) });
}

function askOf({ kind, site, changes, steps, stepSeconds, reason }: ShiftRow): ShiftAsk {
  if (kind === 'drain' && site !== null) return { kind, site, steps, stepSeconds, reason };
  return { kind: 'weights', changes: changes.map(({ name, after }) => ({ name, weights: { ...after } })), steps, stepSeconds, reason };
}

async function requireShift(reader: Reader, id: string): Promise<ShiftRow> {
  const row = await shiftById(reader, id);
  if (row === undefined) throw new NotFoundError('shift-unknown', `There is no shift ${id}.`);
  return row;
}

async function say({ clock }: Context, tx: Tx, row: ShiftRow, actor: string, verb: string, message: string, why: string | null): Promise<void> {
  await appendEvent(tx, { at: clock.now(), actor, kind: `shift.${verb}`, subjectType: 'shift', subjectId: row.id, subject: row.title, message, why });
}
