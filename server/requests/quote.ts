// Answers a draft: what would run where, what decided the number, quota and money before and after, and what submitting would do.
// Takes the present and a draft that consider.ts has checked; changes nothing. Submitting runs the same code.
import { explainSizing } from '#scheduler/explain.ts';
import type { Replica, Shape, Workload } from '#scheduler/model.ts';
import { kindChoice } from '#scheduler/questions/kind-choice.ts';
import { quote } from '#scheduler/quote.ts';
import { charge, dominantShare } from '#scheduler/resources.ts';
import { isRefusal } from '#scheduler/size.ts';
import type { Context } from '../context.ts';
import { readCluster } from '../db/cluster.ts';
import { quotaOf } from '../db/quotas.ts';
import { InvalidError } from '../errors.ts';
import type { Draft, Quote } from '../http/contract/requests.ts';
import { type Considered, considerDraft } from './consider.ts';
import type { Present } from '../control/present.ts';
import { add, amountOf, NOTHING, subtract, times, usedBy, within } from './quota.ts';
import { showUnplaced } from '../control/unplaced.ts';
import { warningText } from './warnings.ts';

/** Average month: 365.25 days / 12. */
const HOURS_PER_MONTH = 730.5;

/** @throws InvalidError where the sum of the draft cannot be done: it names the field, its value and what is allowed */
export function quoteDraft(present: Present, { workload, existing }: Considered, limit: Shape, currency: string): Quote {
  const { base } = present;
  const answer = quote(base, workload);
  const { sizing, plan } = answer;
  if (isRefusal(sizing)) throw new InvalidError('ask-refused', `${sizing.message}.`, [{ field: sizing.field, value: sizing.value, message: 'cannot be', allowed: sizing.allowed }]);
  const replicas = base.replicasOf.get(workload.id) ?? [];
  const here = countByHost(replicas);
  const own = existing === undefined ? NOTHING : amountOf(present, base.workloads.get(existing.id)!);
  const wanted = times(sizing.replicas, sizing.shape);
  const before = usedBy(present, workload.team, workload.environment);
  const after = add(subtract(before, own), wanted);
  const isWithin = within(after, limit);
  const warnings = answer.warnings.map((warning) => ({ code: warning.code as string, message: warningText(named(present, warning)) }));
  if (!isWithin) warnings.push({ code: 'over-quota', message: overQuota(workload, limit, after) });
  const count = (kind: string) => plan.steps.filter((step) => step.kind === kind).length;
  return {
    sizing: { ...sizing, lines: explainSizing(sizing, workload) },
    current: { replicas: existing === undefined ? 0 : replicas.length, peakQps: existing?.ask.peakQps ?? null },
    hosts: answer.hosts.map(({ hostId, hostName, kind, site, rack, count: there }) => ({ hostId, host: hostName, kind, site, rack, replicas: there, added: there - (here.get(hostId) ?? 0) })),
    unplaced: answer.unplaced.map(showUnplaced),
    quota: { team: workload.team, environment: workload.environment, limit, before, after, within: isWithin },
    costCentsPerHour: answer.costCentsPerHour,
    costCentsPerMonth: Math.round(answer.costCentsPerHour * HOURS_PER_MONTH),
    costBeforeCentsPerHour: costOf(present, replicas, workload.environment),
    currency,
    warnings,
    outcome: isWithin || within(wanted, own) ? 'approved-at-once' : 'waits-for-approval',
    plan: { starts: count('start'), stops: count('stop'), moves: count('move'), resizes: count('resize') },
    revision: present.revision,
  };
}

function countByHost(replicas: readonly Replica[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { hostId } of replicas) if (hostId !== null) counts.set(hostId, (counts.get(hostId) ?? 0) + 1);
  return counts;
}

/** What replicas cost now: of each host's price the larger of their shares of its CPU and memory, in whole cents. */
export function costOf({ base, snapshot }: Present, replicas: readonly Replica[], environment: string): number {
  const cents = replicas.reduce((sum, { hostId, shape }) => {
    const host = hostId === null ? undefined : base.hosts[base.hostIndex.get(hostId) ?? -1];
    return host === undefined ? sum : sum + host.costCentsPerHour * dominantShare(charge(shape, snapshot.policy, environment), host.capacity);
  }, 0);
  return Math.round(cents);
}

/** Warnings name networks by id; people know them by name. */
function named<T extends { readonly code: string; readonly values: Readonly<Record<string, number | string>> }>({ snapshot }: Present, warning: T): T {
  const network = snapshot.networks.find(({ id }) => id === warning.values.network);
  return network === undefined ? warning : { ...warning, values: { ...warning.values, network: network.name } };
}

function overQuota({ team, environment }: Workload, limit: Shape, after: Shape): string {
  const parts = [
    after.cpuMilli > limit.cpuMilli ? `${after.cpuMilli} millicores of ${limit.cpuMilli}` : null,
    after.memoryMib > limit.memoryMib ? `${after.memoryMib} MiB of ${limit.memoryMib}` : null,
  ];
  return `Team ${team} would use ${parts.filter((part) => part !== null).join(' and ')} in ${environment}: an SRE has to approve it.`;
}

function choiceOf({ base }: Present, workload: Workload): NonNullable<Quote['kindChoice']> | null {
  const found = kindChoice(base, workload, quote(base, workload));
  if (found === null) return null;
  const { hostId, overHostId, ...rest } = found;
  const name = (id: string) => base.hosts[base.hostIndex.get(id) ?? -1]?.name ?? id;
  const [host, overHost] = [name(hostId), name(overHostId)];
  const figures = `${rest.points.toFixed(3)} against ${rest.overPoints.toFixed(3)}`;
  const sentence = rest.decidedBy === 'private-first' ? `It goes to ${rest.kind} ${host} and not to ${rest.overKind} ${overHost}, since own hosts come first.` : `It goes to ${rest.kind} ${host} and not to ${rest.overKind} ${overHost} most of all by ${rest.decidedBy} (${figures}).`;
  return { ...rest, host, overHost, sentence };
}

/** The quote of a draft on the present; no side effects. @throws InvalidError by field */
export async function answerDraft(context: Context, draft: Draft): Promise<Quote> {
  for (;;) {
    const present = await context.present.read();
    const read = await context.store.read(async (reader) => {
      if ((await readCluster(reader)).revision !== present.revision) return undefined;
      return { considered: await considerDraft(reader, present.snapshot.policy, draft, 'quote'), limit: await quotaOf(reader, draft.team, draft.environment) };
    });
    // Between the two readings the desired state may have changed: what is read again is newer, so this ends.
    if (read !== undefined) return { ...quoteDraft(present, read.considered, read.limit, context.config.currency), kindChoice: choiceOf(present, read.considered.workload) };
  }
}
