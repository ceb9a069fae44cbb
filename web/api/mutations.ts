// Everything that the console can change, and questions that change nothing but are asked with a body (quotes, what-ifs). Each is one
// call. Pages wrap changes in act.ts, which shows the outcome and asks anew what changed.
import type { AutoscaleAskInput, AutoscalePreview, AutoscalePreviewAskInput, AutoscaleView, BuildAskInput, BuildView, CapacityRequest, Cleaned, DecisionReplay, DeployLock, DraftInput, JoinTokenCreated, Me, PasswordChanged, PlanDetail, PlanVerdict, PoolEdit, Preflight, ProposalAct, ProposalDetail, ProposalDraftInput, Quote, ReleaseAskInput, ReleaseMade, RolloutAskInput, RolloutDetail, Schedule, SchedulesView, SecretAsk, SecretView, Simulation, SimulationAsk, TokenCreated, UserDraft, UserEdit, WebhookTested, WhyNots } from '#server/http/contract/index.ts';
import { call, THINKING_MS } from './client.ts';
import type { FreezeDraft, HostChange, JoinTokenAsk, NetworkAsk, RolloutVerb, TokenAsk, WebhookDraft } from './shapes.ts';

const part = encodeURIComponent;

export const mutations = {
  login: (name: string, password: string) => call<Me>('POST', '/auth/login', { body: { name, password } }),
  logout: () => call<void>('POST', '/auth/logout'),
  changePassword: (current: string, next: string) => call<PasswordChanged>('POST', '/me/password', { body: { current, next } }),
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
  startBuild: (ask: BuildAskInput) => call<BuildView>('POST', '/builds', { body: ask }),
  cancelBuild: (id: string) => call<BuildView>('POST', `/builds/${part(id)}/cancel`),
  /** `above`: every layer that stands on it too. */
  rebuildLayer: (name: string, above: boolean) => call<void>('POST', `/layers/${part(name)}/rebuild`, { body: { above } }),
  cleanRegistry: (dryRun: boolean) => call<Cleaned>('POST', '/registry/clean', { body: { dryRun }, deadlineMs: THINKING_MS }),
  makeRelease: (service: string, ask: ReleaseAskInput) => call<ReleaseMade>('POST', `/services/${part(service)}/releases`, { body: ask }),
  preflight: (releaseId: string, ask: RolloutAskInput, signal: AbortSignal) => call<Preflight>('POST', `/releases/${part(releaseId)}/preflight`, { body: ask, signal, deadlineMs: THINKING_MS }),
  startRollout: (releaseId: string, ask: RolloutAskInput) => call<RolloutDetail>('POST', `/releases/${part(releaseId)}/rollout`, { body: ask, deadlineMs: THINKING_MS }),
  actOnRollout: (id: string, verb: RolloutVerb, why: string) => call<RolloutDetail>('POST', `/rollouts/${part(id)}`, { body: { verb, why } }),
  /** `releaseId` absent: the release that ran before. */
  rollBack: (workloadId: string, why: string, releaseId?: string) => call<RolloutDetail>('POST', `/workloads/${part(workloadId)}/rollback`, { body: { why, ...(releaseId === undefined ? {} : { releaseId }) } }),
  setSecret: (ask: SecretAsk) => call<SecretView>('POST', '/secrets', { body: ask }),
  removeSecret: (id: string) => call<void>('DELETE', `/secrets/${part(id)}`),
  lock: (workloadId: string, reason: string, minutes?: number) => call<DeployLock>('PUT', `/workloads/${part(workloadId)}/lock`, { body: { reason, ...(minutes === undefined ? {} : { minutes }) } }),
  unlock: (workloadId: string) => call<void>('DELETE', `/workloads/${part(workloadId)}/lock`),
  setAutoscale: (workloadId: string, ask: AutoscaleAskInput) => call<AutoscaleView>('PUT', `/workloads/${part(workloadId)}/autoscale`, { body: ask }),
  /** Plays stored hours: it may think. */
  previewAutoscale: (workloadId: string, ask: AutoscalePreviewAskInput, signal: AbortSignal) => call<AutoscalePreview>('POST', `/workloads/${part(workloadId)}/autoscale/preview`, { body: ask, signal, deadlineMs: THINKING_MS }),
  /** When schedules fire next, and what is wrong with them. */
  checkSchedules: (ask: { readonly schedules: readonly Schedule[]; readonly min: number; readonly max: number | null }, signal: AbortSignal) => call<SchedulesView>('POST', '/schedules/check', { body: ask, signal }),
  pauseAutoscale: (workloadId: string, what: 'all' | 'scale-in', why: string) => call<AutoscaleView>('POST', `/workloads/${part(workloadId)}/autoscale/pause`, { body: { what, why } }),
  resumeAutoscale: (workloadId: string, why: string) => call<AutoscaleView>('POST', `/workloads/${part(workloadId)}/autoscale/resume`, { body: { what: 'all', why } }),
  replayDecision: (id: string) => call<DecisionReplay>('POST', `/decisions/${part(id)}/replay`, { deadlineMs: THINKING_MS }),
  addFreeze: (ask: FreezeDraft) => call<void>('POST', '/freezes', { body: ask }),
  removeFreeze: (id: string) => call<void>('DELETE', `/freezes/${part(id)}`),
  addWebhook: (ask: WebhookDraft) => call<void>('POST', '/webhooks', { body: ask }),
  editWebhook: (id: string, ask: { readonly isEnabled: boolean }) => call<void>('PATCH', `/webhooks/${part(id)}`, { body: ask }),
  testWebhook: (id: string) => call<WebhookTested>('POST', `/webhooks/${part(id)}/test`, { deadlineMs: THINKING_MS }),
  removeWebhook: (id: string) => call<void>('DELETE', `/webhooks/${part(id)}`),
  setQuota: (team: string, environment: string, body: { cpuMilli: number; memoryMib: number; reason: string }) => call<void>('PUT', `/quotas/${part(team)}/${part(environment)}`, { body }),
  addToken: (ask: TokenAsk) => call<TokenCreated>('POST', '/tokens', { body: ask }),
  removeToken: (id: string) => call<void>('DELETE', `/tokens/${part(id)}`),
  addUser: (ask: UserDraft) => call<void>('POST', '/users', { body: ask }),
  editUser: (id: string, edit: UserEdit) => call<void>('PATCH', `/users/${part(id)}`, { body: edit }),
  addTeam: (name: string, title: string) => call<void>('POST', '/teams', { body: { name, title } }),
};
