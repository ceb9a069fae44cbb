// The only maker of the console's addresses. Takes names and ids as people know them; gives paths that are safe to put into a link.

const part = encodeURIComponent;

function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

export const paths = {
  overview: () => '/',
  /** `service` with `environment`: the form opens filled with what that workload asks now, and with other fields of the form as given. */
  ask: (query: { service?: string; environment?: string } & Readonly<Record<string, string>> = {}) => withQuery('/ask', query),
  services: () => '/services',
  /** `tab`: which part of the service is shown; the overview when absent. `decision`: the one of the autoscaler that is opened. */
  service: (name: string, query: { environment?: string; tab?: 'autoscale' | 'releases' | 'builds' | 'configuration'; decision?: string } = {}) => withQuery(`/services/${part(name)}`, query),
  /** Composes a release. `from`: what it starts with; `build`: the built commit that is chosen already. */
  makeRelease: (service: string, query: { environment: string; from?: 'build' | 'new' | 'release' | 'current' | 'image'; build?: string }) => withQuery(`/services/${part(service)}/release`, query),
  /** `against`: another release of the workload that it is compared with. */
  release: (id: string, query: { against?: string } = {}) => withQuery(`/releases/${part(id)}`, query),
  /** Where it is set how a workload follows demand. */
  autoscaleSettings: (service: string, query: { environment: string }) => withQuery(`/services/${part(service)}/autoscale`, query),
  market: () => '/market',
  burst: () => '/burst',
  /** `name`: the DNS name whose answers and clients are shown. */
  sites: (query: { name?: string } = {}) => withQuery('/sites', query),
  /** Composes a shift: of a name, or to empty a site. */
  makeShift: (query: { name?: string; drain?: string } = {}) => withQuery('/shifts/new', query),
  shift: (id: string) => `/shifts/${part(id)}`,
  /** `from`: the drill whose ask the form starts with. */
  drills: (query: { from?: string } = {}) => withQuery('/drills', query),
  /** `against`: another drill that it is compared with. */
  drill: (id: string, query: { against?: string } = {}) => withQuery(`/drills/${part(id)}`, query),
  calendars: (query: { market?: string } = {}) => withQuery('/calendars', query),
  signals: () => '/signals',
  signal: (name: string) => `/signals/${part(name)}`,
  /** `tab`: which part is shown; its life when absent. */
  replica: (id: string, query: { tab?: 'logs' | 'shell' } = {}) => withQuery(`/replicas/${part(id)}`, query),
  rollouts: () => '/rollouts',
  rollout: (id: string) => `/rollouts/${part(id)}`,
  builds: () => '/builds',
  build: (id: string) => `/builds/${part(id)}`,
  layers: () => '/layers',
  layer: (name: string) => `/layers/${part(name)}`,
  registry: () => '/registry',
  freezes: () => '/freezes',
  webhooks: () => '/webhooks',
  hosts: () => '/hosts',
  host: (name: string) => `/hosts/${part(name)}`,
  governor: () => '/governor',
  maintenances: () => '/maintenance',
  maintenance: (id: string) => `/maintenance/${part(id)}`,
  /** `find`: part of an address, MAC, replica, workload or host; `at`: the instant that is asked about. */
  addresses: (query: { find?: string; at?: string } = {}) => withQuery('/addresses', query),
  agents: () => '/agents',
  orphans: () => '/orphans',
  quotas: () => '/quotas',
  requests: () => '/requests',
  request: (id: string) => `/requests/${part(id)}`,
  plans: () => '/plans',
  plan: (id: string) => `/plans/${part(id)}`,
  events: (query: { subject?: string; kind?: string } = {}) => withQuery('/events', query),
  policy: () => '/policy',
  /** `changes`: a composition as `forms/changes-link.ts` writes it. */
  simulate: (query: { changes?: string } = {}) => withQuery('/simulate', query),
  defragment: () => '/defragment',
  proposals: () => '/proposals',
  proposal: (id: string) => `/proposals/${part(id)}`,
  networks: () => '/networks',
  account: () => '/account',
  people: () => '/people',
};
