// Everything that the console can change, and quotes, which change nothing but are asked with a body. Each is one call. Pages wrap them in act.ts, which shows the outcome and asks anew what changed.
import type { CapacityRequest, DraftInput, JoinTokenCreated, Me, PlanDetail, Quote, TokenCreated, UserDraft, UserEdit } from '#server/http/contract/index.ts';
import { call } from './client.ts';
import type { HostChange, JoinTokenAsk, NetworkAsk, TokenAsk } from './shapes.ts';

const part = encodeURIComponent;

export const mutations = {
  login: (name: string, password: string) => call<Me>('POST', '/auth/login', { body: { name, password } }),
  logout: () => call<void>('POST', '/auth/logout'),
  changePassword: (current: string, next: string) => call<void>('POST', '/me/password', { body: { current, next } }),
  quote: (draft: DraftInput, signal: AbortSignal) => call<Quote>('POST', '/requests/quote', { body: draft, signal }),
  /** `key` makes a second click, or a retry after a lost answer, the same request. */
  submit: (draft: DraftInput, key: string) => call<CapacityRequest>('POST', '/requests', { body: draft, headers: { 'idempotency-key': key } }),
  approve: (id: string, reason: string) => call<CapacityRequest>('POST', `/requests/${part(id)}/approve`, { body: { reason } }),
  deny: (id: string, reason: string) => call<CapacityRequest>('POST', `/requests/${part(id)}/deny`, { body: { reason } }),
  withdraw: (id: string) => call<CapacityRequest>('POST', `/requests/${part(id)}/withdraw`),
  giveBack: (workloadId: string, reason: string) => call<void>('DELETE', `/workloads/${part(workloadId)}`, { body: { reason } }),
  cordon: (host: string, reason: string) => call<void>('POST', `/hosts/${part(host)}/cordon`, { body: { reason } }),
  uncordon: (host: string) => call<void>('POST', `/hosts/${part(host)}/uncordon`),
  editHost: (host: string, edit: HostChange) => call<void>('PATCH', `/hosts/${part(host)}`, { body: edit }),
  forgetHost: (host: string) => call<void>('DELETE', `/hosts/${part(host)}`),
  addNetwork: (network: NetworkAsk) => call<void>('POST', '/networks', { body: network }),
  addJoinToken: (ask: JoinTokenAsk) => call<JoinTokenCreated>('POST', '/join-tokens', { body: ask }),
  removeJoinToken: (id: string) => call<void>('DELETE', `/join-tokens/${part(id)}`),
  propose: () => call<PlanDetail>('POST', '/plans', { body: { verb: 'place', dryRun: true } }),
  applyPlan: (id: string) => call<PlanDetail>('POST', `/plans/${part(id)}/apply`),
  setQuota: (team: string, environment: string, body: { cpuMilli: number; memoryMib: number; reason: string }) => call<void>('PUT', `/quotas/${part(team)}/${part(environment)}`, { body }),
  addToken: (ask: TokenAsk) => call<TokenCreated>('POST', '/tokens', { body: ask }),
  removeToken: (id: string) => call<void>('DELETE', `/tokens/${part(id)}`),
  addUser: (ask: UserDraft) => call<void>('POST', '/users', { body: ask }),
  editUser: (id: string, edit: UserEdit) => call<void>('PATCH', `/users/${part(id)}`, { body: edit }),
  addTeam: (name: string, title: string) => call<void>('POST', '/teams', { body: { name, title } }),
};
