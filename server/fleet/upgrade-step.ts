// One look at a campaign of upgrades: what each host's report means, who is told next, and whether the campaign stands still or is over. Pure: rows and
// what hosts say in, changes out. One host goes first, alone; others follow while those that went are well.
import type { UpgradeProgress } from '#agents/protocol.ts';
import type { UpgradeHostRow, UpgradeRow } from '../db/agent-upgrades.ts';

/** What is known of a host now. */
export interface UpgradeSight {
  readonly isReady: boolean;
  readonly isConnected: boolean;
  /** Whether its agent takes orders to upgrade. */
  readonly canUpgrade: boolean;
  readonly bundle: string | undefined;
  readonly progress: UpgradeProgress | undefined;
}

export interface UpgradeInput {
  readonly campaign: UpgradeRow;
  readonly hosts: readonly UpgradeHostRow[];
  readonly sight: ReadonlyMap<string, UpgradeSight>;
  /** Of all hosts, how many are not ready now. */
  readonly fleet: { readonly hosts: number; readonly notReady: number };
  /** So many hosts at once the governor lets, whatever the campaign asks for. */
  readonly mostAtOnce: number;
  readonly now: number;
}

export interface UpgradeStep {
  readonly changes: readonly { readonly hostId: string; readonly edit: Partial<Pick<UpgradeHostRow, 'state' | 'reason' | 'orderedAt' | 'watchedAt' | 'endedAt'>> }[];
  /** Hosts that are told now. */
  readonly orders: readonly string[];
  readonly campaign: Partial<Pick<UpgradeRow, 'state' | 'stateReason' | 'endedAt'>>;
}

const UNDER_WAY: readonly UpgradeHostRow['state'][] = ['ordered', 'downloading', 'trying', 'watched'];
const FAILED: readonly UpgradeHostRow['state'][] = ['rolled-back', 'refused', 'away'];
/** Beside the trial: fetching the bundle, starting twice. */
const AROUND_TRIAL_MS = 180_000;
/** A host that is watched and not well is given this much longer. */
const GRACE_MS = 60_000;
/** More hosts than this share that are not ready: something is wrong that no upgrade makes better. */
const MOST_NOT_READY_PERMILLE = 100;

export const isUnderWay = ({ state }: Pick<UpgradeHostRow, 'state'>): boolean => UNDER_WAY.includes(state);
export const isFailed = ({ state }: Pick<UpgradeHostRow, 'state'>): boolean => FAILED.includes(state);

export function stepUpgrade(input: UpgradeInput): UpgradeStep {
  const { campaign, hosts, sight, now } = input;
  const changes = hosts.flatMap((host) => {
    const edit = judge(campaign, host, sight.get(host.hostId), now);
    return edit === null ? [] : [{ hostId: host.hostId, edit }];
  });
  const edits = new Map(changes.map(({ hostId, edit }) => [hostId, edit]));
  const rows = hosts.map((host) => ({ ...host, ...edits.get(host.hostId) }));
  const failed = rows.filter(isFailed);
  const underWay = rows.filter(isUnderWay);
  const waiting = rows.filter(({ state }) => state === 'waiting');
  const reached = waiting.filter(({ hostId }) => sight.get(hostId)?.isConnected === true);
  if (campaign.state === 'running' && failed.length > campaign.mostFailures) {
    const first = failed[0]!;
    return { changes, orders: [], campaign: { state: 'paused', stateReason: `${failed.length} hosts failed, more than ${campaign.mostFailures}: ${first.host}: ${first.reason}` } };
  }
  if (underWay.length === 0 && reached.length === 0) {
    const skipped = waiting.map(({ hostId }) => ({ hostId, edit: { state: 'skipped' as const, reason: 'it was not connected', endedAt: now } }));
    const isOver = campaign.state === 'running';
    return { changes: isOver ? [...changes, ...skipped] : changes, orders: [], campaign: isOver ? { state: 'done', stateReason: summary(rows), endedAt: now } : {} };
  }
  if (campaign.state !== 'running') return { changes, orders: [], campaign: {} };
  const { orders, reason } = next(input, rows, underWay.length, reached);
  const ordered = orders.map((hostId) => ({ hostId, edit: { state: 'ordered' as const, reason: 'it was told', orderedAt: now } }));
  return { changes: [...changes, ...ordered], orders, campaign: reason === campaign.stateReason ? {} : { stateReason: reason } };
}

/** What the host's report means; null: nothing new. */
function judge({ id, bundle, trialMs, watchMs }: UpgradeRow, host: UpgradeHostRow, seen: UpgradeSight | undefined, now: number): UpgradeStep['changes'][number]['edit'] | null {
  const runsIt = seen?.isConnected === true && seen.bundle === bundle;
  const end = (state: UpgradeHostRow['state'], reason: string) => ({ state, reason, endedAt: now });
  if (host.state === 'waiting') return runsIt ? end('done', 'it ran this agent already') : null;
  if (!isUnderWay(host)) return null;
  if (host.state === 'watched') {
    const since = host.watchedAt ?? now;
    if (now - since < watchMs) return null;
    if (runsIt && seen.isReady) return end('done', 'it is well');
    return now - since < watchMs + GRACE_MS ? null : end('away', 'it was upgraded and is not well');
  }
  const told = seen?.progress?.id === id ? seen.progress : undefined;
  if (told?.state === 'refused' || told?.state === 'rolled-back') return end(told.state, told.reason ?? '');
  if (told?.state === 'done' && runsIt) return { state: 'watched', reason: 'it runs the new agent', watchedAt: now };
  if (now - (host.orderedAt ?? now) > trialMs + AROUND_TRIAL_MS) return end('away', 'it was told, and nothing was heard of the upgrade');
  if ((told?.state === 'downloading' || told?.state === 'trying') && told.state !== host.state) return { state: told.state, reason: told.state === 'trying' ? 'the new agent waits for its welcome' : 'it fetches the new agent' };
  return null;
}

function next({ campaign, fleet, mostAtOnce }: UpgradeInput, rows: readonly UpgradeHostRow[], underWay: number, reached: readonly UpgradeHostRow[]): { orders: string[]; reason: string } {
  // What is under way is not counted: while it starts anew it is away for a moment.
  const missing = Math.max(0, fleet.notReady - underWay);
  if (missing > 1 && missing * 1000 > fleet.hosts * MOST_NOT_READY_PERMILLE) return { orders: [], reason: `held: ${fleet.notReady} of ${fleet.hosts} hosts are not ready` };
  const canary = rows.find(({ host }) => host === campaign.canary);
  if (canary !== undefined && canary.state !== 'done') {
    if (canary.state === 'waiting' && reached.includes(canary)) return { orders: [canary.hostId], reason: `${canary.host} goes first` };
    if (canary.state === 'waiting' || isUnderWay(canary)) return { orders: [], reason: `waits for ${canary.host}, which goes first` };
  }
  const orders = reached.slice(0, Math.max(0, Math.min(campaign.atOnce, mostAtOnce) - underWay)).map(({ hostId }) => hostId);
  const limit = mostAtOnce < campaign.atOnce ? `; ${mostAtOnce} at once, as the governor limits it` : '';
  return { orders, reason: `${rows.filter(({ state }) => state === 'done').length} of ${rows.length} hosts run it${limit}` };
}

const summary = (rows: readonly UpgradeHostRow[]): string => {
  const done = rows.filter(({ state }) => state === 'done').length;
  const failed = rows.filter(isFailed).length;
  return `${done} of ${rows.length} hosts run it${failed === 0 ? '' : `, ${failed} went on with the agent that they had`}`;
};
