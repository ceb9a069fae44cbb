// What can be asked of the server, each with the key under which the answer is kept. The first part of a key is the live stream's topic,
// so that one change invalidates everything that shows it (live.ts). Nothing here writes: changes are in mutations.ts.
import { keepPreviousData } from '@tanstack/solid-query';
import type {
  AutoscaleChart,
  AutoscaleOverview,
  AutoscaleVersion,
  AutoscaleView,
  BuildView,
  CapacityRequest,
  ClusterProof,
  DecisionDetail,
  DecisionView,
  DeployLock,
  EventView,
  FreezeView,
  Frontier,
  HostDetail,
  HostView,
  JoinToken,
  LatestMetrics,
  LayerDetail,
  LayerView,
  MarketDays,
  MarketsToday,
  Me,
  Metric,
  MetricsHistory,
  NetworkView,
  PlanDetail,
  PlanView,
  PolicyView,
  PoolView,
  ProposalDetail,
  ProposalView,
  QuotaView,
  RegistryView,
  ReleaseDiff,
  ReleaseView,
  RolloutDetail,
  RolloutView,
  SecretView,
  ServiceDetail,
  ServiceView,
  SignalView,
  Status,
  SurgeView,
  SurvivalReport,
  Team,
  Token,
  User,
  WebhookView,
  WhyNots,
} from '#server/http/contract/index.ts';
import { ApiError, get, getAll, getBytes, THINKING_MS } from './client.ts';

type Signal = { readonly signal: AbortSignal };
const part = encodeURIComponent;
/** Whole policies: the server gives fewer of them at once. */
const MOST_VERSIONS = 200;
/** Of lists that grow for ever, the newest; what is older is on the command line. */
const MOST_RECENT = 200;
const recent = async <T>(path: string, query: Readonly<Record<string, string | undefined>>, signal: AbortSignal): Promise<T[]> => {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return (await get<{ items: T[] }>(`${path}?${new URLSearchParams([['limit', String(MOST_RECENT)], ...given]).toString()}`, signal)).items;
};

export const queries = {
  me: () => ({
    queryKey: ['me'],
    /** null: nobody is signed in. */
    queryFn: async ({ signal }: Signal): Promise<Me | null> => {
      try {
        return await get<Me>('/me', signal);
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
  }),
  status: () => ({ queryKey: ['status'], queryFn: ({ signal }: Signal) => get<Status>('/status', signal) }),
  services: () => ({ queryKey: ['services'], queryFn: ({ signal }: Signal) => getAll<ServiceView>('/services', signal) }),
  service: (name: string) => ({ queryKey: ['services', name], queryFn: ({ signal }: Signal) => get<ServiceDetail>(`/services/${part(name)}`, signal) }),
  hosts: () => ({ queryKey: ['hosts'], queryFn: ({ signal }: Signal) => getAll<HostView>('/hosts', signal) }),
  host: (name: string) => ({ queryKey: ['hosts', name], queryFn: ({ signal }: Signal) => get<HostDetail>(`/hosts/${part(name)}`, signal) }),
  quotas: () => ({ queryKey: ['quotas'], queryFn: ({ signal }: Signal) => getAll<QuotaView>('/quotas', signal) }),
  requests: () => ({ queryKey: ['requests'], queryFn: ({ signal }: Signal) => getAll<CapacityRequest>('/requests', signal) }),
  request: (id: string) => ({ queryKey: ['requests', id], queryFn: ({ signal }: Signal) => get<CapacityRequest>(`/requests/${part(id)}`, signal) }),
  plans: (limit: number) => ({ queryKey: ['plans', 'latest', limit], placeholderData: keepPreviousData, queryFn: async ({ signal }: Signal) => (await get<{ items: PlanView[] }>(`/plans?limit=${limit}`, signal)).items }),
  plan: (id: string) => ({ queryKey: ['plans', id], queryFn: ({ signal }: Signal) => get<PlanDetail>(`/plans/${part(id)}`, signal) }),
  events: (filter: { limit: number; subject?: string; kind?: string }) => ({
    queryKey: ['events', filter],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }: Signal) => {
      const query = new URLSearchParams({ limit: String(filter.limit) });
      if (filter.subject) query.set('subject', filter.subject);
      if (filter.kind) query.set('kind', filter.kind);
      const { items } = await get<{ items: EventView[] }>(`/events?${query.toString()}`, signal);
      return items.toSorted((one, other) => other.seq - one.seq);
    },
  }),
  networks: () => ({ queryKey: ['networks'], queryFn: ({ signal }: Signal) => getAll<NetworkView>('/networks', signal) }),
  joinTokens: () => ({ queryKey: ['networks', 'join-tokens'], queryFn: ({ signal }: Signal) => getAll<JoinToken>('/join-tokens', signal) }),
  policy: () => ({ queryKey: ['policy'], queryFn: ({ signal }: Signal) => get<PolicyView>('/policy', signal) }),
  /** Newest first. */
  policyVersions: () => ({ queryKey: ['policy', 'versions'], queryFn: async ({ signal }: Signal) => (await getAll<PolicyView>('/policy/versions', signal, MOST_VERSIONS)).toSorted((one, other) => other.version - one.version) }),
  pools: () => ({ queryKey: ['pools'], queryFn: ({ signal }: Signal) => getAll<PoolView>('/pools', signal) }),
  proposals: () => ({ queryKey: ['proposals'], queryFn: ({ signal }: Signal) => getAll<ProposalView>('/proposals', signal) }),
  proposal: (id: string) => ({ queryKey: ['proposals', id], queryFn: ({ signal }: Signal) => get<ProposalDetail>(`/proposals/${part(id)}`, signal) }),
  proof: () => ({ queryKey: ['insight', 'proof'], queryFn: ({ signal }: Signal) => get<ClusterProof>('/proof', signal) }),
  survival: () => ({ queryKey: ['insight', 'survival'], queryFn: ({ signal }: Signal) => get<SurvivalReport>('/survival', signal) }),
  /** Asked apart from the other insight: it is dear, and what one looks at should not change under the hand. */
  frontier: () => ({ queryKey: ['frontier'], queryFn: ({ signal }: Signal) => get<Frontier>('/frontier', signal, THINKING_MS) }),
  whyNot: (workloadId: string) => ({ queryKey: ['insight', 'why', workloadId], queryFn: ({ signal }: Signal) => get<WhyNots>(`/workloads/${part(workloadId)}/why`, signal, THINKING_MS) }),
  /** Newest first. */
  builds: (of: { service?: string } = {}) => ({ queryKey: ['builds', 'list', of], queryFn: ({ signal }: Signal) => recent<BuildView>('/builds', of, signal) }),
  build: (id: string) => ({ queryKey: ['builds', id], queryFn: ({ signal }: Signal) => get<BuildView>(`/builds/${part(id)}`, signal) }),
  /** Not kept: the log reads on from where it is. */
  buildLog: (id: string, offset: number, signal: AbortSignal) => getBytes(`/builds/${part(id)}/log`, offset, signal),
  layers: () => ({ queryKey: ['layers'], queryFn: ({ signal }: Signal) => getAll<LayerView>('/layers', signal) }),
  layer: (name: string) => ({ queryKey: ['layers', name], queryFn: ({ signal }: Signal) => get<LayerDetail>(`/layers/${part(name)}`, signal) }),
  registry: () => ({ queryKey: ['registry'], queryFn: ({ signal }: Signal) => get<RegistryView>('/registry', signal) }),
  /** Newest first. */
  releases: (service: string, environment: string) => ({ queryKey: ['releases', 'of', service, environment], queryFn: ({ signal }: Signal) => recent<ReleaseView>(`/services/${part(service)}/releases`, { environment }, signal) }),
  release: (id: string) => ({ queryKey: ['releases', id], queryFn: ({ signal }: Signal) => get<ReleaseView>(`/releases/${part(id)}`, signal) }),
  /** `against` absent: with the release that runs now. */
  releaseDiff: (id: string, against?: string) => ({ queryKey: ['releases', id, 'diff', against ?? ''], queryFn: ({ signal }: Signal) => get<ReleaseDiff>(`/releases/${part(id)}/diff${against === undefined ? '' : `?against=${part(against)}`}`, signal) }),
  /** Newest first. */
  rollouts: (of: { service?: string } = {}) => ({ queryKey: ['rollouts', 'list', of], queryFn: ({ signal }: Signal) => recent<RolloutView>('/rollouts', of, signal) }),
  activeRollouts: () => ({ queryKey: ['rollouts', 'active'], queryFn: ({ signal }: Signal) => recent<RolloutView>('/rollouts', { active: 'true' }, signal) }),
  rollout: (id: string) => ({ queryKey: ['rollouts', id], queryFn: ({ signal }: Signal) => get<RolloutDetail>(`/rollouts/${part(id)}`, signal) }),
  secrets: (team: string) => ({ queryKey: ['secrets', team], queryFn: ({ signal }: Signal) => getAll<SecretView>(`/secrets?team=${part(team)}`, signal) }),
  /** null: it is not locked. */
  deployLock: (workloadId: string) => ({ queryKey: ['releases', 'lock', workloadId], queryFn: ({ signal }: Signal) => get<DeployLock | null>(`/workloads/${part(workloadId)}/lock`, signal) }),
  markets: () => ({ queryKey: ['market', 'today'], queryFn: ({ signal }: Signal) => get<MarketsToday>('/market', signal) }),
  signals: () => ({ queryKey: ['signals'], queryFn: ({ signal }: Signal) => getAll<SignalView>('/signals', signal) }),
  surges: () => ({ queryKey: ['surges'], queryFn: ({ signal }: Signal) => getAll<SurgeView>('/surges', signal) }),
  autoscaleOverview: () => ({ queryKey: ['autoscale', 'overview'], queryFn: ({ signal }: Signal) => get<AutoscaleOverview>('/autoscale', signal) }),
  autoscale: (workloadId: string) => ({ queryKey: ['autoscale', 'of', workloadId], queryFn: ({ signal }: Signal) => get<AutoscaleView>(`/workloads/${part(workloadId)}/autoscale`, signal) }),
  autoscaleChart: (workloadId: string, hours: number) => ({
    queryKey: ['autoscale', 'chart', workloadId, hours],
    // A chart is drawn whole: comparing thousands of points would cost more.
    reconcile: false as const,
    queryFn: ({ signal }: Signal) => get<AutoscaleChart>(`/workloads/${part(workloadId)}/autoscale/chart?hours=${hours}`, signal),
  }),
  /** When markets trade between two days, in order of time. */
  sessions: (markets: readonly string[], from: string, to: string) => ({
    queryKey: ['market', 'sessions', markets, from, to],
    queryFn: async ({ signal }: Signal) => {
      const days = await Promise.all(markets.map((market) => get<MarketDays>(`/market/days?${new URLSearchParams({ market, from, to }).toString()}`, signal)));
      return days.flatMap(({ items }) => items.flatMap(({ sessions }) => sessions));
    },
  }),
  autoscaleVersions: (workloadId: string) => ({ queryKey: ['autoscale', 'versions', workloadId], queryFn: ({ signal }: Signal) => recent<AutoscaleVersion>(`/workloads/${part(workloadId)}/autoscale/versions`, {}, signal) }),
  /** Newest first. `action`: only such, `changes` for those that changed the number. */
  decisions: (of: { workload?: string; action?: 'changes'; limit: number }) => ({
    queryKey: ['autoscale', 'decisions', of],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }: Signal) => {
      const query = new URLSearchParams({ limit: String(of.limit), ...(of.workload === undefined ? {} : { workload: of.workload }), ...(of.action === undefined ? {} : { action: of.action }) });
      return (await get<{ items: DecisionView[] }>(`/decisions?${query.toString()}`, signal)).items;
    },
  }),
  /** A decision never changes. */
  decision: (id: string) => ({ queryKey: ['decision', id], staleTime: Infinity, queryFn: ({ signal }: Signal) => get<DecisionDetail>(`/decisions/${part(id)}`, signal) }),
  latestMetrics: (workloadId: string) => ({ queryKey: ['metrics', 'latest', workloadId], queryFn: ({ signal }: Signal) => get<LatestMetrics>(`/workloads/${part(workloadId)}/metrics`, signal) }),
  /** `minutes` until now. */
  metrics: (of: { workload: string } | { host: string }, metrics: readonly Metric[], minutes: number) => ({
    queryKey: ['metrics', 'history', of, metrics, minutes],
    reconcile: false as const,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }: Signal) => get<MetricsHistory>(`/metrics?${new URLSearchParams({ ...of, metrics: metrics.join(','), from: new Date(Date.now() - minutes * 60_000).toISOString(), points: '300' }).toString()}`, signal),
  }),
  freezes: () => ({ queryKey: ['freezes'], queryFn: ({ signal }: Signal) => getAll<FreezeView>('/freezes', signal) }),
  webhooks: () => ({ queryKey: ['webhooks'], queryFn: ({ signal }: Signal) => getAll<WebhookView>('/webhooks', signal) }),
  teams: () => ({ queryKey: ['accounts', 'teams'], queryFn: ({ signal }: Signal) => getAll<Team>('/teams', signal) }),
  users: () => ({ queryKey: ['accounts', 'users'], queryFn: ({ signal }: Signal) => getAll<User>('/users', signal) }),
  tokens: () => ({ queryKey: ['accounts', 'tokens'], queryFn: ({ signal }: Signal) => getAll<Token>('/tokens', signal) }),
};
