// How replicas read in a table, wherever they are listed, and how a pending workload says why.
import type { ReplicaView, Unplaced } from '../../http/contract/index.ts';
import { coreCount, cores, memory } from '../amounts.ts';
import type { Column } from '../output.ts';

export const REPLICA_COLUMNS: readonly Column<ReplicaView>[] = [
  { title: 'REPLICA', value: ({ name }) => name },
  { title: 'STATE', value: ({ state, reason }) => (reason === null || state === 'running' ? state : `${state}: ${reason}`) },
  { title: 'HOST', value: ({ host }) => host },
  { title: 'ADDRESS', value: ({ address }) => address },
  { title: 'SIZE', value: ({ shape }) => `${coreCount(shape.cpuMilli)} ${memory(shape.memoryMib)}` },
  { title: 'CPU NOW', value: ({ cpuMilliNow }) => (cpuMilliNow === null ? null : cores(cpuMilliNow)), align: 'right' },
  { title: 'MEMORY NOW', value: ({ memoryMibNow }) => (memoryMibNow === null ? null : memory(memoryMibNow)), align: 'right' },
  { title: 'RESTARTS', value: ({ restarts }) => restarts, align: 'right' },
];

/** Why replicas wait, one line for each group of hosts. */
export const unplacedLines = (unplaced: readonly Unplaced[]): string[] =>
  unplaced.flatMap(({ workload, count, shape, eliminations }) => [
    `${count} of ${workload} (${coreCount(shape.cpuMilli)}, ${memory(shape.memoryMib)}) ${count === 1 ? 'has' : 'have'} no place:`,
    ...eliminations.map(({ group, hosts, closest, closestHost }) => `  ${group}, ${hosts} host${hosts === 1 ? '' : 's'}: ${closest.sentence}${hosts > 1 ? ` (closest: ${closestHost})` : ''}`),
    ...(eliminations.length === 0 ? ['  there is no host'] : []),
  ]);
