// Views of bursting: VMs with their money and what may be done to them, proposals, warm room, provisioners. Rows and the last look in, the contract out.
import { isSmaller } from '#scheduler/burst/advance.ts';
import { chargesOf, paidUntil } from '#scheduler/burst/charges.ts';
import type { BurstAnswer } from '#scheduler/burst/consider.ts';
import { type Said, said, saying } from '#scheduler/said.ts';
import type { Snapshot } from '#scheduler/model.ts';
import { whyNot } from '../../burst/verbs.ts';
import { comesBackAt, type Years } from '../../burst/vm-of.ts';
import type { BurstProposalRow } from '../../db/burst.ts';
import type { BurstChargeRow, BurstHistoryRow, BurstVmRow } from '../../db/burst-vms.ts';
import type { BurstProposalView, BurstSaid, BurstSettings, BurstVmDetail, BurstVmView, WarmRoom } from '../contract/burst.ts';
import { instant, instantOrNull } from './show.ts';

export const showSaid = ({ code, values, sentence }: Said): BurstSaid => ({ code, values: { ...values }, sentence });

export interface VmShown {
  readonly settings: BurstSettings;
  /** The calendars in force. */
  readonly years: Years;
  readonly now: number;
  /** Names of hosts by id. */
  readonly hosts: ReadonlyMap<string, string>;
  /** Replicas by host. */
  readonly replicas: ReadonlyMap<string, number>;
  /** Place in the order of retreat by VM. */
  readonly ranks: ReadonlyMap<string, number>;
  /** Null: the reader may manage; else why not. */
  readonly refusal: string | null;
}

const OVER = new Set(['released', 'failed']);

export function showVm(row: BurstVmRow, { settings, years, now, hosts, replicas, ranks, refusal }: VmShown): BurstVmView {
  const { terms } = row;
  const verb = (name: 'retreat' | 'keep' | 'abandon') => {
    const why = refusal === null ? whyNot(row, name) : said('only-sre', {}, refusal);
    return why === null ? { allowed: true, why } : { allowed: false, why: why.sentence, said: [saying(why)] };
  };
  return {
    id: row.id,
    name: row.name,
    pool: row.pool,
    hook: terms.hook,
    site: terms.site,
    state: row.state,
    wait: OVER.has(row.state) ? null : { owner: row.owner, reason: showSaid(row.reason), since: instant(row.since), deadline: instantOrNull(row.deadlineAt) },
    bought: terms.bought,
    delivered: row.delivered,
    isSmaller: row.delivered !== null && isSmaller(terms.bought, row.delivered),
    address: row.address,
    containerCidr: row.containerCidr,
    providerId: row.providerId,
    host: row.hostId === null ? null : (hosts.get(row.hostId) ?? null),
    replicas: row.hostId === null ? 0 : (replicas.get(row.hostId) ?? 0),
    why: row.why,
    forWorkloads: row.forWorkloads,
    boughtBy: row.boughtBy,
    askedAt: instant(row.askedAt),
    readyAt: instantOrNull(row.readyAt),
    endedAt: instantOrNull(row.endedAt ?? (OVER.has(row.state) ? row.since : null)),
    costCentsPerHour: terms.costCentsPerHour,
    billingMinutes: Math.round(terms.billingMs / 60_000),
    billedFrom: instantOrNull(row.billedFrom),
    paidUntil: instantOrNull(paidUntil(row, now)),
    predictedCents: row.predictedCents,
    spentCents: chargesOf(row, now).reduce((sum, { cents }) => sum + cents, 0),
    comesBackAt: instantOrNull(comesBackAt(row, settings, years, now)),
    retreatRank: ranks.get(row.id) ?? null,
    keepUntil: instantOrNull(row.keepUntil),
    keptBy: row.keptBy,
    attempt: row.attempt,
    may: { retreat: verb('retreat'), keep: verb('keep'), abandon: verb('abandon') },
  };
}

export function showVmDetail(row: BurstVmRow, shown: VmShown, history: readonly BurstHistoryRow[], charges: readonly BurstChargeRow[]): BurstVmDetail {
  return {
    ...showVm(row, shown),
    history: history.map(({ at, state, actor, reason }) => ({ at: instant(at), state, actor, reason })),
    charges: charges.map(({ period, fromAt, toAt, cents }) => ({ period, from: instant(fromAt), to: instant(toAt), cents })),
  };
}

export function showProposal(row: BurstProposalRow, vms: readonly BurstVmRow[], refusal: string | null): BurstProposalView {
  const { mix, wouldBuy, expectedBackAt, ...purchase } = row.purchase;
  const line = ({ pool, count, capacity, costCentsPerHour }: (typeof mix)[number]) => ({ pool, count, capacity, costCentsPerHour });
  const why = refusal ?? (row.state !== 'open' ? `it is ${row.state}` : mix.length === 0 ? 'the caps leave no room for it' : null);
  return {
    id: row.id,
    state: row.state,
    stateReason: row.stateReason,
    mix: mix.map(line),
    wouldBuy: wouldBuy.map(line),
    ...purchase,
    expectedBackAt: instantOrNull(expectedBackAt),
    createdAt: instant(row.createdAt),
    decidedBy: row.decidedBy,
    decidedAt: instantOrNull(row.decidedAt),
    vms: vms.filter(({ proposalId }) => proposalId === row.id).map(({ name }) => name),
    mayApprove: why === null,
    whyNotApprove: why,
  };
}

export function showWarmRoom({ policy }: Snapshot, { environments, sites }: BurstAnswer): WarmRoom {
  const fitsNow = sites.reduce((sum, { privateFits, cloudFits }) => sum + privateFits + cloudFits, 0);
  const lacking = environments.filter(({ missing }) => missing > 0);
  const values = { fits: fitsNow, missing: lacking.reduce((sum, { missing }) => sum + missing, 0), environments: lacking.map(({ environment }) => environment).join(', ') };
  return {
    container: policy.shapes[policy.defaultShape] ?? { cpuMilli: 0, memoryMib: 0 },
    fitsNow,
    sites: sites.map((site) => ({ ...site })),
    environments: environments.map(({ growth, ...room }) => ({ ...room, growth: growth.map((line) => ({ ...line })) })),
    sentence: showSaid(
      lacking.length > 0
        ? said('warm-room-lacks', values, '{fits} more containers start in seconds; warm room lacks {missing} in {environments}')
        : said('warm-room', values, '{fits} more containers start in seconds'),
    ),
  };
}
