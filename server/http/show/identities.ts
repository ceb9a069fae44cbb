// Rows of identities and upgrades as the API shows them.
import type { AlarmRow } from '../../db/identity-alarms.ts';
import type { CertificateRow } from '../../db/certificates.ts';
import type { UpgradeHostRow, UpgradeRow } from '../../db/agent-upgrades.ts';
import { alarmSentence } from '../../fleet/alarms.ts';
import { isFailed, isUnderWay } from '../../fleet/upgrade-step.ts';
import type { CertificateView, IdentityAlarm, UpgradeDetail, UpgradeView } from '../contract/identities.ts';
import { instant, instantOrNull } from './show.ts';

/** @param newest whether no later one was issued to its host */
export function showCertificate(row: CertificateRow, newest: boolean, now: number): CertificateView {
  const { serial, hostId, host, sha256, notBefore, notAfter, issuedAt, usedAt, revokedAt, revokedBy, revokedWhy } = row;
  const state = revokedAt !== null ? 'revoked' : notAfter <= now ? 'expired' : newest ? 'current' : 'replaced';
  const revoked = revokedAt === null ? null : { at: instant(revokedAt), by: revokedBy ?? '', reason: revokedWhy ?? '' };
  return { serial, hostId, host, sha256, notBefore: instant(notBefore), notAfter: instant(notAfter), issuedAt: instant(issuedAt), usedAt: instantOrNull(usedAt), state, revoked, renewsAt: state === 'current' ? instant(notBefore + Math.floor(((notAfter - notBefore) * 2) / 3)) : null };
}

export function showAlarm(row: AlarmRow): IdentityAlarm {
  const { id, hostId, host, at, lastAt, attempts, evidence, known, newcomer, verdict, answeredBy, answeredAt, answeredWhy } = row;
  const answer = verdict === null || answeredAt === null ? null : { verdict, by: answeredBy ?? '', at: instant(answeredAt), reason: answeredWhy ?? '' };
  return { id, hostId, host, at: instant(at), lastAt: instant(lastAt), attempts, evidence, message: alarmSentence(row), known, newcomer, answer };
}

export function showUpgrade(row: UpgradeRow, hosts: readonly UpgradeHostRow[], mayOperate: boolean): UpgradeView {
  const { id, state, stateReason, version, bundle, canary, atOnce, mostFailures, watchMs, trialMs, reason, createdBy } = row;
  const counts = { waiting: hosts.filter((host) => host.state === 'waiting').length, underWay: hosts.filter(isUnderWay).length, done: hosts.filter((host) => host.state === 'done').length, failed: hosts.filter(isFailed).length };
  const isOpen = state === 'running' || state === 'paused';
  return {
    id, state, stateReason, version, bundle, canary, atOnce, mostFailures, watchSeconds: watchMs / 1000, trialSeconds: trialMs / 1000, reason, createdBy, createdAt: instant(row.createdAt), endedAt: instantOrNull(row.endedAt), counts,
    mayPause: mayOperate && state === 'running', mayResume: mayOperate && state === 'paused', mayAbort: mayOperate && isOpen,
  };
}

export function showUpgradeDetail(row: UpgradeRow, hosts: readonly UpgradeHostRow[], mayOperate: boolean): UpgradeDetail {
  const shown = hosts.map(({ hostId, host, state, reason, fromVersion, orderedAt, endedAt }) => ({ hostId, host, state, reason, fromVersion, orderedAt: instantOrNull(orderedAt), endedAt: instantOrNull(endedAt) }));
  return { ...showUpgrade(row, hosts, mayOperate), hosts: shown };
}
