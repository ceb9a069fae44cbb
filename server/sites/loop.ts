// The loop that keeps answers true: looks at replicas and sites, fails over and back, and carries shifts on, a step at a time. Answers leave out
// what is unhealthy as soon as it is seen here; verdicts and shifts go by the clock.
import { type Evidence, failover, type FailoverAct, type Watch, watchKey } from '#scheduler/sites/failover.ts';
import type { Context } from '../context.ts';
import type { Loop } from '../control/driver.ts';
import { appendEvent } from '../db/events.ts';
import { deleteSiteMark, putSiteMark, type SiteMarkRow } from '../db/site-marks.ts';
import { evidenceOf } from './evidence.ts';
import { carryOn } from './shift-steps.ts';
import { wishFor } from './shift-wishes.ts';

/** A replica that goes is out of answers within this and what its host takes to report. */
const EVERY_MS = 500;

export function sitesLoop(context: Context): Loop {
  const { bus, steering, loops } = context;
  bus.subscribe(({ topic }) => {
    if (steering.isTelling) return;
    if (topic === 'sites' || topic === 'names' || topic === 'shifts' || (topic === 'services' && steering.directory.names.size > 0)) loops.wake('sites');
  });
  return {
    name: 'sites',
    everyMs: EVERY_MS,
    restMs: () => 20,
    run: async () => {
      await steering.refresh();
      const held = await lookOver(context);
      const shifting = await carryOn(context);
      await steering.refresh();
      await wishFor(context);
      return `${steering.directory.names.size} names${shifting === 0 ? '' : `, ${shifting} shifts are carried out`}${held === 0 ? '' : `, ${held} verdicts wait for a person`}`;
    },
  };
}

/** Verdicts by evidence. @returns how many wait for a person */
async function lookOver(context: Context): Promise<number> {
  const { steering: { directory }, clock, present, failovers } = context;
  const { snapshot } = await present.read();
  const evidence = evidenceOf(context, snapshot.hosts);
  const { watches, acts } = failover(withMarks(failovers.watches, directory.marks, evidence), evidence, { rules: directory.rules, names: directory.names.size, now: clock.now() });
  const done = acts.filter((act) => act.kind !== 'hold');
  if (done.length > 0) await carryOut(context, done);
  // Kept only when it was written: else the same is concluded again.
  failovers.watches = watches;
  const held = acts.filter((act) => act.kind === 'hold');
  await announceHeld(context, held);
  failovers.held = held;
  return held.length;
}

/** What was failed by this server in an earlier life goes on as it was; a mark that a person took away is forgotten. */
function withMarks(watches: ReadonlyMap<string, Watch>, marks: readonly SiteMarkRow[], evidence: readonly Evidence[]): Map<string, Watch> {
  const next = new Map(watches);
  const failed = new Map(marks.filter(({ kind, by }) => kind === 'failed' && by === 'firn').map((mark) => [watchKey({ site: mark.site, name: mark.name === '' ? null : mark.name }), mark]));
  for (const { site, name } of evidence) {
    const key = watchKey({ site, name });
    const mark = failed.get(key);
    const watch = next.get(key);
    if (mark !== undefined && watch?.verdict !== 'down') next.set(key, { site, name, verdict: 'down', since: mark.since, contrarySince: null, health: 'unknown' });
    if (mark === undefined && watch?.verdict === 'down') next.delete(key);
  }
  return next;
}

async function carryOut({ store, clock, log }: Context, acts: readonly Exclude<FailoverAct, { kind: 'hold' }>[]): Promise<void> {
  const now = clock.now();
  await store.tx(async (tx) => {
    for (const { kind, site, name, reason, said } of acts) {
      const mark = { site, name: name ?? '', kind: 'failed' as const };
      if (kind === 'fail') await putSiteMark(tx, { ...mark, by: 'firn', since: now, reason, said });
      else await deleteSiteMark(tx, mark);
      if (name !== null) tx.changed('names', name);
      const message = kind === 'fail' ? `${name ?? `site ${site}`} fails over: clients are kept from ${site}` : `${name ?? `site ${site}`} is back: clients come to ${site} again`;
      await appendEvent(tx, { at: now, actor: 'firn', kind: `${name === null ? 'site' : 'name'}.${kind === 'fail' ? 'failed' : 'restored'}`, subjectType: name === null ? 'site' : 'name', subjectId: name ?? site, subject: name ?? site, message, why: reason });
      log.info({ site, name, reason }, kind === 'fail' ? 'site.failed' : 'site.restored');
    }
  });
}

/** One event when a verdict begins to wait. A site that is the last one is nothing to decide about. */
async function announceHeld({ store, clock, failovers }: Context, held: readonly Extract<FailoverAct, { kind: 'hold' }>[]): Promise<void> {
  const before = new Set(failovers.held.map((each) => watchKey(each)));
  const news = held.filter((each) => !before.has(watchKey(each)));
  if (news.length === 0) return;
  await store.tx(async (tx) => {
    for (const { site, name, reason } of news) {
      await appendEvent(tx, { at: clock.now(), actor: 'firn', kind: 'site.held', subjectType: name === null ? 'site' : 'name', subjectId: name ?? site, subject: name ?? site, message: `${name ?? `site ${site}`} looks bad at ${site} and is not failed over: a person decides`, why: reason });
    }
    tx.changed('sites');
  });
}
