// What bursting knows and does not keep: calls of hooks that are under way, what hooks said last, strangers, the last look. After a restart all of it
// is asked for again; nothing here is needed to know what exists or what it costs.
import type { BurstAnswer } from '#scheduler/burst/consider.ts';
import type { CallAction, Machine } from '#scheduler/burst/model.ts';
import type { HookAction } from './hook-contract.ts';

export interface Stranger {
  readonly hook: string;
  readonly providerId: string;
  readonly name: string;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly firstSeenAt: number;
}

export interface VmMemory {
  /** The call that is under way. */
  call: { readonly action: CallAction; readonly done: Promise<void> } | null;
  machine: Machine;
  /** When the provisioner was asked last, by whatever call. */
  askedAt: number;
  failure: { readonly action: CallAction; readonly message: string; readonly isFinal: boolean; readonly times: number } | null;
  /** No call before: waits get longer while calls fail. */
  notBefore: number;
}

export interface Look {
  readonly answer: BurstAnswer;
  readonly at: number;
  /** What it was made from: another key means another answer. */
  readonly key: string;
}

export interface BurstMemory {
  readonly vms: Map<string, VmMemory>;
  readonly strangers: Map<string, Stranger>;
  readonly hooks: Map<string, { readonly action: HookAction; readonly at: number; readonly seconds: number; readonly outcome: string }>;
  /** When each hook was asked for its list. */
  readonly listedAt: Map<string, number>;
  look: Look | null;
  /** After a look that found no answer in time: not again before. */
  lookNotBefore: number;
  /** Since when there is something to buy; null: nothing. */
  neededSince: number | null;
  /** What was told as an event already, so that it is told once: code -> since when. */
  readonly alerts: Map<string, number>;
}

export function openBurstMemory(): BurstMemory {
  return { vms: new Map(), strangers: new Map(), hooks: new Map(), listedAt: new Map(), look: null, lookNotBefore: Number.NEGATIVE_INFINITY, neededSince: null, alerts: new Map() };
}

export function vmMemory(memory: BurstMemory, vmId: string): VmMemory {
  const known = memory.vms.get(vmId);
  if (known !== undefined) return known;
  const fresh: VmMemory = { call: null, machine: { kind: 'unknown' }, askedAt: Number.NEGATIVE_INFINITY, failure: null, notBefore: Number.NEGATIVE_INFINITY };
  memory.vms.set(vmId, fresh);
  return fresh;
}
