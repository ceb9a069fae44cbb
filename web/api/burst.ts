// What can be asked and changed about cloud VMs that are bought for a while: rules, provisioners, VMs with their life, proposals, the ledger.
import type {
  BurstBuyAnswer,
  BurstBuyAskInput,
  BurstDecision,
  BurstLedger,
  BurstOverview,
  BurstProposalView,
  BurstProvisioners,
  BurstRetreatAnswer,
  BurstRetreatAskInput,
  BurstSettingsInput,
  BurstSettingsView,
  BurstVmDetail,
  BurstVmVerbInput,
  BurstVmView,
  ProvisionerEditInput,
  ProvisionerView,
} from '#server/http/contract/index.ts';
import { call, get, THINKING_MS } from './client.ts';

type Signal = { readonly signal: AbortSignal };
const part = encodeURIComponent;

export const burstQueries = {
  overview: () => ({ queryKey: ['burst'], queryFn: ({ signal }: Signal) => get<BurstOverview>('/burst', signal) }),
  settings: () => ({ queryKey: ['burst', 'settings'], queryFn: ({ signal }: Signal) => get<BurstSettingsView>('/burst/settings', signal) }),
  provisioners: () => ({ queryKey: ['burst', 'provisioners'], queryFn: ({ signal }: Signal) => get<BurstProvisioners>('/burst/provisioners', signal) }),
  vm: (id: string) => ({ queryKey: ['burst', 'vm', id], queryFn: ({ signal }: Signal) => get<BurstVmDetail>(`/burst/vms/${part(id)}`, signal) }),
  /** Of this month and the last when absent: the newest 200 purchases. */
  ledger: (from?: string) => ({ queryKey: ['burst', 'ledger', from ?? ''], queryFn: ({ signal }: Signal) => get<BurstLedger>(`/burst/ledger${from === undefined ? '' : `?from=${part(from)}`}`, signal) }),
};

export const burstMutations = {
  setSettings: (settings: BurstSettingsInput) => call<BurstSettingsView>('PUT', '/burst/settings', { body: settings }),
  setProvisioner: (pool: string, edit: ProvisionerEditInput) => call<ProvisionerView>('PUT', `/burst/provisioners/${part(pool)}`, { body: edit }),
  removeProvisioner: (pool: string) => call<void>('DELETE', `/burst/provisioners/${part(pool)}`),
  /** With `dryRun` nothing is bought: the answer says what would be. */
  buy: (ask: BurstBuyAskInput) => call<BurstBuyAnswer>('POST', '/burst/buy', { body: ask, deadlineMs: THINKING_MS }),
  retreat: (ask: BurstRetreatAskInput) => call<BurstRetreatAnswer>('POST', '/burst/retreat', { body: ask, deadlineMs: THINKING_MS }),
  decide: (id: string, decision: BurstDecision) => call<BurstProposalView>('POST', `/burst/proposals/${part(id)}`, { body: decision, deadlineMs: THINKING_MS }),
  actOnVm: (id: string, verb: BurstVmVerbInput) => call<BurstVmView>('POST', `/burst/vms/${part(id)}`, { body: verb }),
};
