// Who may open a shell in which replica. Pure: takes the caller's permissions, the replica's place and the rules in force.
import type { ReplicaPlace } from '../db/replica-places.ts';
import type { Permission } from '../http/permissions.ts';
import type { ShellRules, ShellWho } from '../http/contract/shell.ts';

export const DEFAULT_RULES: ShellRules = { environments: {}, idleSeconds: 900, mostSeconds: 14_400, perHost: 8, keepDays: 90 };
/** Where nobody has said otherwise, only those who answer for the whole site go into production. */
const SRE_ONLY = 'production';

export interface ShellCaller {
  can(permission: Permission, team?: string): boolean;
}

export interface Refusal {
  readonly code: 'replica-gone' | 'permission-missing' | 'environment-closed' | 'replica-waits';
  readonly reason: string;
}

export const whoMay = ({ environments }: ShellRules, environment: string): ShellWho => environments[environment] ?? (environment === SRE_ONLY ? 'sre' : 'team');

/** Why this caller may not open a shell there, or null. */
export function whyNotShell(caller: ShellCaller, { owner, isGone, hostId, replica }: ReplicaPlace, rules: ShellRules): Refusal | null {
  if (isGone || owner === null) return { code: 'replica-gone', reason: `${replica} is gone; its logs can still be read` };
  if (!caller.can('shell.open', owner.team)) return { code: 'permission-missing', reason: `you lack the permission shell.open in team "${owner.team}"` };
  const who = whoMay(rules, owner.environment);
  if (who === 'nobody') return { code: 'environment-closed', reason: `nobody may open shells in ${owner.environment}: the rules of shells say so` };
  if (who === 'sre' && !caller.can('hosts.operate')) return { code: 'environment-closed', reason: `only SREs and admins may open shells in ${owner.environment}: the rules of shells say so` };
  if (hostId === null) return { code: 'replica-waits', reason: `${replica} has no host yet` };
  return null;
}
