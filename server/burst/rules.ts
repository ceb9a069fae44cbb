// The rules of bursting and how VMs of pools are made: read, checked, written. Every version of the rules stays; a provisioner can only name a
// hook of the server's configuration. VMs that are out keep the terms that they were bought under.
import { MARKETS } from '#scheduler/calendar/model.ts';
import type { Context } from '../context.ts';
import { currentBurstSettings, deleteProvisioner, insertBurstSettings, listProvisioners, type ProvisionerRow, putProvisioner } from '../db/burst.ts';
import { appendEvent } from '../db/events.ts';
import { currentPolicy } from '../db/policies.ts';
import { poolByName } from '../db/pools.ts';
import type { Reader } from '../db/store.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { BurstSettings, type ProvisionerEdit } from '../http/contract/burst.ts';
import type { Actor } from '../requests/submit.ts';
import { normalCidr } from '../addresses/ranges.ts';
import { readHooks } from './hooks.ts';
import { isTimeZone } from './zone.ts';

export interface Rules {
  readonly settings: BurstSettings;
  /** 0: nobody has written any, and these are the defaults: off. */
  readonly version: number;
  readonly changedBy: string | null;
  readonly changedAt: number | null;
}

export async function readRules(reader: Reader): Promise<Rules> {
  const row = await currentBurstSettings(reader);
  return row === undefined ? { settings: BurstSettings.parse({}), version: 0, changedBy: null, changedAt: null } : row;
}

/** @throws InvalidError naming the field that cannot be */
export async function setRules({ store, clock, loops }: Context, actor: Actor, settings: BurstSettings): Promise<Rules> {
  const wrong = (field: string, value: string, message: string, allowed: string) => new InvalidError('burst-settings-invalid', `${field} is ${value}: it ${message} (allowed: ${allowed}).`, [{ field, value, message, allowed }]);
  if (!isTimeZone(settings.timeZone)) throw wrong('timeZone', settings.timeZone, 'is no time zone', 'a name such as Asia/Shanghai');
  const { market } = settings.retreat;
  if (market !== null && !MARKETS.some((each) => each === market)) throw wrong('retreat.market', market, 'is no market that has a calendar', MARKETS.join(', '));
  return await store.tx(async (tx) => {
    const known = Object.keys((await currentPolicy(tx)).record.environments);
    for (const environment of Object.keys(settings.warmRoom)) if (!known.includes(environment)) throw wrong(`warmRoom.${environment}`, environment, 'is not an environment', known.join(', '));
    const before = await readRules(tx);
    const row = { version: before.version + 1, settings, changedBy: actor.name, changedAt: clock.now() };
    await insertBurstSettings(tx, row);
    await appendEvent(tx, { at: row.changedAt, actor: actor.name, kind: 'burst.rules', subjectType: 'burst', subjectId: 'settings', subject: 'burst', message: `${actor.name} set bursting to ${settings.mode}: at most ${settings.capCentsPerHour} cents an hour and ${settings.capCentsPerDay} a day` });
    tx.afterCommit(() => loops.wake('burst'));
    return row;
  });
}

/** @throws NotFoundError for a pool that is not there, InvalidError for a hook that is not configured or a range that is too small */
export async function setProvisioner({ store, clock, loops, config }: Context, actor: Actor, pool: string, edit: ProvisionerEdit): Promise<ProvisionerRow> {
  const { items } = await readHooks(config.provisioners);
  if (!items.some(({ name }) => name === edit.hook)) {
    const allowed = items.length === 0 ? 'none, since FIRN_PROVISIONERS names none' : items.map(({ name }) => name).join(', ');
    throw new InvalidError('hook-unknown', `hook is ${edit.hook}: it is no hook of the server's configuration (allowed: ${allowed}).`, [{ field: 'hook', value: edit.hook, message: "is no hook of the server's configuration", allowed }]);
  }
  const supernet = normalCidr(edit.rangeSupernet);
  if (Number(supernet.split('/')[1]) > edit.rangePrefix) throw new InvalidError('range-too-small', `rangeSupernet is ${supernet}: it holds no range of /${edit.rangePrefix}.`, [{ field: 'rangeSupernet', value: supernet, message: 'holds no range of that size', allowed: `a prefix length up to ${edit.rangePrefix}` }]);
  return await store.tx(async (tx) => {
    const of = await poolByName(tx, pool);
    if (of === undefined) throw new NotFoundError('pool-unknown', `There is no pool ${pool}: add it first.`);
    const row: ProvisionerRow = { poolId: of.id, edit: { ...edit, rangeSupernet: supernet }, changedBy: actor.name, changedAt: clock.now() };
    await putProvisioner(tx, row);
    await appendEvent(tx, { at: row.changedAt, actor: actor.name, kind: 'burst.provisioner', subjectType: 'pool', subjectId: of.id, subject: pool, message: `${actor.name} has VMs of pool ${pool} made by hook ${edit.hook}${edit.isEnabled ? '' : ', and closed it'}` });
    tx.afterCommit(() => loops.wake('burst'));
    return row;
  });
}

/** VMs that are out stay, and are given back by the hook that they came from. @throws NotFoundError */
export async function removeProvisioner({ store, clock }: Context, actor: Actor, pool: string): Promise<void> {
  await store.tx(async (tx) => {
    const of = await poolByName(tx, pool);
    if (of === undefined || !(await deleteProvisioner(tx, of.id))) throw new NotFoundError('provisioner-unknown', `Nothing says how VMs of pool ${pool} are made.`);
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'burst.provisioner', subjectType: 'pool', subjectId: of.id, subject: pool, message: `${actor.name} took the provisioner of pool ${pool} away` });
  });
}

export const provisionersByPool = async (reader: Reader): Promise<Map<string, ProvisionerRow>> => new Map((await listProvisioners(reader)).map((row) => [row.poolId, row]));
