// Everything that the console can change, and questions that change nothing but are asked with a body (quotes, what-ifs). Each is one
// call. Pages wrap changes in act.ts, which shows the outcome and asks anew what changed.
import type { CapacityRequest, DraftInput, JoinTokenCreated, Me, PlanDetail, PlanVerdict, PoolEdit, ProposalAct, ProposalDetail, ProposalDraftInput, Quote, Simulation, SimulationAsk, TokenCreated, UserDraft, UserEdit, WhyNots } from '#server/http/contract/index.ts';
import { call, THINKING_MS } from './client.ts';
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
  drain: (host: string, reason: string) => call<void>('POST', `/hosts/${part(host)}/drain`, { body: { reason } }),
  undrain: (host: string) => call<void>('POST', `/hosts/${part(host)}/undrain`),
  editHost: (host: string, edit: HostChange) => call<void>('PATCH', `/hosts/${part(host)}`, { body: edit }),
  forgetHost: (host: string) => call<void>('DELETE', `/hosts/${part(host)}`),
  addNetwork: (network: NetworkAsk) => call<void>('POST', '/networks', { body: network }),
  addJoinToken: (ask: JoinTokenAsk) => call<JoinTokenCreated>('POST', '/join-tokens', { body: ask }),
  removeJoinToken: (id: string) => call<void>('DELETE', `/join-tokens/${part(id)}`),
  propose: () => call<PlanDetail>('POST', '/plans', { body: { verb: 'place', dryRun: true } }),
  applyPlan: (id: string) => call<PlanDetail>('POST', `/plans/${part(id)}/apply`),
  verifyPlan: (id: string) => call<PlanVerdict>('POST', `/plans/${part(id)}/verify`, { deadlineMs: THINKING_MS }),
  simulate: (ask: SimulationAsk, signal: AbortSignal) => call<Simulation>('POST', '/simulate', { body: ask, signal, deadlineMs: THINKING_MS }),
  whyNot: (draft: DraftInput, signal: AbortSignal) => call<WhyNots>('POST', '/requests/why', { body: draft, signal, deadlineMs: THINKING_MS }),
  makeProposal: (draft: ProposalDraftInput) => call<ProposalDetail>('POST', '/proposals', { body: draft, deadlineMs: THINKING_MS }),
  actOnProposal: (id: string, act: ProposalAct) => call<ProposalDetail>('POST', `/proposals/${part(id)}`, { body: act, deadlineMs: THINKING_MS }),
  setPool: (name: string, pool: PoolEdit) => call<void>('PUT', `/pools/${part(name)}`, { body: pool }),
  removePool: (name: string) => call<void>('DELETE', `/pools/${part(name)}`),
  setQuota: (team: string, environment: string, body: { cpuMilli: number; memoryMib: number; reason: string }) => call<void>('PUT', `/quotas/${part(team)}/${part(environment)}`, { body }),
  addToken: (ask: TokenAsk) => call<TokenCreated>('POST', '/tokens', { body: ask }),
  removeToken: (id: string) => call<void>('DELETE', `/tokens/${part(id)}`),
  addUser: (ask: UserDraft) => call<void>('POST', '/users', { body: ask }),
  editUser: (id: string, edit: UserEdit) => call<void>('PATCH', `/users/${part(id)}`, { body: edit }),
  addTeam: (name: string, title: string) => call<void>('POST', '/teams', { body: { name, title } }),
};
