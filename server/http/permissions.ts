// Who may do what: the permissions, what each role and each token scope holds, and the sum of a person's grants.
// Pure tables and functions; secured.ts asks them per request. A permission is either held in teams (reading, quoting,
// submitting, releasing) or for the whole cluster; a role never holds a cluster permission in one team only.
import type { Me, Role, Scope } from './contract/accounts.ts';
import type { z } from './contract/common.ts';

export const PERMISSIONS = [
  'read',
  'requests.quote',
  'requests.submit',
  'requests.decide',
  'hosts.operate',
  'hosts.join',
  'networks.manage',
  'plans.propose',
  'plans.apply',
  'quotas.manage',
  'simulate',
  'proposals.make',
  'proposals.approve',
  'builds.start',
  'releases.make',
  'rollouts.run',
  'logs.read',
  'shell.open',
  'secrets.manage',
  'releases.override',
  'layers.manage',
  'registry.manage',
  'freezes.manage',
  'market.manage',
  'drills.run',
  'webhooks.manage',
  'autoscale.manage',
  'metrics.push',
  'sites.manage',
  'burst.manage',
  'accounts.manage',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Held for a team's own things; every other permission is for the whole cluster. */
const IN_TEAMS: readonly Permission[] = ['read', 'requests.quote', 'requests.submit', 'builds.start', 'releases.make', 'rollouts.run', 'logs.read', 'shell.open', 'secrets.manage', 'autoscale.manage', 'metrics.push'];
export const isTeamPermission = (permission: Permission): boolean => IN_TEAMS.includes(permission);

const SRE_VERBS: readonly Permission[] = [
  'requests.decide',
  'hosts.operate',
  'hosts.join',
  'networks.manage',
  'plans.propose',
  'plans.apply',
  'quotas.manage',
  'simulate',
  'proposals.make',
  'proposals.approve',
  'releases.override',
  'layers.manage',
  'registry.manage',
  'freezes.manage',
  'market.manage',
  'drills.run',
  'webhooks.manage',
  'sites.manage',
  'burst.manage',
];
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['read'],
  developer: IN_TEAMS,
  sre: [...IN_TEAMS, ...SRE_VERBS],
  admin: PERMISSIONS,
};

/**
 * `operate` neither submits nor releases in a team's name: a token that should do both names both scopes. `deploy` is for CI: it builds and
 * releases, reads what came of it, and sets no secrets. Only `admin` opens shells: a terminal is for a person. `push` is for gateways, which know their own counts and nothing else.
 */
export const SCOPE_PERMISSIONS: Readonly<Record<z.infer<typeof Scope>, readonly Permission[]>> = {
  read: ['read', 'requests.quote'],
  request: ['read', 'requests.quote', 'requests.submit'],
  deploy: ['read', 'requests.quote', 'builds.start', 'releases.make', 'rollouts.run', 'logs.read'],
  operate: ['read', 'requests.quote', 'autoscale.manage', 'logs.read', ...SRE_VERBS],
  push: ['metrics.push'],
  admin: PERMISSIONS,
};

export interface Grant {
  /** Null: in every team. */
  readonly team: string | null;
  readonly role: Role;
}

/** Permission -> the teams in which it holds; null: everywhere. A permission that is not held is absent. */
export type Holdings = ReadonlyMap<Permission, readonly string[] | null>;

/** Sums a user's grants. `sre` and `admin` count for the whole cluster whatever team they name. */
export function holdingsOf(grants: readonly Grant[]): Holdings {
  const holdings = new Map<Permission, readonly string[] | null>();
  for (const grant of grants) {
    const everywhere = grant.team === null || grant.role === 'sre' || grant.role === 'admin';
    for (const permission of ROLE_PERMISSIONS[grant.role]) {
      const held = holdings.get(permission);
      if (held === null) continue;
      holdings.set(permission, everywhere || grant.team === null ? null : [...new Set([...(held ?? []), grant.team])].sort());
    }
  }
  return holdings;
}

/** What a token of this owner holds: never more than the owner, no more than its scopes, and in its team only if it has one. */
export function narrow(owner: Holdings, scopes: readonly z.infer<typeof Scope>[], team: string | null): Holdings {
  const allowed = new Set(scopes.flatMap((scope) => SCOPE_PERMISSIONS[scope]));
  const holdings = new Map<Permission, readonly string[] | null>();
  for (const [permission, teams] of owner) {
    if (!allowed.has(permission)) continue;
    if (team === null) holdings.set(permission, teams);
    else if (isTeamPermission(permission) && (teams === null || teams.includes(team))) holdings.set(permission, [team]);
  }
  return holdings;
}

/** Whether the permission is held in `team`; without a team: in at least one. */
export function holds(holdings: Holdings, permission: Permission, team?: string): boolean {
  const teams = holdings.get(permission);
  if (teams === undefined) return false;
  return teams === null || team === undefined || teams.includes(team);
}

/** The form in which `GET /me` tells them. */
export const toPermissions = (holdings: Holdings): Me['permissions'] =>
  Object.fromEntries([...holdings].map(([permission, teams]) => [permission, teams === null ? null : [...teams]]));
