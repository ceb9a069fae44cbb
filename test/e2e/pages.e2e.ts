// Every page in both themes and both languages: accessible by axe's rules, no wider than its window down to 380 px, and without complaints.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import type { ServiceDetail } from '#server/http/contract/index.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Seat, takeSeat } from './seat.ts';

let seat: Seat;
let pages: Readonly<Record<string, string>>;

beforeAll(async () => {
  seat = await takeSeat();
  const { api } = seat.site;
  const draft = { team: 'quotes', environment: 'production', profile: { cpuMsPerRequest: 20, memoryBaseMib: 300, memoryKibPerQps: 512 }, run: { image: 'firn/demo:1' } };
  await api.post('/requests', { ...draft, service: 'quote', peakQps: 40 });
  await api.put('/quotas/quotes/staging', { cpuMilli: 40_000, memoryMib: 81_920 });
  await api.post('/requests', { ...draft, service: 'quote', environment: 'staging', peakQps: 40 });
  // Before others take the room that its rollout needs.
  const released = await releasePages();
  const waiting = await api.post<{ id: string }>('/requests', { ...draft, service: 'kline', peakQps: 900, why: 'Earnings season' });
  await api.post('/hosts/phy2/cordon', { reason: 'Disk replacement' });
  const plan = await firstPlan();
  await api.put('/pools/c-small', { site: 'vpc1', capacity: { cpuMilli: 4000, memoryMib: 8192 }, costCentsPerHour: 70, limit: 50 });
  const proposal = await api.post<{ id: string }>('/proposals', { title: 'Disks of phy1', note: 'On Friday', changes: [{ kind: 'drain', hosts: ['phy1'] }] });
  await api.post(`/requests/${(await api.post<{ id: string }>('/requests', { ...draft, service: 'batch', peakQps: 20_000 })).id}/approve`, { reason: 'to see what finds no room' });
  const { replicas } = await api.get<ServiceDetail>('/services/quote');
  const replica = replicas[0]!.id;
  const maintenance = await api.post<{ id: string }>('/maintenance', { rack: 'dc1/r01v', why: 'New switches', startsAt: new Date(Date.now() + 3_600_000).toISOString() });
  const changes = Buffer.from(JSON.stringify([{ kind: 'lose', domain: 'rack', name: 'dc1/r01' }, { kind: 'buy' }, { kind: 'grow', workload: 'quote.production', permille: 1500 }])).toString('base64url');
  pages = {
    ...released,
    ...(await followPages()),
    overview: '/',
    market: '/market',
    serviceAutoscale: '/services/quote?tab=autoscale',
    autoscaleSettings: '/services/quote/autoscale?environment=production',
    ask: '/ask',
    resize: '/ask?service=quote&environment=production',
    services: '/services',
    service: '/services/quote',
    pending: '/services/batch',
    hosts: '/hosts',
    host: '/hosts/phy2',
    quotas: '/quotas',
    requests: '/requests',
    request: `/requests/${waiting.id}`,
    policy: '/policy',
    simulate: '/simulate',
    simulated: `/simulate?changes=${changes}`,
    defragment: '/defragment',
    proposals: '/proposals',
    proposal: `/proposals/${proposal.id}`,
    plans: '/plans',
    plan: `/plans/${plan}`,
    events: '/events',
    networks: '/networks',
    addresses: '/addresses',
    governor: '/governor',
    maintenances: '/maintenance',
    maintenance: `/maintenance/${maintenance.id}`,
    replica: `/replicas/${replica}`,
    replicaLogs: `/replicas/${replica}?tab=logs`,
    replicaShell: `/replicas/${replica}?tab=shell`,
    agents: '/agents',
    orphans: '/orphans',
    account: '/account',
    people: '/people',
    missing: '/no-such-page',
  };
}, 300_000);
afterAll(() => seat?.[Symbol.asyncDispose]());

/** A release that can be started, a rollout that is done, a build that waits for a builder, and what surrounds them. */
async function releasePages(): Promise<Record<string, string>> {
  const { api } = seat.site;
  const workload = await settled('quote');
  const make = (environment: string, image: string) => api.post<{ id: string }>('/services/quote/releases', { environment, from: { kind: 'image', image }, config: { env: { LOG_LEVEL: 'warn' }, files: { '/etc/quote/limits.yaml': { content: 'depth: 20' } } }, note: 'Fixes the rounding of bond prices' });
  const strategy = { steps: [{ target: { count: 1 }, promotion: { by: 'hand' } }, { target: { permille: 1000 }, promotion: { by: 'gates' } }] };
  const rollout = await api.post<{ id: string }>(`/releases/${(await make('production', 'firn/demo:2')).id}/rollout`, { strategy, why: 'Earnings season', override: ['not-proven'] });
  await api.put(`/workloads/${workload}/lock`, { reason: 'Incident 412' });
  await api.post('/freezes', { name: 'a-share-session', environment: 'production', rule: { kind: 'session', market: 'a-share', from: 'open-10m', to: 'close+5m' }, reason: 'No changes while the market trades' });
  await api.post('/webhooks', { name: 'chat', url: 'https://chat.example.com/hooks/firn', events: ['rollout.started'] });
  await api.post('/secrets', { team: 'quotes', service: 'quote', environment: 'production', name: 'db-password', value: 'of this test' });
  const build = await api.post<{ id: string }>('/builds', { team: 'quotes', service: 'quote', url: 'https://git.example.com/quotes/quote.git', ref: 'main' });
  return {
    rollouts: '/rollouts',
    rollout: `/rollouts/${rollout.id}`,
    release: `/releases/${(await make('production', 'firn/demo:3')).id}`,
    startable: `/releases/${(await make('staging', 'firn/demo:2')).id}`,
    makeRelease: '/services/quote/release?environment=production',
    changeConfiguration: '/services/quote/release?environment=production&from=current',
    newBuild: '/services/quote/release?environment=production&from=new',
    serviceReleases: '/services/quote?tab=releases',
    serviceBuilds: '/services/quote?tab=builds',
    serviceConfiguration: '/services/quote?tab=configuration',
    builds: '/builds',
    build: `/builds/${build.id}`,
    layers: '/layers',
    registry: '/registry',
    freezes: '/freezes',
    webhooks: '/webhooks',
  };
}

/** The cloud, sites with a name and a shift, a drill that has begun, calendars, and a signal with values. */
async function followPages(): Promise<Record<string, string>> {
  const { api } = seat.site;
  const workload = await settled('quote');
  await api.put('/sites/dc1', { clients: ['10.20.0.0/16'], regions: ['Beijing'], links: [{ to: 'vpc1', data: 'both', mbps: 1000 }] });
  await api.put('/sites/vpc1', { clients: ['10.30.0.0/16'], links: [{ to: 'dc1', data: 'one-way' }] });
  await api.put('/names/quote.firn.test', { service: 'quote', environment: 'production', port: 8080, preference: 'weights' });
  const shift = await api.post<{ id: string }>('/shifts', { kind: 'weights', changes: [{ name: 'quote.firn.test', weights: { dc1: 300 } }], reason: 'New switches' });
  await api.put('/signals/turnover', { title: 'A-share turnover', unit: 'bn CNY' });
  await api.post('/signals/turnover', { values: [{ value: 120 }] });
  const drill = await api.post<{ id: string }>('/drills', { title: 'Hot day, twice', day: { kind: 'shipped', name: 'hot-day' }, times: 2, workloads: [{ workloadId: workload }] });
  return {
    burst: '/burst',
    sites: '/sites?name=quote.firn.test',
    makeShift: '/shifts/new?name=quote.firn.test',
    drainSite: '/shifts/new?drain=dc1',
    shift: `/shifts/${shift.id}`,
    drills: '/drills',
    drill: `/drills/${drill.id}`,
    calendars: '/calendars',
    signals: '/signals',
    signal: '/signals/turnover',
  };
}

/** Waits until everything of a service runs. @returns the id of its workload in production */
async function settled(service: string): Promise<string> {
  const end = performance.now() + 15_000;
  for (;;) {
    const { workloads } = await seat.site.api.get<{ workloads: { id: string; environment: string; wanted: number; running: number }[] }>(`/services/${service}`);
    const first = workloads.find(({ environment }) => environment === 'production');
    if (first !== undefined && workloads.every(({ wanted, running }) => wanted > 0 && running >= wanted)) return first.id;
    if (performance.now() > end) throw new Error(`${service} does not run within 15 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function firstPlan(): Promise<string> {
  const end = performance.now() + 10_000;
  for (;;) {
    const { items } = await seat.site.api.get<{ items: { id: string }[] }>('/plans');
    if (items[0] !== undefined) return items[0].id;
    if (performance.now() > end) throw new Error('no plan was made within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Opens a page and waits until none of it is still loading. */
async function visit(page: Page, path: string): Promise<void> {
  await page.goto(seat.url + path);
  await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
  await page.locator('.animate-spin').first().waitFor({ state: 'detached' });
}

/** What a person would read of axe's findings: the rule and where. There are no frames of others, so one window is enough for axe. */
async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1]?.trim() ?? ''}`));
}

for (const look of [
  { theme: 'light', language: 'en' },
  { theme: 'dark', language: 'zh' },
] as const) {
  test(`every page is accessible: ${look.theme}, ${look.language}`, { timeout: 600_000 }, async () => {
    const { page, context } = await seat.open(look);
    await page.goto(seat.url);
    await page.getByRole('button', { name: /^(Sign in|登录)$/ }).waitFor();
    const found: Record<string, string[]> = { login: await findings(page) };
    await seat.signIn(page, 'admin');
    for (const [name, path] of Object.entries(pages)) {
      await visit(page, path);
      found[name] = await findings(page);
    }
    await context.close();
    expect(Object.fromEntries(Object.entries(found).filter(([, all]) => all.length > 0))).toEqual({});
  });
}

test('no page scrolls sideways in a window of 380 px, in either language', { timeout: 600_000 }, async () => {
  const wide: string[] = [];
  for (const language of ['en', 'zh'] as const) {
    const { page, context } = await seat.open({ width: 380, height: 800, language });
    await seat.signIn(page, 'admin');
    for (const [name, path] of Object.entries(pages)) {
      await visit(page, path);
      const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      if (over > 0) wide.push(`${name} in ${language}: ${over} px too wide`);
    }
    await context.close();
  }
  expect(wide).toEqual([]);
});

test('nothing was complained about on the way', () => {
  expect(seat.complaints).toEqual([]);
});
