// The forms of sites, names and fail-over, all text, and their conversion to the API's. Pure.
import type { FailoverRules, NameInputIn, NameView, SiteInputIn, SiteView } from '#server/http/contract/index.ts';
import { type NumberFault, readNumber, readScaled } from './read-number.ts';

export const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '');

export interface SiteForm {
  readonly clients: string;
  readonly regions: string;
  readonly links: string;
  readonly note: string;
}

export const fromSite = (site: SiteView): SiteForm => ({ clients: site.clients.join('\n'), regions: site.regions.join('\n'), links: site.links.map((link) => `${link.to} ${link.data}${link.mbps === null ? '' : ` ${link.mbps}`}`).join('\n'), note: site.note });

/** @returns the line that is no link, in place of the site */
export function toSite(form: SiteForm): { readonly site: SiteInputIn } | { readonly wrongLink: string } {
  const links: NonNullable<SiteInputIn['links']> = [];
  for (const line of linesOf(form.links)) {
    const [to, data, mbps, ...rest] = line.split(/[\s,]+/);
    const speed = mbps === undefined ? undefined : Number(mbps);
    if (to === undefined || (data !== 'both' && data !== 'one-way') || rest.length > 0 || (speed !== undefined && !Number.isInteger(speed))) return { wrongLink: line };
    links.push({ to, data, ...(speed === undefined ? {} : { mbps: speed }) });
  }
  return { site: { clients: linesOf(form.clients), regions: linesOf(form.regions), links, note: form.note.trim() } };
}

export interface NameForm {
  readonly name: string;
  readonly service: string;
  readonly environment: string;
  readonly port: string;
  readonly preference: NameView['preference'];
  readonly order: string;
  readonly ttl: string;
  readonly most: string;
}

export function fromName(name: NameView | null, environment: string): NameForm {
  if (name === null) return { name: '', service: '', environment, port: '', preference: 'nearest', order: '', ttl: '60', most: '4' };
  return { name: name.name, service: name.service, environment: name.environment, port: String(name.port), preference: name.preference, order: name.order.join('\n'), ttl: String(name.ttlSeconds), most: String(name.mostAddresses) };
}

/** @param present its weights stay as they were set: those are moved by shifts */
export function toName(form: NameForm, present: NameView | null): { readonly name: NameInputIn | null; readonly faults: Readonly<Record<string, NumberFault>> } {
  const faults: Record<string, NumberFault> = {};
  if (form.name.trim() === '') faults.name = { code: 'needed' };
  if (form.service.trim() === '') faults.service = { code: 'needed' };
  const name: NameInputIn = {
    service: form.service.trim(),
    environment: form.environment,
    ...(form.port.trim() === '' ? {} : { port: readNumber(faults, 'port', form.port, { least: 1, most: 65_535, whole: true }) }),
    preference: form.preference,
    order: linesOf(form.order),
    ...(present === null ? {} : { weights: Object.fromEntries(present.sites.map(({ site, setWeight }) => [site, setWeight])) }),
    ttlSeconds: readNumber(faults, 'ttlSeconds', form.ttl, { least: 5, most: 86_400, whole: true }),
    mostAddresses: readNumber(faults, 'mostAddresses', form.most, { least: 1, most: 16, whole: true }),
  };
  return { name: Object.keys(faults).length === 0 ? name : null, faults };
}

export interface FailoverForm {
  readonly down: string;
  readonly up: string;
  /** Shares in percent. */
  readonly hosts: string;
  readonly healthy: string;
  readonly names: string;
  readonly isAutomatic: boolean;
}

export const fromFailover = (rules: FailoverRules): FailoverForm => ({ down: String(rules.downAfterSeconds), up: String(rules.upAfterSeconds), hosts: String(rules.leastHostsUpPermille / 10), healthy: String(rules.leastHealthyPermille / 10), names: String(rules.mostNamesPermille / 10), isAutomatic: rules.isAutomatic });

export function toFailover(form: FailoverForm): { readonly rules: FailoverRules | null; readonly faults: Readonly<Record<string, NumberFault>> } {
  const faults: Record<string, NumberFault> = {};
  const share = (field: string, text: string) => readScaled(faults, field, text, { least: 0, most: 100, scale: 10 });
  const rules: FailoverRules = {
    downAfterSeconds: readNumber(faults, 'downAfterSeconds', form.down, { least: 1, most: 3600, whole: true }),
    upAfterSeconds: readNumber(faults, 'upAfterSeconds', form.up, { least: 1, most: 86_400, whole: true }),
    leastHostsUpPermille: share('leastHostsUpPermille', form.hosts),
    leastHealthyPermille: share('leastHealthyPermille', form.healthy),
    mostNamesPermille: share('mostNamesPermille', form.names),
    isAutomatic: form.isAutomatic,
  };
  return { rules: Object.keys(faults).length === 0 ? rules : null, faults };
}
