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
  service: (name: string, query: { environment?: string } = {}) => withQuery(`/services/${part(name)}`, query),
  hosts: () => '/hosts',
  host: (name: string) => `/hosts/${part(name)}`,
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
