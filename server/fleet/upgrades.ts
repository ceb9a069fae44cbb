// Campaigns of upgrades: what people do to them, and the loop that carries them on. The loop is a function of rows and reports; being told twice
// does nothing to a host, so an order that was lost is sent again.
import type { Context } from '../context.ts';
import type { Loop } from '../control/driver.ts';
import { mostOf } from '../control/governor-rule.ts';
import type { Actor } from '../requests/submit.ts';
import { hostsOfUpgrade, insertUpgrade, openUpgrades, updateUpgrade, updateUpgradeHost, upgradeById, type UpgradeHostRow, type UpgradeRow } from '../db/agent-upgrades.ts';
import { appendEvent } from '../db/events.ts';
import { readGovernorSettings } from '../db/governor.ts';
import { listHosts } from '../db/hosts.ts';
import type { Tx } from '../db/store.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import { VERSION } from '../version.ts';
import { type Bundle, findBundles, signBundle } from './bundles.ts';
import { isUnderWay, stepUpgrade, type UpgradeSight } from './upgrade-step.ts';
import { whyApart } from './versions.ts';

const EVERY_MS = 5_000;
/** An order that nothing was heard of is sent again after this. */
const AGAIN_MS = 15_000;

export interface UpgradeWish {
  readonly bundle?: string | undefined;
  readonly canary?: string | undefined;
  readonly atOnce: number;
  readonly hosts?: readonly string[] | undefined;
  readonly mostFailures: number;
  readonly watchSeconds: number;
  readonly trialSeconds: number;
  readonly reason: string;
}

/** @throws InvalidError for an unknown bundle or host, ConflictError while another campaign is open */
export async function startUpgrade(context: Context, actor: Actor, wish: UpgradeWish): Promise<UpgradeRow> {
  const { store, ids, clock, loops } = context;
  const bundle = await bundleOf(context, wish.bundle);
  const row = await store.tx(async (tx) => {
    const [open] = await openUpgrades(tx);
    if (open !== undefined) throw new ConflictError('upgrade-open', `The upgrade to ${open.version} is ${open.state}: end it first (firn fleet upgrade abort ${open.id}).`);
    const all = await listHosts(tx);
    for (const name of [...(wish.hosts ?? []), ...(wish.canary === undefined ? [] : [wish.canary])]) {
      if (!all.some((host) => host.name === name)) throw new InvalidError('host-unknown', `hosts has ${name}: there is no such host.`, [{ field: 'hosts', value: name, message: 'is not a host' }]);
    }
    const chosen = all.filter(({ name }) => wish.hosts === undefined || wish.hosts.includes(name) || name === wish.canary);
    const can = chosen.filter(({ id }) => context.connections.speaks(id, 'upgrade'));
    const canary = wish.canary ?? can[0]?.name;
    if (canary === undefined) throw new InvalidError('upgrade-nobody', 'None of these hosts is connected with an agent that upgrades itself.', [{ field: 'hosts', value: wish.hosts ?? null, message: 'cannot upgrade themselves', allowed: 'hosts whose agent is the built one, with a certificate' }]);
    const now = clock.now();
    const made: UpgradeRow = { id: ids.next(), state: 'running', stateReason: 'it begins', version: bundle.version, bundle: bundle.sha256, canary, atOnce: wish.atOnce, mostFailures: wish.mostFailures, watchMs: wish.watchSeconds * 1000, trialMs: wish.trialSeconds * 1000, reason: wish.reason, createdBy: actor.name, createdAt: now, endedAt: null };
    const hosts = chosen.map(({ id, name }): UpgradeHostRow => {
      const isAble = can.some((host) => host.id === id);
      return { upgradeId: made.id, hostId: id, host: name, state: isAble ? 'waiting' : 'skipped', reason: isAble ? '' : context.connections.has(id) ? 'its agent does not upgrade itself: install it by hand' : 'it was not connected', fromVersion: context.fleet.get(id)?.facts?.agentVersion ?? null, orderedAt: null, watchedAt: null, endedAt: isAble ? null : now };
    });
    await insertUpgrade(tx, made, hosts);
    await tell(tx, made, actor.name, 'agents.upgrade', `${actor.name} began to upgrade ${can.length} agents to ${made.version}, ${canary} first`, wish.reason, now);
    return made;
  });
  loops.wake('upgrades');
  return row;
}

async function bundleOf(context: Context, sha256: string | undefined): Promise<Bundle> {
  const bundles = await findBundles(context);
  const bundle = sha256 === undefined ? bundles.find(({ source }) => source === 'server') : bundles.find((one) => one.sha256 === sha256);
  if (bundle === undefined) throw new InvalidError('bundle-unknown', sha256 === undefined ? 'This server has no built agent: run npm run build, or name a bundle.' : `There is no bundle ${sha256}.`, [{ field: 'bundle', value: sha256 ?? null, message: 'is not there', allowed: bundles.map((one) => one.sha256).join(', ') }]);
  const apart = whyApart(VERSION, bundle.version);
  if (apart !== null) throw new InvalidError('bundle-apart', `bundle ${bundle.sha256.slice(0, 12)}: ${apart}.`, [{ field: 'bundle', value: bundle.sha256, message: 'is too far from the server' }]);
  return bundle;
}

/** @throws NotFoundError, ConflictError when the campaign is in a state that the verb does not fit */
export async function actOnUpgrade({ store, clock, loops }: Context, actor: Actor, id: string, verb: 'pause' | 'resume' | 'abort', reason: string): Promise<void> {
  await store.tx(async (tx) => {
    const row = await upgradeById(tx, id);
    if (row === undefined) throw new NotFoundError('upgrade-unknown', `There is no upgrade ${id}.`);
    const fits = verb === 'pause' ? row.state === 'running' : verb === 'resume' ? row.state === 'paused' : row.state === 'running' || row.state === 'paused';
    if (!fits) throw new ConflictError('upgrade-state', `The upgrade to ${row.version} is ${row.state}: it cannot be ${verb === 'abort' ? 'aborted' : `${verb}d`}.`);
    const now = clock.now();
    const why = reason === '' ? '' : `: ${reason}`;
    if (verb === 'resume') await resume(tx, row, `${actor.name} let it go on${why}`);
    else await updateUpgrade(tx, id, verb === 'pause' ? { state: 'paused', stateReason: `${actor.name} paused it${why}` } : { state: 'aborted', stateReason: `${actor.name} aborted it${why}; what is under way ends by itself`, endedAt: now });
    await tell(tx, row, actor.name, `agents.upgrade-${verb}`, `${actor.name} ${verb === 'abort' ? 'aborted' : `${verb}d`} the upgrade of agents to ${row.version}`, reason, now);
  });
  loops.wake('upgrades');
}

/** Whoever lets it go on has seen the failures: they do not stop it again. */
async function resume(tx: Tx, row: UpgradeRow, stateReason: string): Promise<void> {
  for (const host of await hostsOfUpgrade(tx, row.id)) if (['rolled-back', 'refused', 'away'].includes(host.state)) await updateUpgradeHost(tx, host, { state: 'skipped' });
  await updateUpgrade(tx, row.id, { state: 'running', stateReason });
}

export function upgradesLoop(context: Context): Loop {
  return {
    name: 'upgrades',
    everyMs: EVERY_MS,
    async run() {
      const open = await context.store.read(openUpgrades);
      if (open.length === 0) return 'no upgrade is open';
      for (const campaign of open) await look(context, campaign);
      return `${open.length} upgrade open`;
    },
  };
}

async function look(context: Context, campaign: UpgradeRow): Promise<void> {
  const { store, clock, fleet, connections } = context;
  const now = clock.now();
  const { hosts, settings } = await store.read(async (reader) => ({ hosts: await hostsOfUpgrade(reader, campaign.id), settings: (await readGovernorSettings(reader)).settings }));
  const states = [...fleet.all()];
  const sight = new Map(hosts.map(({ hostId }) => [hostId, sightOf(context, hostId)]));
  const step = stepUpgrade({ campaign, hosts, sight, fleet: { hosts: states.length, notReady: states.filter(({ state }) => state !== 'ready').length }, mostAtOnce: mostOf(settings.upgrade.hostPermille, states.length), now });
  if (step.changes.length > 0 || Object.keys(step.campaign).length > 0) {
    await store.tx(async (tx) => {
      for (const { hostId, edit } of step.changes) {
        await updateUpgradeHost(tx, { upgradeId: campaign.id, hostId }, edit);
        const { host = '' } = hosts.find((one) => one.hostId === hostId) ?? {};
        if (edit.state === 'rolled-back' || edit.state === 'refused') await appendEvent(tx, { at: now, actor: `host ${host}`, kind: `agents.${edit.state}`, subjectType: 'host', subjectId: hostId, subject: host, message: `${host} goes on with the agent that it had, and not with ${campaign.version}`, why: edit.reason ?? null });
      }
      if (Object.keys(step.campaign).length > 0) await updateUpgrade(tx, campaign.id, step.campaign);
      if (step.campaign.state !== undefined) await tell(tx, campaign, 'firn', `agents.upgrade-${step.campaign.state}`, `the upgrade of agents to ${campaign.version} is ${step.campaign.state}`, step.campaign.stateReason ?? '', now);
    });
  }
  const again = campaign.state === 'running' ? hosts.filter((host) => host.state === 'ordered' && isUnderWay(host) && now - (host.orderedAt ?? now) > AGAIN_MS && sight.get(host.hostId)?.progress?.id !== campaign.id).map(({ hostId }) => hostId) : [];
  const told = [...new Set([...step.orders, ...again])];
  if (told.length === 0) return;
  const { sha256, version, bytes } = await bundleOf(context, campaign.bundle);
  const signature = await signBundle(context, { sha256, version, bytes });
  for (const hostId of told) if (connections.speaks(hostId, 'upgrade')) connections.send(hostId, { type: 'upgrade', order: { id: campaign.id, version, sha256, bytes, signature, trialMs: campaign.trialMs } });
}

function sightOf({ fleet, connections }: Context, hostId: string): UpgradeSight {
  const seen = fleet.get(hostId);
  return { isReady: seen?.state === 'ready', isConnected: connections.has(hostId), canUpgrade: connections.speaks(hostId, 'upgrade'), bundle: seen?.report?.facts.agentBundle, progress: seen?.report?.upgrade };
}

async function tell(tx: Tx, row: UpgradeRow, by: string, kind: string, message: string, why: string, at: number): Promise<void> {
  await appendEvent(tx, { at, actor: by, kind, subjectType: 'agent-upgrade', subjectId: row.id, subject: row.version, message, why: why === '' ? null : why });
}
