// Whether what a host says of itself can be true. Messages are well formed when they come here; this is about figures that no machine has. Pure.
import type { Facts, Report } from '#agents/protocol.ts';

/** The largest machines that are sold have a tenth of this. */
const MOST = { cpuMilli: 4_096_000, memoryMib: 134_217_728 } as const;

/** Names field, value and what is allowed; undefined: nothing speaks against it. */
export function whyAbsurd({ facts, hostUsage, replicas }: Pick<Report, 'facts' | 'hostUsage' | 'replicas'>): string | undefined {
  const wrong = whyFactsAbsurd(facts, 'facts');
  if (wrong !== undefined) return wrong;
  for (const field of ['cpuMilli', 'memoryMib'] as const) {
    const used = hostUsage?.[field] ?? 0;
    if (used > MOST[field]) return `hostUsage.${field} is ${used}: no host uses more than ${MOST[field]}`;
  }
  const told = new Set<string>();
  for (const { id } of replicas) {
    if (told.has(id)) return `replicas has ${id} twice: each replica is told once`;
    told.add(id);
  }
  return undefined;
}

/** The same of what a host is, where it says hello. */
export function whyFactsAbsurd(facts: Facts, field = 'facts'): string | undefined {
  for (const key of ['cpuMilli', 'memoryMib'] as const) {
    if (facts[key] < 1 || facts[key] > MOST[key]) return `${field}.${key} is ${facts[key]}: a host has 1 to ${MOST[key]}`;
  }
  return undefined;
}
