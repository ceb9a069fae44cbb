// One step of a what-if as a person fills it in, all text, and its conversion to a change of the API. Pure: takes the draft; gives the
// change, or what is missing field by field. Changes that are made elsewhere (a policy, moves) are kept as they are.
import type { Change } from '#server/http/contract/index.ts';
import type { HostKind } from './policy-form.ts';
import { type NumberFault, readScaled } from './read-number.ts';

export type ComposedKind = 'drain' | 'lose' | 'add' | 'buy' | 'grow' | 'remove';
export const COMPOSED: readonly ComposedKind[] = ['drain', 'lose', 'add', 'buy', 'grow', 'remove'];

export interface ChangeDraft {
  /** Tells rows apart while they are reordered; never sent. */
  readonly key: number;
  readonly kind: Change['kind'];
  readonly hosts: readonly string[];
  readonly domain: 'host' | 'rack' | 'site';
  readonly name: string;
  readonly count: string;
  readonly hostKind: HostKind;
  readonly site: string;
  readonly rack: string;
  readonly cores: string;
  readonly gib: string;
  readonly cents: string;
  readonly pools: readonly string[];
  readonly workload: string;
  readonly factor: string;
  /** A change that this form does not edit. */
  readonly kept: Change | null;
}

const EMPTY: Omit<ChangeDraft, 'key' | 'kind'> = { hosts: [], domain: 'host', name: '', count: '1', hostKind: 'physical', site: '', rack: '', cores: '32', gib: '128', cents: '0', pools: [], workload: '', factor: '1.5', kept: null };

export function newDraft(kind: ComposedKind, key: number): ChangeDraft {
  return { ...EMPTY, key, kind };
}

export function fromChange(change: Change, key: number): ChangeDraft {
  const draft = { ...EMPTY, key, kind: change.kind };
  switch (change.kind) {
    case 'drain':
      return { ...draft, hosts: change.hosts };
    case 'lose':
      return { ...draft, domain: change.domain, name: change.name };
    case 'add': {
      const { kind, site, rack, capacity, costCentsPerHour } = change.host;
      return { ...draft, count: String(change.count), hostKind: kind, site, rack, cores: String(capacity.cpuMilli / 1000), gib: String(capacity.memoryMib / 1024), cents: String(costCentsPerHour), kept: change };
    }
    case 'buy':
      return { ...draft, pools: change.pools ?? [] };
    case 'grow':
      return { ...draft, workload: change.workload, factor: String(change.permille / 1000) };
    case 'remove':
      return { ...draft, workload: change.workload };
    case 'policy':
    case 'rearrange':
      return { ...draft, kept: change };
  }
}

/** @returns `change` null while something is missing or wrong */
export function toChange(draft: ChangeDraft): { readonly change: Change | null; readonly faults: Readonly<Record<string, NumberFault>> } {
  const faults: Record<string, NumberFault> = {};
  const needed = (field: string, text: string): string => {
    if (text.trim() === '') faults[field] = { code: 'needed' };
    return text.trim();
  };
  const number = (field: string, text: string, least: number, most: number, scale = 1): number => readScaled(faults, field, text, { least, most, scale });
  const convert = (): Change | null => {
    switch (draft.kind) {
      case 'drain':
        if (draft.hosts.length === 0) faults.hosts = { code: 'needed' };
        return { kind: 'drain', hosts: [...draft.hosts] };
      case 'lose':
        return { kind: 'lose', domain: draft.domain, name: needed('name', draft.name) };
      case 'add': {
        const rest = draft.kept?.kind === 'add' ? { labels: draft.kept.host.labels, taints: draft.kept.host.taints } : { labels: {}, taints: [] };
        const capacity = { cpuMilli: number('cores', draft.cores, 0.01, 1024, 1000), memoryMib: number('gib', draft.gib, 0.016, 8192, 1024) };
        const host = { kind: draft.hostKind, site: needed('site', draft.site), rack: needed('rack', draft.rack), capacity, costCentsPerHour: number('cents', draft.cents, 0, 1_000_000), ...rest };
        return { kind: 'add', count: number('count', draft.count, 1, 10_000), host };
      }
      case 'buy':
        return draft.pools.length === 0 ? { kind: 'buy' } : { kind: 'buy', pools: [...draft.pools] };
      case 'grow':
        return { kind: 'grow', workload: needed('workload', draft.workload), permille: number('factor', draft.factor, 0.001, 100, 1000) };
      case 'remove':
        return { kind: 'remove', workload: needed('workload', draft.workload) };
      case 'policy':
      case 'rearrange':
        return draft.kept;
    }
  };
  const change = convert();
  return { change: Object.keys(faults).length === 0 ? change : null, faults };
}

/** The list with one row a place higher (-1) or lower (1); as it is at the ends. */
export function moved<T>(rows: readonly T[], at: number, by: -1 | 1): T[] {
  const to = at + by;
  if (to < 0 || to >= rows.length) return [...rows];
  return rows.with(at, rows[to]!).with(to, rows[at]!);
}
