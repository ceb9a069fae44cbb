/**
 * Makes the pictures of the README from a running product with a simulated fleet: `node test/e2e/pictures.ts [capacity|market]`.
 * Writes web/pictures/*.png; nothing else. The figures in them are what the product said at that moment.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FakeBehaviour } from '#agents/docker/fake-behaviour.ts';
import type { ReleaseView, RolloutView, ServiceDetail, ServiceView } from '#server/http/contract/index.ts';
import { SimulatedCloud } from '../lab/demo-cloud.ts';
import { ensureService, setUpMarket } from '../lab/demo-market.ts';
import { ENVIRONMENT, SIMULATED, TEAM } from '../lab/demo-services.ts';
import { gatewayToken, inMemory, runTraffic, tellEngines } from '../lab/demo-traffic.ts';
import { type Seat, takeSeat, type WindowOptions } from './seat.ts';
import { until } from './until.ts';

const FOLDER = fileURLToPath(new URL('../../web/pictures', import.meta.url));
const DEADLINE_MS = 30_000;
const HEIGHT = 860;
const FLEET = { physical: 12, 'private-vm': 8, 'cloud-vm': 6 };

interface Wish {
  readonly service: string;
  readonly environment: string;
  readonly peakQps: number;
  readonly cpuMsPerRequest: number;
}

const WISHES: readonly Wish[] = [
  { service: 'quote', environment: 'production', peakQps: 900, cpuMsPerRequest: 20 },
  { service: 'quote', environment: 'gray', peakQps: 60, cpuMsPerRequest: 20 },
  { service: 'kline', environment: 'production', peakQps: 2500, cpuMsPerRequest: 6 },
  { service: 'order-book', environment: 'production', peakQps: 700, cpuMsPerRequest: 35 },
  { service: 'news-feed', environment: 'production', peakQps: 300, cpuMsPerRequest: 45 },
  { service: 'search', environment: 'staging', peakQps: 80, cpuMsPerRequest: 30 },
];

async function fill({ site: { api } }: Seat): Promise<void> {
  for (const environment of ['production', 'gray', 'staging']) await api.put(`/quotas/quotes/${environment}`, { cpuMilli: environment === 'production' ? 200_000 : 40_000, memoryMib: environment === 'production' ? 409_600 : 81_920 });
  for (const wish of WISHES) {
    const profile = { cpuMsPerRequest: wish.cpuMsPerRequest, memoryBaseMib: 300, memoryKibPerQps: 512 };
    await api.post('/requests', { team: 'quotes', service: wish.service, environment: wish.environment, peakQps: wish.peakQps, profile, run: { image: `firn/${wish.service}:1` }, why: 'For the opening of the market' });
  }
  await api.post('/hosts/phy5/cordon', { reason: 'Disk replacement' });
  await until(() => api.get<{ items: ServiceView[] }>('/services'), ({ items }) => items.flatMap(({ workloads }) => workloads).every(({ wanted, running }) => running >= wanted), DEADLINE_MS);
}

interface Look extends WindowOptions {
  readonly who?: 'dev' | 'sre';
  /** Without the menu and what is above the page. */
  readonly isPageOnly?: boolean;
}

async function picture(seat: Seat, name: string, path: string, { who = 'dev', isPageOnly = false, ...options }: Look, prepare: (page: Awaited<ReturnType<Seat['open']>>['page']) => Promise<void> = async () => undefined): Promise<void> {
  const { page, context } = await seat.open({ width: 1280, height: HEIGHT, ...options });
  await seat.signIn(page, who);
  await page.goto(seat.url + path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
  await prepare(page);
  const box = isPageOnly ? await page.locator('main').boundingBox() : null;
  const clip = box === null ? {} : { clip: { ...box, height: Math.min(box.height, (options.height ?? HEIGHT) - box.y) } };
  await page.screenshot({ path: join(FOLDER, `${name}.png`), animations: 'disabled', ...clip });
  await context.close();
}

const WHAT_IF = [
  { kind: 'drain', hosts: ['phy1'] },
  { kind: 'lose', domain: 'host', name: 'phy2' },
  { kind: 'grow', workload: 'quote.production', permille: 1500 },
];

async function capacity(): Promise<void> {
  await using seat = await takeSeat(FLEET);
  await fill(seat);
  await picture(seat, 'ask', '/ask', {}, async (page) => {
    await page.getByLabel('Service', { exact: true }).fill('depth');
    await page.getByLabel('Peak QPS').fill('400');
    await page.getByTestId('quote-replicas').waitFor();
    await page.locator('.opacity-45').waitFor({ state: 'detached' });
  });
  await picture(seat, 'simulate', `/simulate?changes=${Buffer.from(JSON.stringify(WHAT_IF)).toString('base64url')}`, { who: 'sre', height: 1100 }, async (page) => {
    await page.getByTestId('consequence').waitFor();
  });
  await picture(seat, 'policy', '/policy', { who: 'sre', height: 1000 }, async (page) => {
    await page.getByRole('checkbox', { name: 'Private VM', exact: true }).nth(3).uncheck();
    await page.getByLabel('Pack').last().fill('60');
    await page.getByTestId('consequence').waitFor();
    await page.locator('.animate-spin').waitFor({ state: 'detached' });
  });
  await picture(seat, 'hosts', '/hosts', {});
  await picture(seat, 'service', '/services/quote', {});
  await picture(seat, 'ask-zh-dark', '/ask', { theme: 'dark', language: 'zh' }, async (page) => {
    await page.getByTestId('quote-replicas').waitFor();
  });
}

/** The demo's market day, followed for so long before anybody looks. */
const LIVED_MS = 75_000;

async function market(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'firn-pictures-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const behaviours = new Map<string, FakeBehaviour>();
  const cloud = stack.use(await SimulatedCloud.start(folder, behaviours));
  const seat = stack.use(await takeSeat(FLEET, { behaviours, server: { provisioners: cloud.file, dnsProxies: ['127.0.0.0/8'] } }));
  const { api, server } = seat.site;
  cloud.agentUrl = server.agentUrl;
  await api.put(`/quotas/${TEAM}/${ENVIRONMENT}`, { cpuMilli: 160_000, memoryMib: 327_680 });
  for (const service of SIMULATED) await ensureService(api, service);
  const stop = new AbortController();
  const running = Promise.all([
    runTraffic({ url: seat.url, token: await gatewayToken(api, join(folder, 'token')), services: SIMULATED, carry: inMemory(seat.url), signal: stop.signal }),
    tellEngines(api, SIMULATED, behaviours, stop.signal),
  ]);
  await setUpMarket(api, server.context, SIMULATED, { rangeSupernet: '10.4.0.0/16', capacity: { cpuMilli: 16_000, memoryMib: 32_768 }, buysAtFirst: 1 }, stop.signal);
  await delay(LIVED_MS);
  await picture(seat, 'market', '/market', { height: 1280, isPageOnly: true });
  await picture(seat, 'autoscale', '/services/quote?environment=production&tab=autoscale', { height: 1040, isPageOnly: true }, async (page) => {
    await page.getByRole('slider', { name: 'Replicas', exact: true }).waitFor();
  });
  await picture(seat, 'burst', '/burst', { who: 'sre', height: 1040, isPageOnly: true });
  await picture(seat, 'sites', '/sites', { who: 'sre', height: 1000, isPageOnly: true });
  await pictureOfRollout(seat);
  stop.abort();
  await running;
}

async function pictureOfRollout(seat: Seat): Promise<void> {
  const { api } = seat.site;
  const release = await api.post<ReleaseView>('/services/quote/releases', { environment: ENVIRONMENT, from: { kind: 'current' }, config: { env: { VERSION: '2' } } });
  const steps = [{ target: { permille: 300 }, promotion: { by: 'time', seconds: 90 } }, { target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }];
  const { id } = await api.post<RolloutView>(`/releases/${release.id}/rollout`, { strategy: { steps, surge: { count: 2 } } });
  await delay(25_000);
  await picture(seat, 'rollout', `/rollouts/${id}`, { isPageOnly: true });
  const { replicas } = await api.get<ServiceDetail>('/services/quote');
  await picture(seat, 'story', `/replicas/${replicas.find(({ state }) => state === 'running')?.id}`, { isPageOnly: true });
}

await mkdir(FOLDER, { recursive: true });
const [only] = process.argv.slice(2);
if (only !== 'market') await capacity();
if (only !== 'capacity') await market();
