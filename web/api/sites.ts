// What can be asked and changed about sites and the traffic between them: sites, stages of services, names, shifts, fail-over, responders.
import type { AnswerView, ClientsView, DnsStatus, FailoverRules, FailoverView, NameInputIn, NameView, ShiftAskInput, ShiftPlan, ShiftView, SiteInputIn, SiteView, StagesInput, StagesView } from '#server/http/contract/index.ts';
import { call, get, getAll, THINKING_MS } from './client.ts';

type Signal = { readonly signal: AbortSignal };
type ShiftVerb = keyof ShiftView['may'];
const part = encodeURIComponent;

export const siteQueries = {
  sites: () => ({ queryKey: ['sites'], queryFn: ({ signal }: Signal) => getAll<SiteView>('/sites', signal) }),
  failover: () => ({ queryKey: ['sites', 'failover'], queryFn: ({ signal }: Signal) => get<FailoverView>('/failover', signal) }),
  stages: () => ({ queryKey: ['sites', 'stages'], queryFn: ({ signal }: Signal) => getAll<StagesView>('/stages', signal) }),
  names: () => ({ queryKey: ['names'], queryFn: ({ signal }: Signal) => getAll<NameView>('/names', signal) }),
  /** `client`: an address; what it would be told now. */
  answer: (name: string, client: string) => ({ queryKey: ['names', name, 'answer', client], queryFn: ({ signal }: Signal) => get<AnswerView>(`/names/${part(name)}/answer?client=${part(client)}`, signal) }),
  clients: (name: string) => ({ queryKey: ['names', name, 'clients'], queryFn: ({ signal }: Signal) => get<ClientsView>(`/names/${part(name)}/clients`, signal) }),
  shifts: () => ({ queryKey: ['shifts'], queryFn: ({ signal }: Signal) => getAll<ShiftView>('/shifts', signal) }),
  shift: (id: string) => ({ queryKey: ['shifts', id], queryFn: ({ signal }: Signal) => get<ShiftView>(`/shifts/${part(id)}`, signal) }),
  dns: () => ({ queryKey: ['names', 'dns'], queryFn: ({ signal }: Signal) => get<DnsStatus>('/dns/status', signal) }),
};

export const siteMutations = {
  setSite: (name: string, site: SiteInputIn) => call<SiteView>('PUT', `/sites/${part(name)}`, { body: site }),
  forgetSite: (name: string) => call<void>('DELETE', `/sites/${part(name)}`),
  judgeSite: (name: string, verdict: 'failed' | 'automatic', reason: string) => call<SiteView>('POST', `/sites/${part(name)}/verdict`, { body: { verdict, reason } }),
  setFailover: (rules: FailoverRules) => call<FailoverView>('PUT', '/failover', { body: rules }),
  setStages: (of: { readonly service: string; readonly environment: string }, stages: StagesInput) => call<StagesView>('PUT', `/stages/${part(of.service)}/${part(of.environment)}`, { body: stages }),
  setName: (name: string, input: NameInputIn) => call<NameView>('PUT', `/names/${part(name)}`, { body: input }),
  removeName: (name: string) => call<void>('DELETE', `/names/${part(name)}`),
  /** Changes nothing: what the shift would need and when clients follow. */
  planShift: (ask: ShiftAskInput, signal: AbortSignal) => call<ShiftPlan>('POST', '/shifts/preview', { body: ask, signal, deadlineMs: THINKING_MS }),
  makeShift: (ask: ShiftAskInput) => call<ShiftView>('POST', '/shifts', { body: ask, deadlineMs: THINKING_MS }),
  actOnShift: (id: string, verb: ShiftVerb, reason: string) => call<ShiftView>('POST', `/shifts/${part(id)}`, { body: { verb, reason }, deadlineMs: THINKING_MS }),
};
