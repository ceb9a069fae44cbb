// Machines with this cluster's mark that no row knows, or that a row which is over left behind: each hook is asked for its list now and then. They are
// told and shown, and never taken away without a person's word: the mark may be somebody's mistake.
import type { Context } from '../context.ts';
import { type BurstVmRow, findVm } from '../db/burst-vms.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { callHook } from './call-hook.ts';
import { markOf, note } from './calls.ts';
import { HOOK_VERSION, type HookListed } from './hook-contract.ts';
import type { Hook, Hooks } from './hooks.ts';

const EVERY_MS = 300_000;
const CALL_MS = 60_000;

/** Begins to ask every hook that was not asked for a while; does not wait for answers. */
export function lookForStrangers(context: Context, hooks: Hooks): void {
  const now = context.clock.now();
  for (const hook of hooks.items) {
    if (hook.problem !== null || now - (context.burst.listedAt.get(hook.name) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) continue;
    context.burst.listedAt.set(hook.name, now);
    void listOf(context, hook).catch((error: unknown) => context.log.error({ err: error, hook: hook.name }, 'burst.list-failed'));
  }
}

async function listOf(context: Context, hook: Hook): Promise<void> {
  const { store, burst, clock } = context;
  const { id: cluster } = await store.read(readCluster);
  const called = await callHook(hook, { version: HOOK_VERSION, action: 'list', cluster, mark: markOf(cluster) }, CALL_MS);
  note(context, hook.name, 'list', called);
  if (called.kind === 'failed' || !called.answer.ok) return;
  const now = clock.now();
  const seen = new Set<string>();
  for (const machine of called.answer.machines) {
    const row = machine.requestId === null ? undefined : await store.read((reader) => findVm(reader, machine.requestId!));
    if (!isStranger(machine, row)) continue;
    const key = `${hook.name} ${machine.providerId}`;
    seen.add(key);
    if (burst.strangers.has(key)) continue;
    burst.strangers.set(key, { hook: hook.name, providerId: machine.providerId, name: machine.name, address: machine.address, requestId: machine.requestId, firstSeenAt: now });
    await store.tx(async (tx) => {
      await appendEvent(tx, { at: now, actor: 'firn', kind: 'burst.stranger', subjectType: 'burst-vm', subjectId: machine.providerId, subject: machine.name || machine.providerId, message: `${machine.providerId} of hook ${hook.name} has this cluster's mark, and nothing here knows it: it may cost money` });
      tx.changed('burst', 'strangers');
    });
  }
  for (const [key, stranger] of burst.strangers) if (stranger.hook === hook.name && !seen.has(key)) burst.strangers.delete(key);
}

/** Known is what a row that is not over was made for; a second machine for the same request is not. */
function isStranger({ providerId, state }: HookListed, row: BurstVmRow | undefined): boolean {
  if (row === undefined) return state !== 'stopping';
  if (row.state === 'released' || row.state === 'failed') return state !== 'stopping';
  return row.providerId !== null && row.providerId !== providerId;
}
