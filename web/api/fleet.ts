// What can be asked and changed about the state of the fleet: evidence and time lines of hosts, the governor, maintenance, orphans and drift,
// addresses, and who agents are.
import type {
  AddressCard,
  AddressHistory,
  AgentVersions,
  Conflicts,
  Drift,
  DriftView,
  FleetAuthority,
  Forecasts,
  GovernorSettingsInput,
  GovernorView,
  HoldView,
  Holds,
  HostEvidence,
  IdentityAlarms,
  Loss,
  Maintenance,
  MaintenanceAskInput,
  MaintenanceDetail,
  MaintenanceForce,
  MaintenancePreview,
  Maintenances,
  OrphanDecisionInput,
  Orphans,
  Reservations,
  ReservationView,
  Timeline,
  TimelineKind,
  UpgradeAskInput,
  Upgrades,
  UpgradeView,
} from '#server/http/contract/index.ts';
import { call, get, THINKING_MS } from './client.ts';

type Signal = { readonly signal: AbortSignal };
const part = encodeURIComponent;
const MOST = 200;
/** What no topic of the live stream tells of. */
const LOOK_MS = 5000;

const items = async <T>(answer: Promise<{ readonly items: T[] }>): Promise<T[]> => (await answer).items;

export const fleetQueries = {
  evidence: (host: string) => ({ queryKey: ['timeline', host, 'evidence'], queryFn: ({ signal }: Signal) => get<HostEvidence>(`/hosts/${part(host)}/evidence`, signal), refetchInterval: 5000 }),
  timeline: (host: string, kind: TimelineKind | '', limit: number) => ({ queryKey: ['timeline', host, kind, limit], queryFn: ({ signal }: Signal) => items(get<Timeline>(`/hosts/${part(host)}/timeline?limit=${limit}${kind === '' ? '' : `&kind=${kind}`}`, signal)) }),
  governor: () => ({ queryKey: ['governor'], queryFn: ({ signal }: Signal) => get<GovernorView>('/governor', signal) }),
  holds: () => ({ queryKey: ['governor', 'holds'], queryFn: ({ signal }: Signal) => items(get<Holds>(`/governor/holds?state=all&limit=${MOST}`, signal)) }),
  maintenances: () => ({ queryKey: ['maintenance'], queryFn: ({ signal }: Signal) => items(get<Maintenances>(`/maintenance?limit=${MOST}`, signal)) }),
  maintenance: (id: string) => ({ queryKey: ['maintenance', id], queryFn: ({ signal }: Signal) => get<MaintenanceDetail>(`/maintenance/${part(id)}`, signal) }),
  /** What would be lost if everything that is left were stopped now. */
  loss: (id: string) => ({ queryKey: ['maintenance', id, 'loss'], queryFn: ({ signal }: Signal) => get<Loss>(`/maintenance/${part(id)}/loss`, signal, THINKING_MS), staleTime: 0 }),
  orphans: () => ({ queryKey: ['orphans'], queryFn: ({ signal }: Signal) => get<Orphans>('/orphans', signal) }),
  drift: () => ({ queryKey: ['orphans', 'drift'], queryFn: ({ signal }: Signal) => items(get<Drift>('/drift', signal)) }),
  /** `query`: fields of AddressQuery that are given. */
  addresses: (query: Readonly<Record<string, string>>) => ({ queryKey: ['networks', 'addresses', query], queryFn: ({ signal }: Signal) => items(get<AddressHistory>(`/addresses?${new URLSearchParams({ limit: String(MOST), ...query }).toString()}`, signal)) }),
  address: (address: string) => ({ queryKey: ['networks', 'address', address], queryFn: ({ signal }: Signal) => get<AddressCard>(`/addresses/${part(address)}`, signal) }),
  conflicts: () => ({ queryKey: ['networks', 'conflicts'], queryFn: ({ signal }: Signal) => items(get<Conflicts>('/addresses/conflicts', signal)) }),
  reservations: () => ({ queryKey: ['networks', 'reservations'], queryFn: ({ signal }: Signal) => items(get<Reservations>('/addresses/reservations', signal)) }),
  forecasts: () => ({ queryKey: ['networks', 'forecasts'], queryFn: ({ signal }: Signal) => items(get<Forecasts>('/networks/forecast', signal)) }),
  authority: () => ({ queryKey: ['identities'], queryFn: ({ signal }: Signal) => get<FleetAuthority>('/agents/identity', signal) }),
  alarms: () => ({ queryKey: ['identities', 'alarms'], queryFn: ({ signal }: Signal) => items(get<IdentityAlarms>('/identity-alarms', signal)), refetchInterval: LOOK_MS }),
  versions: () => ({ queryKey: ['upgrades', 'versions'], queryFn: ({ signal }: Signal) => get<AgentVersions>('/agents/versions', signal), refetchInterval: LOOK_MS }),
  upgrades: () => ({ queryKey: ['upgrades'], queryFn: ({ signal }: Signal) => items(get<Upgrades>('/agents/upgrades', signal)), refetchInterval: LOOK_MS }),
};

export const fleetMutations = {
  callLost: (host: string, reason: string) => call<HostEvidence>('POST', `/hosts/${part(host)}/lost`, { body: { reason } }),
  setGovernor: (settings: GovernorSettingsInput) => call<GovernorView>('PUT', '/governor', { body: settings }),
  decideHold: (id: string, verb: 'release' | 'decline', reason: string) => call<HoldView>('POST', `/governor/holds/${part(id)}/${verb}`, { body: { reason } }),
  /** Changes nothing: what would move where, how long it takes, what would be lost by force. */
  previewMaintenance: (ask: Pick<MaintenanceAskInput, 'hosts' | 'rack' | 'site' | 'pace'>, signal: AbortSignal) => call<MaintenancePreview>('POST', '/maintenance/preview', { body: ask, signal, deadlineMs: THINKING_MS }),
  startMaintenance: (ask: MaintenanceAskInput) => call<Maintenance>('POST', '/maintenance', { body: ask, deadlineMs: THINKING_MS }),
  /** Before its hosts are empty this gives it up. */
  endMaintenance: (id: string, reason: string, bringBack: boolean) => call<Maintenance>('POST', `/maintenance/${part(id)}/end`, { body: { reason, bringBack } }),
  forceMaintenance: (id: string, force: MaintenanceForce) => call<Maintenance>('POST', `/maintenance/${part(id)}/force`, { body: force, deadlineMs: THINKING_MS }),
  decideOrphan: (decision: OrphanDecisionInput) => call<void>('POST', '/orphans/decisions', { body: decision }),
  resumeDrift: (replicaId: string, note: string) => call<DriftView>('POST', '/drift/resume', { body: { replicaId, note } }),
  reserve: (draft: { readonly network: string; readonly kind: 'reserved' | 'excluded'; readonly first: string; readonly last?: string; readonly note: string }) => call<ReservationView>('POST', '/addresses/reservations', { body: draft }),
  unreserve: (id: string) => call<void>('DELETE', `/addresses/reservations/${part(id)}`),
  answerAlarm: (id: string, verdict: 'keep' | 'newcomer', reason: string) => call<void>('POST', `/identity-alarms/${part(id)}`, { body: { verdict, reason } }),
  startUpgrade: (ask: UpgradeAskInput) => call<UpgradeView>('POST', '/agents/upgrades', { body: ask }),
  actOnUpgrade: (id: string, verb: 'pause' | 'resume' | 'abort', reason: string) => call<UpgradeView>('POST', `/agents/upgrades/${part(id)}`, { body: { verb, reason } }),
};
