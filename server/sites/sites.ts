// What people say of sites: who is near them, how data flows, that one is failed, and when names fail over by themselves.
import { dataOf } from '#scheduler/sites/stages.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../requests/submit.ts';
import { listDnsNames } from '../db/dns-names.ts';
import { appendEvent } from '../db/events.ts';
import { listHosts } from '../db/hosts.ts';
import { deleteSiteMark, listSiteMarks, putFailoverRules, putSiteMark } from '../db/site-marks.ts';
import { deleteSite, listSites, putSite, siteByName, type SiteRow } from '../db/sites.ts';
import type { Reader } from '../db/store.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { FailoverRules, SiteInput, SiteVerdictAsk } from '../http/contract/sites.ts';
import type { z } from '../http/contract/common.ts';

/** Every site that is known: by its hosts, or because people declared it. */
export async function siteNames(reader: Reader): Promise<string[]> {
  const [rows, hosts] = [await listSites(reader), await listHosts(reader)];
  return [...new Set([...rows.map(({ name }) => name), ...hosts.map(({ site }) => site)])].sort();
}

/** Writes a site, whole. @throws InvalidError for a link to nowhere or a range that another site has */
export async function setSite({ store, clock }: Context, actor: Actor, name: string, input: SiteInput): Promise<SiteRow> {
  return await store.tx(async (tx) => {
    const known = await siteNames(tx);
    for (const [index, { to }] of input.links.entries()) {
      const field = `links.${index}.to`;
      if (to === name) throw new InvalidError('link-loop', `${field} is ${to}: a site has no link to itself.`, [{ field, value: to, message: 'is the site itself' }]);
      if (!known.includes(to)) throw new InvalidError('site-unknown', `${field} is ${to}: there is no such site. Known are ${known.join(', ')}.`, [{ field, value: to, message: 'is not a site', allowed: known.join(', ') }]);
      if (input.links.findIndex((link) => link.to === to) !== index) throw new InvalidError('link-twice', `${field} is ${to}: that link is there already.`, [{ field, value: to, message: 'is there twice' }]);
    }
    const others = (await listSites(tx)).filter((row) => row.name !== name);
    for (const [index, range] of input.clients.entries()) {
      const holder = others.find(({ clients }) => clients.includes(range));
      if (holder !== undefined) throw new InvalidError('clients-taken', `clients.${index} is ${range}: these clients are near ${holder.name} already.`, [{ field: `clients.${index}`, value: range, message: `is a range of ${holder.name}` }]);
    }
    const isNew = (await siteByName(tx, name)) === undefined;
    const row: SiteRow = { name, clients: input.clients, regions: input.regions, links: input.links, note: input.note, updatedBy: actor.name, updatedAt: clock.now() };
    await putSite(tx, row);
    const sites = [...others, row].map(({ name: each, links }) => ({ name: each, links, mark: null }));
    const data = dataOf(name, sites) === 'one-way' ? 'data only arrives there' : 'data goes both ways';
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: isNew ? 'site.declared' : 'site.edited', subjectType: 'site', subjectId: name, subject: name, message: `${actor.name} ${isNew ? 'declared' : 'edited'} site ${name}: ${input.clients.length} client ranges, ${data}`, why: input.note });
    return row;
  });
}

/** Forgets what was said of a site; its hosts stay. @throws NotFoundError, ConflictError while a link leads there */
export async function forgetSite({ store, clock }: Context, actor: Actor, name: string): Promise<void> {
  await store.tx(async (tx) => {
    if ((await siteByName(tx, name)) === undefined) throw new NotFoundError('site-unknown', `Nothing was declared of a site ${name}.`);
    const linked = (await listSites(tx)).filter(({ links }) => links.some(({ to }) => to === name)).map((row) => row.name);
    if (linked.length > 0) throw new ConflictError('site-linked', `${linked.join(', ')} ${linked.length === 1 ? 'has a link' : 'have links'} to ${name}: take that away first.`);
    await deleteSite(tx, name);
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'site.forgotten', subjectType: 'site', subjectId: name, subject: name, message: `${actor.name} forgot what was declared of site ${name}` });
  });
}

/**
 * A person's word on a site: it is failed at once, whatever is seen, until they take it back.
 * @throws NotFoundError, ConflictError `site-last` when every client would be kept from every site
 */
export async function judgeSite({ store, clock }: Context, actor: Actor, name: string, { verdict, reason }: z.output<typeof SiteVerdictAsk>): Promise<void> {
  await store.tx(async (tx) => {
    const known = await siteNames(tx);
    if (!known.includes(name)) throw new NotFoundError('site-unknown', `There is no site ${name}. Known are ${known.join(', ')}.`);
    const marks = (await listSiteMarks(tx)).filter((mark) => mark.name === '');
    const mark = marks.find(({ site, kind }) => site === name && kind === 'failed');
    if (verdict === 'automatic') {
      if (mark === undefined) throw new ConflictError('site-state', `${name} is not failed: there is nothing to take back.`);
      await deleteSiteMark(tx, { site: name, name: '', kind: 'failed' });
    } else {
      if (mark !== undefined && mark.by !== 'firn') throw new ConflictError('site-state', `${name} is failed already, by ${mark.by}.`);
      const left = known.filter((site) => site !== name && !marks.some((each) => each.site === site));
      if (left.length === 0) throw new ConflictError('site-last', `${name} is the last site that clients may go to: nothing would be gained.`);
      await putSiteMark(tx, { site: name, name: '', kind: 'failed', by: actor.name, since: clock.now(), reason, said: null });
    }
    for (const row of await listDnsNames(tx)) tx.changed('names', row.name);
    const message = verdict === 'failed' ? `${actor.name} failed site ${name}: clients are kept from it` : `${actor.name} took the failure of site ${name} back: what is seen decides again`;
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: verdict === 'failed' ? 'site.failed' : 'site.restored', subjectType: 'site', subjectId: name, subject: name, message, why: reason });
  });
}

export async function setFailoverRules({ store, clock }: Context, actor: Actor, rules: FailoverRules): Promise<void> {
  await store.tx(async (tx) => {
    await putFailoverRules(tx, rules, actor.name, clock.now());
    const message = `${actor.name} set fail-over: ${rules.isAutomatic ? `down after ${rules.downAfterSeconds} s, back after ${rules.upAfterSeconds} s, at most ${rules.mostNamesPermille / 10} % of names without a person` : 'only by a person'}`;
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'site.rules', subjectType: 'site', subjectId: 'failover', subject: 'failover', message });
  });
}
