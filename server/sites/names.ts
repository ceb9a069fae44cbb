// Names that clients ask for, and how far services are at each site: what people set. Weights of a name that a shift moves are the shift's.
import { dataOf, stageAt } from '#scheduler/sites/stages.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../requests/submit.ts';
import { deleteDnsName, dnsNameByName, type DnsNameRow, putDnsName } from '../db/dns-names.ts';
import { appendEvent } from '../db/events.ts';
import { shiftsIn, STEERING } from '../db/shifts.ts';
import { deleteSiteMark, listSiteMarks } from '../db/site-marks.ts';
import { listSites } from '../db/sites.ts';
import { putStages, type StagesRow } from '../db/stages.ts';
import type { Reader, Tx } from '../db/store.ts';
import { findWorkload, type WorkloadRow } from '../db/workloads.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { NameInput, StagesInput } from '../http/contract/sites.ts';
import { siteNames } from './sites.ts';

/** Writes a name, whole. @throws InvalidError naming the field, ConflictError while a shift moves it */
export async function setName({ store, clock, config }: Context, actor: Actor, name: string, input: NameInput): Promise<DnsNameRow> {
  return await store.tx(async (tx) => {
    const workload = await requireWorkload(tx, input.service, input.environment);
    await requireSites(tx, 'weights', Object.keys(input.weights));
    await requireSites(tx, 'order', input.order);
    if (config.dnsZone !== null && (name === config.dnsZone || name === `ns1.${config.dnsZone}`)) throw new InvalidError('name-reserved', `name is ${name}: the zone itself and its name server are not for services.`, [{ field: 'name', value: name, message: 'is reserved' }]);
    const before = await dnsNameByName(tx, name);
    await refuseWhileShifted(tx, name);
    const { port, ...rest } = input;
    const row: DnsNameRow = { name, ...rest, port: port ?? null, updatedBy: actor.name, updatedAt: clock.now() };
    await putDnsName(tx, row);
    const weights = Object.entries(input.weights).map(([site, weight]) => `${site} ${weight}`).join(', ');
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: before === undefined ? 'name.added' : 'name.edited', subjectType: 'name', subjectId: name, subject: name, team: workload.team, message: `${actor.name} ${before === undefined ? 'added' : 'edited'} ${name} for ${input.service}.${input.environment}: ${input.preference}${weights === '' ? '' : `, weights ${weights}`}, TTL ${input.ttlSeconds} s` });
    return row;
  });
}

/** @throws NotFoundError, ConflictError while a shift moves it */
export async function removeName({ store, clock }: Context, actor: Actor, name: string): Promise<void> {
  await store.tx(async (tx) => {
    if ((await dnsNameByName(tx, name)) === undefined) throw new NotFoundError('name-unknown', `There is no name ${name}.`);
    await refuseWhileShifted(tx, name);
    await deleteDnsName(tx, name);
    for (const mark of await listSiteMarks(tx)) if (mark.name === name) await deleteSiteMark(tx, mark);
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'name.removed', subjectType: 'name', subjectId: name, subject: name, message: `${actor.name} removed ${name}: clients are told that there is no such name` });
  });
}

/** Says how far a service is at each site. @throws InvalidError for a stage that its data does not allow */
export async function setStages({ store, clock }: Context, actor: Actor, { service, environment }: { readonly service: string; readonly environment: string }, input: StagesInput): Promise<StagesRow> {
  return await store.tx(async (tx) => {
    const workload = await requireWorkload(tx, service, environment);
    await requireSites(tx, 'stages', Object.keys(input.stages));
    const sites = (await listSites(tx)).map(({ name, links }) => ({ name, links, mark: null }));
    for (const [site, stage] of Object.entries(input.stages)) {
      const data = dataOf(site, sites);
      const { serves, code, why } = stageAt(site, input, data);
      const isRefused = (stage === 'read-only' && !input.isReadOnly) || (!serves && code === 'one-way-data' && stage !== 'none' && stage !== 'proxy-back');
      if (isRefused) throw new InvalidError('stage-refused', `stages.${site} is ${stage}: ${why}.`, [{ field: `stages.${site}`, value: stage, message: why, allowed: data === 'one-way' ? (input.isReadOnly ? 'none, proxy-back, local, read-only' : 'none, proxy-back') : 'none, proxy-back, local, active-active' }]);
    }
    const row: StagesRow = { service, environment, ...input, updatedBy: actor.name, updatedAt: clock.now() };
    await putStages(tx, row);
    const told = Object.entries(input.stages).map(([site, stage]) => `${site} ${stage}`).join(', ');
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'name.stages', subjectType: 'workload', subjectId: workload.id, subject: `${service}.${environment}`, team: workload.team, message: `${actor.name} set the stages of ${service}.${environment}: ${input.layer} layer, ${input.isReadOnly ? 'read-only' : 'writes data'}${told === '' ? '' : `, ${told}`}` });
    return row;
  });
}

async function requireWorkload(reader: Reader, service: string, environment: string): Promise<WorkloadRow> {
  const workload = await findWorkload(reader, service, environment);
  if (workload === undefined) throw new InvalidError('workload-unknown', `service is ${service}: it has no capacity in ${environment}. Ask for some first: firn request.`, [{ field: 'service', value: service, message: `has no workload in ${environment}` }]);
  return workload;
}

async function requireSites(reader: Reader, field: string, sites: readonly string[]): Promise<void> {
  const known = await siteNames(reader);
  for (const site of sites) if (!known.includes(site)) throw new InvalidError('site-unknown', `${field} names ${site}: there is no such site. Known are ${known.join(', ')}.`, [{ field: `${field}.${site}`, value: site, message: 'is not a site', allowed: known.join(', ') }]);
}

async function refuseWhileShifted(tx: Tx, name: string): Promise<void> {
  const shift = (await shiftsIn(tx, STEERING)).find(({ changes }) => changes.some((change) => change.name === name));
  if (shift !== undefined) throw new ConflictError('name-shifting', `${name} is moved by the shift "${shift.title}": wait for its end, or undo it.`);
}
