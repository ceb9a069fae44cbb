// Two machines with one identity: which of them may speak is asked at each hello, remembered as an alarm where there is evidence, and answered by
// a person. Until then the machine that was there first goes on, and the newcomer is refused.
import type { Context } from '../context.ts';
import { alarmById, alarmsOfHost, answerAlarm, insertAlarm, repeatAlarm } from '../db/identity-alarms.ts';
import type { Actor } from '../requests/submit.ts';
import { appendEvent } from '../db/events.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import type { Presence } from './doubles.ts';

/** A newcomer that was refused asks again after this: until a person has answered there is nothing to hear. */
const RETRY_AFTER_ALARM_MS = 60_000;

export interface TurnedAway {
  readonly reason: string;
  readonly retryAfterMs: number;
}

/** @returns null when this machine may speak for the host, and then takes it as the host's; else why not, and when to ask again */
export async function whyNotThisMachine(context: Context, host: { readonly id: string; readonly name: string }, newcomer: Presence): Promise<TurnedAway | null> {
  const { doubles, connections, fleet, clock, config, store } = context;
  const now = clock.now();
  const alarms = await store.read((reader) => alarmsOfHost(reader, host.id));
  const open = alarms.find(({ answeredAt, newcomer: one }) => answeredAt === null && isSame(one, newcomer));
  const shutOut = alarms.find((one) => (one.verdict === 'keep' && isSame(one.newcomer, newcomer)) || (one.verdict === 'newcomer' && isSame(one.known, newcomer)));
  if (shutOut !== undefined) return { reason: `${shutOut.answeredBy ?? 'somebody'} said that this machine is not ${host.name}: ${shutOut.answeredWhy ?? ''}`, retryAfterMs: RETRY_AFTER_ALARM_MS };
  if (open !== undefined) {
    await store.tx((tx) => repeatAlarm(tx, open, open.attempts + 1, now));
    return { reason: sentenceFor(host.name), retryAfterMs: RETRY_AFTER_ALARM_MS };
  }
  const judgement = doubles.judge({ hostId: host.id, newcomer, isConnected: connections.has(host.id), heardAt: fleet.get(host.id)?.lastSeenAt ?? null, leaseMs: config.leaseMs, now });
  if (judgement.kind === 'same') {
    doubles.take(host.id, newcomer);
    return null;
  }
  if (judgement.kind === 'wait') return { reason: `another machine speaks for ${host.name} (boot ${judgement.known.bootId.slice(0, 8)}, ${judgement.known.address}): this one is let in when that one is silent for ${config.leaseMs} ms`, retryAfterMs: Math.ceil(config.leaseMs / 2) };
  const { evidence, known } = judgement;
  await store.tx(async (tx) => {
    await insertAlarm(tx, { id: context.ids.next(), hostId: host.id, host: host.name, at: now, lastAt: now, attempts: 1, evidence, known, newcomer, verdict: null, answeredBy: null, answeredAt: null, answeredWhy: null });
    await appendEvent(tx, { at: now, actor: 'firn', kind: 'host.identity-alarm', subjectType: 'host', subjectId: host.id, subject: host.name, message: alarmSentence({ host: host.name, evidence, known, newcomer }), why: evidence });
  });
  context.log.error({ host: host.name, evidence, known, newcomer }, 'agent.identity-alarm');
  return { reason: sentenceFor(host.name), retryAfterMs: RETRY_AFTER_ALARM_MS };
}

const isSame = (one: Presence, other: Presence): boolean => one.bootId === other.bootId && one.address === other.address;
const sentenceFor = (name: string): string => `two machines claim to be ${name}: this one is refused until somebody says which of them is (console, or firn host alarms)`;

export function alarmSentence({ host, evidence, known, newcomer }: { readonly host: string; readonly evidence: 'both-alive' | 'came-back'; readonly known: Presence; readonly newcomer: Presence }): string {
  const named = ({ bootId, address }: Presence) => `${address} (boot ${bootId.slice(0, 8)})`;
  const why = evidence === 'both-alive' ? 'both spoke within one lease' : 'that boot had been replaced by another one, and boots do not return';
  return `two machines claim to be ${host}: ${named(known)} goes on, ${named(newcomer)} is refused; ${why}. Its certificate or disk was copied`;
}

/** @throws NotFoundError, ConflictError when it was answered already */
export async function answerIdentityAlarm(context: Context, actor: Actor, id: string, { verdict, reason }: { readonly verdict: 'keep' | 'newcomer'; readonly reason: string }): Promise<void> {
  const { store, clock, doubles, connections } = context;
  await store.tx(async (tx) => {
    const alarm = await alarmById(tx, id);
    if (alarm === undefined) throw new NotFoundError('alarm-unknown', `There is no alarm ${id}.`);
    if (alarm.answeredAt !== null) throw new ConflictError('alarm-answered', `${alarm.answeredBy ?? 'Somebody'} answered this alarm already: ${alarm.answeredWhy ?? ''}.`);
    await answerAlarm(tx, alarm, { verdict, answeredBy: actor.name, answeredAt: clock.now(), answeredWhy: reason });
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'host.identity-answered', subjectType: 'host', subjectId: alarm.hostId, subject: alarm.host, message: `${actor.name} said that ${alarm.host} is the machine at ${(verdict === 'keep' ? alarm.known : alarm.newcomer).address}`, why: reason });
    tx.afterCommit(() => {
      if (verdict !== 'newcomer') return;
      doubles.forget(alarm.hostId);
      connections.end(alarm.hostId, `${actor.name} said that another machine is this host: ${reason}`, { retryAfterMs: RETRY_AFTER_ALARM_MS, final: false });
    });
  });
}
