// The capability table: what may this person do to this thing, and if not, why. Takes Me and the thing; gives null when it may be done
// and else a reason as data (text/ has the sentence). The server decides again: this only spares a person a click that would be refused.
import type { CapacityRequest, HostView, Me, PlanView } from '#server/http/contract/index.ts';

export type Permission =
  | 'read'
  | 'requests.quote'
  | 'requests.submit'
  | 'requests.decide'
  | 'hosts.operate'
  | 'hosts.join'
  | 'networks.manage'
  | 'plans.propose'
  | 'plans.apply'
  | 'quotas.manage'
  | 'simulate'
  | 'proposals.make'
  | 'proposals.approve'
  | 'builds.start'
  | 'releases.make'
  | 'rollouts.run'
  | 'secrets.manage'
  | 'releases.override'
  | 'layers.manage'
  | 'registry.manage'
  | 'freezes.manage'
  | 'market.manage'
  | 'burst.manage'
  | 'sites.manage'
  | 'drills.run'
  | 'webhooks.manage'
  | 'accounts.manage';

/** `needs`: the least role that may. */
export type Refusal =
  | { readonly code: 'role'; readonly needs: 'developer' | 'sre' | 'admin'; readonly team: string | null }
  | { readonly code: 'request-state'; readonly state: CapacityRequest['state'] }
  | { readonly code: 'host-cordoned' | 'host-open' | 'host-in-use' | 'host-draining' | 'host-stays' }
  | { readonly code: 'plan-state'; readonly state: PlanView['state'] };

type Verdict = Refusal | null;

const LEAST_ROLE: Readonly<Record<Permission, 'developer' | 'sre' | 'admin'>> = {
  read: 'developer',
  'requests.quote': 'developer',
  'requests.submit': 'developer',
  'requests.decide': 'sre',
  'hosts.operate': 'sre',
  'hosts.join': 'sre',
  'networks.manage': 'sre',
  'plans.propose': 'sre',
  'plans.apply': 'sre',
  'quotas.manage': 'sre',
  simulate: 'sre',
  'proposals.make': 'sre',
  'proposals.approve': 'sre',
  'builds.start': 'developer',
  'releases.make': 'developer',
  'rollouts.run': 'developer',
  'secrets.manage': 'developer',
  'releases.override': 'sre',
  'layers.manage': 'sre',
  'registry.manage': 'sre',
  'freezes.manage': 'sre',
  'market.manage': 'sre',
  'burst.manage': 'sre',
  'sites.manage': 'sre',
  'drills.run': 'sre',
  'webhooks.manage': 'sre',
  'accounts.manage': 'admin',
};

/** Whether a permission holds, in a team when one is given. */
export function holds(me: Me, permission: Permission, team?: string): boolean {
  const teams = me.permissions[permission];
  if (teams === undefined) return false;
  if (teams === null) return true;
  return team === undefined ? teams.length > 0 : teams.includes(team);
}

function role(me: Me, permission: Permission, team?: string): Verdict {
  return holds(me, permission, team) ? null : { code: 'role', needs: LEAST_ROLE[permission], team: team ?? null };
}

export const can = {
  ask: (me: Me, team?: string): Verdict => role(me, 'requests.quote', team),
  submit: (me: Me, team: string): Verdict => role(me, 'requests.submit', team),
  giveBack: (me: Me, workload: { readonly team: string }): Verdict => role(me, 'requests.submit', workload.team),
  decide: (me: Me, request: CapacityRequest): Verdict => waiting(request) ?? role(me, 'requests.decide'),
  withdraw: (me: Me, request: CapacityRequest): Verdict => waiting(request) ?? role(me, 'requests.submit', request.draft.team),
  cordon: (me: Me, host: HostView): Verdict => (host.cordoned ? { code: 'host-cordoned' } : role(me, 'hosts.operate')),
  uncordon: (me: Me, host: HostView): Verdict => (host.cordoned ? role(me, 'hosts.operate') : { code: 'host-open' }),
  drain: (me: Me, host: HostView): Verdict => (host.drain === null ? role(me, 'hosts.operate') : { code: 'host-draining' }),
  undrain: (me: Me, host: HostView): Verdict => (host.drain === null ? { code: 'host-stays' } : role(me, 'hosts.operate')),
  editHost: (me: Me): Verdict => role(me, 'hosts.operate'),
  forgetHost: (me: Me, host: HostView): Verdict => role(me, 'hosts.operate') ?? (host.state === 'lost' || host.replicas === 0 ? null : { code: 'host-in-use' }),
  joinHosts: (me: Me): Verdict => role(me, 'hosts.join'),
  addNetwork: (me: Me): Verdict => role(me, 'networks.manage'),
  propose: (me: Me): Verdict => role(me, 'plans.propose'),
  applyPlan: (me: Me, plan: PlanView): Verdict => (plan.state === 'proposed' ? role(me, 'plans.apply') : { code: 'plan-state', state: plan.state }),
  simulate: (me: Me): Verdict => role(me, 'simulate'),
  makeProposal: (me: Me): Verdict => role(me, 'proposals.make'),
  startBuild: (me: Me, team: string | undefined): Verdict => role(me, 'builds.start', team),
  makeRelease: (me: Me, team: string): Verdict => role(me, 'releases.make', team),
  runRollout: (me: Me, team: string): Verdict => role(me, 'rollouts.run', team),
  overrideBlockers: (me: Me): Verdict => role(me, 'releases.override'),
  manageSecrets: (me: Me, team: string): Verdict => role(me, 'secrets.manage', team),
  lock: (me: Me, team: string): Verdict => role(me, 'rollouts.run', team),
  manageLayers: (me: Me): Verdict => role(me, 'layers.manage'),
  manageRegistry: (me: Me): Verdict => role(me, 'registry.manage'),
  manageFreezes: (me: Me): Verdict => role(me, 'freezes.manage'),
  manageMarket: (me: Me): Verdict => role(me, 'market.manage'),
  manageBurst: (me: Me): Verdict => role(me, 'burst.manage'),
  manageSites: (me: Me): Verdict => role(me, 'sites.manage'),
  runDrills: (me: Me): Verdict => role(me, 'drills.run'),
  manageWebhooks: (me: Me): Verdict => role(me, 'webhooks.manage'),
  editPools: (me: Me): Verdict => role(me, 'hosts.operate'),
  editQuota: (me: Me): Verdict => role(me, 'quotas.manage'),
  manageAccounts: (me: Me): Verdict => role(me, 'accounts.manage'),
};

function waiting(request: CapacityRequest): Verdict {
  return request.state === 'waiting' ? null : { code: 'request-state', state: request.state };
}

/** Teams for which a person may ask, of all that there are. */
export function teamsToAskFor(me: Me, teams: readonly string[]): string[] {
  return teams.filter((team) => holds(me, 'requests.quote', team));
}
