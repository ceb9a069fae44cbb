/**
 * Makes the pictures of the README from a running product with a simulated fleet: `node test/e2e/pictures.ts`.
 * Writes web/pictures/*.png; nothing else. The figures in them are what the product said at that moment.
 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { ServiceView } from '#server/http/contract/index.ts';
import { type Seat, takeSeat, type WindowOptions } from './seat.ts';

const FOLDER = fileURLToPath(new URL('../../web/pictures', import.meta.url));
const DEADLINE_MS = 30_000;

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
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    const { items } = await api.get<{ items: ServiceView[] }>('/services');
    if (items.flatMap(({ workloads }) => workloads).every(({ wanted, running }) => running >= wanted)) return;
    if (performance.now() > end) throw new Error('not everything runs after 30 s');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function picture(seat: Seat, name: string, path: string, { who = 'dev', ...options }: WindowOptions & { readonly who?: 'dev' | 'sre' }, prepare: (page: Awaited<ReturnType<Seat['open']>>['page']) => Promise<void> = async () => undefined): Promise<void> {
  const { page, context } = await seat.open({ width: 1280, height: 860, ...options });
  await seat.signIn(page, who);
  await page.goto(seat.url + path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
  await prepare(page);
  await page.screenshot({ path: join(FOLDER, `${name}.png`), animations: 'disabled' });
  await context.close();
}

await mkdir(FOLDER, { recursive: true });
await using seat = await takeSeat({ physical: 12, 'private-vm': 8, 'cloud-vm': 6 });
await fill(seat);
await picture(seat, 'ask', '/ask', {}, async (page) => {
  await page.getByLabel('Service', { exact: true }).fill('depth');
  await page.getByLabel('Peak QPS').fill('400');
  await page.getByTestId('quote-replicas').waitFor();
  await page.locator('.opacity-45').waitFor({ state: 'detached' });
});
const WHAT_IF = [
  { kind: 'drain', hosts: ['phy1'] },
  { kind: 'lose', domain: 'host', name: 'phy2' },
  { kind: 'grow', workload: 'quote.production', permille: 1500 },
];
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
