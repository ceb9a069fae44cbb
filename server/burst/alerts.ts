// What somebody should look at: caps that keep what is needed from being bought, VMs that are late or cannot be given back, hooks that fail, strangers.
// Takes what is stored and remembered; gives alerts with their code, told as events once when they begin.
import { type Said, said } from '#scheduler/said.ts';
import type { Context } from '../context.ts';
import { vmsOut } from '../db/burst-vms.ts';
import { appendEvent } from '../db/events.ts';
import { readHooks } from './hooks.ts';
import { readRules } from './rules.ts';

export interface Alert extends Said {
  /** One of the same key is the same alert. */
  readonly key: string;
  readonly severity: 'warning' | 'critical';
  readonly since: number;
}

/** What keeps a pool from selling because somebody wanted it so. */
const CHOSEN = new Set(['no-provisioner', 'closed']);
/** Failures in a row before somebody is told. */
const PATIENT_FAILURES = 3;

export async function alertsNow(context: Context): Promise<Alert[]> {
  const { store, burst, clock, config } = context;
  const now = clock.now();
  const { out, mode } = await store.read(async (reader) => ({ out: await vmsOut(reader), mode: (await readRules(reader)).settings.mode }));
  const found: Omit<Alert, 'since'>[] = [];
  const add = (key: string, severity: Alert['severity'], what: Said) => found.push({ key, severity, ...what });
  for (const row of out) {
    const failure = burst.vms.get(row.id)?.failure ?? null;
    if (row.owner === 'operator') add(`operator ${row.id}`, 'critical', said('vm-stuck', { vm: row.name, reason: row.reason.sentence }, '{vm}: {reason}'));
    else if (row.reason.code === 'drain-late') add(`late ${row.id}`, 'warning', said('vm-late', { vm: row.name, reason: row.reason.sentence }, '{vm}: {reason}'));
    if (failure !== null && failure.times >= PATIENT_FAILURES) add(`failing ${row.id}`, 'warning', said('hook-failing', { vm: row.name, action: failure.action, times: failure.times, message: failure.message }, '{action} of {vm} failed {times} times: {message}'));
  }
  // Who switched it off knows that nothing is bought.
  for (const bound of mode === 'off' ? [] : (burst.look?.answer.purchase.bounded ?? [])) {
    if (!CHOSEN.has(bound.code)) add(`bound ${bound.code} ${bound.values['pool'] ?? ''}`, bound.code.startsWith('cap-') ? 'critical' : 'warning', bound);
  }
  for (const stranger of burst.strangers.values()) add(`stranger ${stranger.providerId}`, 'critical', said('stranger', { providerId: stranger.providerId, hook: stranger.hook }, '{providerId} of hook {hook} has this cluster’s mark, and nothing here knows it: it may cost money'));
  const hooks = await readHooks(config.provisioners);
  if (hooks.problem !== null) add('hooks', 'critical', said('hooks-unreadable', { problem: hooks.problem }, '{problem}'));
  return found.map((alert) => ({ ...alert, since: burst.alerts.get(alert.key) ?? now }));
}

/** Tells those that began since the last time, and forgets those that are over. */
export async function tellAlerts(context: Context): Promise<void> {
  const { store, clock, burst } = context;
  const alerts = await alertsNow(context);
  const keys = new Set(alerts.map(({ key }) => key));
  for (const key of burst.alerts.keys()) if (!keys.has(key)) burst.alerts.delete(key);
  const fresh = alerts.filter(({ key }) => !burst.alerts.has(key));
  if (fresh.length === 0) return;
  for (const { key, since } of fresh) burst.alerts.set(key, since);
  await store.tx(async (tx) => {
    for (const { code, sentence } of fresh) await appendEvent(tx, { at: clock.now(), actor: 'firn', kind: 'burst.alert', subjectType: 'burst', subjectId: code, subject: 'burst', message: sentence });
    tx.changed('burst', 'alerts');
  });
}
