// What is known about the present as people see it: the proof with its arithmetic, survival, the frontier, and why something finds no room.
import type { Policy, Snapshot } from '#scheduler/model.ts';
import type { Fix, Frontier as FrontierFound, WhyNot as WhyNotFound } from '#scheduler/questions/model.ts';
import { fixText, proofText, survivalText } from '#scheduler/questions/sentences.ts';
import type { Insight } from '../../control/insight.ts';
import { replicaName } from '../../control/names.ts';
import type { Present } from '../../control/present.ts';
import { showElimination } from '../../control/unplaced.ts';
import type { Change, ClusterProof, Frontier, SurvivalReport, WhyNot } from '../contract/questions.ts';
import { instant } from './show.ts';

export function showProof({ proof }: Insight, revision: number): ClusterProof {
  if (proof === null) return { revision, gap: null, pricesFromRevision: null, at: null, prices: [], hostClasses: [], sentence: 'Nothing is proven yet: it is thought about while the desired state is still.' };
  return {
    revision: proof.revision,
    gap: { ...proof.gap },
    pricesFromRevision: proof.pricesFromRevision,
    at: instant(proof.at),
    prices: proof.prices.map((each) => ({ ...each })),
    hostClasses: proof.hostClasses.map((each) => ({ ...each })),
    sentence: sentenceOf(proofText(proof.gap)),
  };
}

export function showSurvival({ survival }: Insight, revision: number): SurvivalReport {
  if (survival === null) return { revision, at: null, domains: [], sentence: 'Nothing is known yet: losses are tried while the desired state is still.' };
  return {
    revision: survival.revision,
    at: instant(survival.at),
    domains: survival.domains.map(({ failures, ...rest }) => ({ ...rest, failures: failures.map(({ workloads, ...failure }) => ({ ...failure, workloads: workloads.map((each) => ({ ...each })) })) })),
    sentence: sentenceOf(survivalText(survival.domains)),
  };
}

const sentenceOf = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

export function showFrontier({ snapshot }: Present, { parent, before, boundCentsPerHour, points }: FrontierFound, seconds: number): Frontier {
  const hosts = new Map(snapshot.hosts.map(({ id, name }) => [id, name]));
  const workloads = new Map(snapshot.workloads.map((workload) => [workload.id, workload]));
  const replicas = new Map(snapshot.replicas.map((replica) => [replica.id, replica]));
  const hostName = (id: string | null) => hosts.get(id ?? '') ?? id ?? '';
  return {
    revision: parent,
    before: { ...before },
    boundCentsPerHour,
    points: points.map(({ moves, hostsFreed, savedCentsPerHour, emptiedHostIds, wishes }) => ({
      moves,
      hostsFreed,
      savedCentsPerHour,
      emptied: emptiedHostIds.map(hostName),
      wishes: wishes.map(({ replicaId, hostId }) => {
        const replica = replicas.get(replicaId);
        const workload = workloads.get(replica?.workloadId ?? '');
        return { replicaId, replica: replica === undefined || workload === undefined ? replicaId : replicaName(workload, replica.ordinal), from: hostName(replica?.hostId ?? null), host: hostName(hostId) };
      }),
    })),
    seconds,
  };
}

export function showWhyNot(snapshot: Snapshot, { workloadId, workload, count, shape, rules, eliminations, shortfall, fixes }: WhyNotFound): WhyNot {
  return {
    workloadId,
    workload,
    count,
    shape: { ...shape },
    hosts: rules.reduce((sum, { hosts }) => sum + hosts, 0),
    rules: rules.map((each) => ({ ...each })),
    eliminations: eliminations.map(showElimination),
    shortfall: shortfall === null ? null : { host: shortfall.host, missing: { cpuMilli: shortfall.cpuMilli, memoryMib: shortfall.memoryMib }, addresses: shortfall.addresses },
    fixes: fixes.map((fix) => ({ kind: fix.what.kind, title: fixText(fix, snapshot), moves: fix.moves, addedCentsPerHour: fix.addedCentsPerHour, values: valuesOf(fix, snapshot), changes: changesOf(fix, snapshot) })),
  };
}

/** The figures and names of a fix, flat, so that another language can say it. */
function valuesOf({ what }: Fix, { hosts }: Snapshot): Record<string, string | number> {
  switch (what.kind) {
    case 'move':
      return { replicas: what.wishes.length, workloads: what.workloads.join(', '), hosts: [...new Set(what.wishes.map(({ hostId }) => hosts.find(({ id }) => id === hostId)?.name ?? hostId))].join(', ') };
    case 'buy':
      return { count: what.pools.reduce((sum, { count }) => sum + count, 0), pools: what.pools.map(({ pool, count }) => `${count} ${pool}`).join(', ') };
    default:
      return Object.fromEntries(Object.entries(what).filter(([name]) => name !== 'kind' && name !== 'hostId'));
  }
}

/** The fix as changes of a proposal; null where somebody has to change an ask or a host. */
function changesOf({ what }: Fix, { hosts, policy }: Snapshot): Change[] | null {
  if (what.kind === 'buy') return [{ kind: 'buy', pools: what.pools.map(({ pool }) => pool) }];
  if (what.kind === 'move') return [{ kind: 'rearrange', wishes: what.wishes.map(({ replicaId, hostId }) => ({ replicaId, host: hosts.find(({ id }) => id === hostId)?.name ?? hostId })) }];
  if (what.kind === 'kind') return [{ kind: 'policy', record: withKind(policy, what.environment, what.hostKind) }];
  return null;
}

function withKind({ version: _, ...record }: Policy, environment: string, kind: string): Extract<Change, { kind: 'policy' }>['record'] {
  const rules = record.environments[environment];
  const environments = rules === undefined ? record.environments : { ...record.environments, [environment]: { ...rules, kinds: [...rules.kinds, kind] } };
  // The same plain values as the contract's, which are not immutable by type.
  return { ...record, environments } as Extract<Change, { kind: 'policy' }>['record'];
}
