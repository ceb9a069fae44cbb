// The form of a pool of cloud VMs, all text, and its conversion to the API's edit. Pure.
import type { PoolEdit, PoolView } from '#server/http/contract/index.ts';
import { lines, readPairs } from './ask-draft.ts';

export interface PoolForm {
  readonly name: string;
  readonly site: string;
  readonly cores: string;
  readonly gib: string;
  readonly cents: string;
  readonly limit: string;
  readonly performance: string;
  readonly stability: string;
  readonly labels: string;
  readonly taints: string;
  readonly environments: string;
}

export type PoolFault = { readonly code: 'needed' | 'notNumber' } | { readonly code: 'notPair'; readonly line: string };

export const EMPTY_POOL: PoolForm = { name: '', site: '', cores: '4', gib: '8', cents: '', limit: '10', performance: '50', stability: '50', labels: '', taints: '', environments: '' };

export function fromPool(pool: PoolView): PoolForm {
  return {
    name: pool.name,
    site: pool.site,
    cores: String(pool.capacity.cpuMilli / 1000),
    gib: String(pool.capacity.memoryMib / 1024),
    cents: String(pool.costCentsPerHour),
    limit: String(pool.limit),
    performance: String(pool.performance),
    stability: String(pool.stability),
    labels: Object.entries(pool.labels).map(([key, value]) => `${key}=${value}`).join('\n'),
    taints: pool.taints.join('\n'),
    environments: pool.environments.join('\n'),
  };
}

/** @returns `pool` null while a field cannot be read; bounds are the server's to judge, under the same paths */
export function toPool(form: PoolForm): { readonly pool: PoolEdit | null; readonly faults: Readonly<Record<string, PoolFault>> } {
  const faults: Record<string, PoolFault> = {};
  const number = (field: string, text: string, scale = 1): number => {
    const value = Number(text.trim());
    if (text.trim() === '') faults[field] = { code: 'needed' };
    else if (!Number.isFinite(value)) faults[field] = { code: 'notNumber' };
    return scale === 1 ? value : Math.round(value * scale);
  };
  if (form.name.trim() === '') faults.name = { code: 'needed' };
  const labels = readPairs(form.labels);
  if (labels.wrong !== null) faults.labels = { code: 'notPair', line: labels.wrong };
  const pool: PoolEdit = {
    site: form.site.trim(),
    capacity: { cpuMilli: number('capacity.cpuMilli', form.cores, 1000), memoryMib: number('capacity.memoryMib', form.gib, 1024) },
    costCentsPerHour: number('costCentsPerHour', form.cents),
    limit: number('limit', form.limit),
    performance: number('performance', form.performance),
    stability: number('stability', form.stability),
    labels: labels.pairs,
    taints: lines(form.taints),
    environments: lines(form.environments),
  };
  if (pool.site === '') faults.site = { code: 'needed' };
  return { pool: Object.keys(faults).length === 0 ? pool : null, faults };
}
