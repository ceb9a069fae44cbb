// What a shift would do: the ask turned into weights before and after, and the scheduler's answer about them. Stores and changes nothing.
import { shift, type NameShift } from '#scheduler/sites/shift.ts';
import type { ShiftLoad } from '#scheduler/sites/shift.ts';
import type { Context } from '../context.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import type { ShiftAsk, ShiftPlan } from '../http/contract/sites.ts';
import { instant } from '../http/show/show.ts';
import { nearbyOf } from './nearby.ts';
import type { KnownName } from './steering.ts';
import { completed } from './weights.ts';
import { siteNames } from './sites.ts';

export interface Planned {
  readonly title: string;
  readonly site: string | null;
  readonly changes: readonly { readonly name: string; readonly before: Record<string, number>; readonly after: Record<string, number> }[];
  readonly plan: ShiftPlan;
}

/** @throws InvalidError naming the field; NotFoundError for a name or a site that is not known */
export async function planShift(context: Context, ask: ShiftAsk): Promise<Planned> {
  const { steering, store, present, clock } = context;
  await steering.refresh();
  const sites = await store.read(siteNames);
  const wanted = ask.kind === 'drain' ? drained(context, ask.site, sites) : asked(context, ask.changes, sites);
  const changes = wanted.map(({ known, weights }) => {
    const before = completed(known.weights, sites);
    return { known, name: known.row.name, before, after: { ...before, ...weights } };
  });
  const now = await present.read();
  const names = changes.flatMap(({ known, name, before, after }): NameShift[] => (known.workload === null ? [] : [{ spec: known.ready.spec, workloadId: known.workload.id, ttlSeconds: known.row.ttlSeconds, before, after, nearby: nearbyOf(context, name) }]));
  const { steps, stepSeconds } = ask;
  const result = shift({ base: now.base, sites: steering.directory.sites, names, steps, stepSeconds });
  const plan: ShiftPlan = {
    at: instant(clock.now()),
    revision: now.revision,
    changes: changes.map(({ known, name, before, after }) => ({ name, ttlSeconds: known.row.ttlSeconds, before, after, movedPermille: result.movedPermille[name] ?? 0 })),
    loads: result.loads.map((load) => ({ ...load, refusal: load.refusal === null || load.refusal.code === 'no-sum' ? null : { ...load.refusal, code: load.refusal.code, said: [...load.refusal.said] } })),
    decay: [...result.decay],
    doneAfterSeconds: result.doneAfterSeconds,
    isAllowed: result.refusals.length === 0,
    refusals: result.refusals.map((refusal) => ({ ...refusal, said: [...refusal.said] })),
    advice: advise(result.loads, names),
  };
  const title = ask.kind === 'drain' ? `Drain site ${ask.site}` : `Shift ${changes.map(({ name }) => name).slice(0, 3).join(', ')}${changes.length > 3 ? ` and ${changes.length - 3} more` : ''}`;
  return { title, site: ask.kind === 'drain' ? ask.site : null, changes: changes.map(({ name, before, after }) => ({ name, before, after })), plan };
}

interface Wanted {
  readonly known: KnownName;
  readonly weights: Readonly<Record<string, number>>;
}

function asked({ steering: { directory } }: Context, changes: Extract<ShiftAsk, { kind: 'weights' }>['changes'], sites: readonly string[]): Wanted[] {
  return changes.map(({ name, weights }, index) => {
    const known = directory.names.get(name);
    const field = `changes.${index}`;
    if (known === undefined) throw new InvalidError('name-unknown', `${field}.name is ${name}: there is no such name.`, [{ field: `${field}.name`, value: name, message: 'is not a name' }]);
    if (changes.findIndex((each) => each.name === name) !== index) throw new InvalidError('name-twice', `${field}.name is ${name}: it is there twice.`, [{ field: `${field}.name`, value: name, message: 'is there twice' }]);
    for (const site of Object.keys(weights)) if (!sites.includes(site)) throw new InvalidError('site-unknown', `${field}.weights names ${site}: there is no such site. Known are ${sites.join(', ')}.`, [{ field: `${field}.weights.${site}`, value: site, message: 'is not a site', allowed: sites.join(', ') }]);
    if (Object.keys(weights).length === 0) throw new InvalidError('weights-empty', `${field}.weights is empty: name at least one site.`, [{ field: `${field}.weights`, value: weights, message: 'must name at least one site' }]);
    return { known, weights };
  });
}

/** Every name that may send clients to the site now. */
function drained({ steering: { directory } }: Context, site: string, sites: readonly string[]): Wanted[] {
  if (!sites.includes(site)) throw new NotFoundError('site-unknown', `There is no site ${site}. Known are ${sites.join(', ')}.`);
  return [...directory.names.values()].filter(({ ready, weights }) => (weights[site] ?? 1000) > 0 && ready.standings.some((standing) => standing.site === site && standing.code !== 'stage' && standing.code !== 'one-way-data')).map((known) => ({ known, weights: { [site]: 0 } }));
}

/** How much would do, and what would help. */
function advise(loads: readonly ShiftLoad[], names: readonly NameShift[]): ShiftPlan['advice'] {
  const advice: ShiftPlan['advice'] = [];
  for (const { name, site, refusal, carriesPermille, beforePermille, missing, fits, afterPermille } of loads) {
    if (refusal?.code === 'no-room') {
      if (carriesPermille > beforePermille) advice.push({ code: 'weights-that-fit', sentence: `${site} can carry ${carriesPermille / 10} % of ${name}: shift no more than that.`, values: { name, site, permille: carriesPermille } });
      advice.push({ code: 'buy', sentence: `Buy or join hosts at ${site}: firn simulate buy shows what would do.`, values: { name, site } });
    } else if (afterPermille > beforePermille && missing > 0 && fits) {
      advice.push({ code: 'more-replicas', sentence: `${missing} more replicas of ${name} are needed at ${site} at the peak, and have room there: steps wait until they serve.`, values: { name, site, replicas: missing } });
    }
  }
  const ttl = Math.max(0, ...names.map(({ ttlSeconds }) => ttlSeconds));
  if (loads.some(({ afterPermille, beforePermille }) => afterPermille < beforePermille)) advice.push({ code: 'keep-warm', sentence: `Keep the old side running for at least ${2 * ttl} s after the last step, twice the longest TTL.`, values: { seconds: 2 * ttl } });
  return advice;
}
