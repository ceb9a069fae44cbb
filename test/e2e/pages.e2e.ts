// Every page in both themes and both languages: accessible by axe's rules, no wider than its window down to 380 px, and without complaints.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Seat, takeSeat } from './seat.ts';

let seat: Seat;
let pages: Readonly<Record<string, string>>;

beforeAll(async () => {
  seat = await takeSeat();
  const { api } = seat.site;
  const draft = { team: 'quotes', environment: 'production', profile: { cpuMsPerRequest: 20, memoryBaseMib: 300, memoryKibPerQps: 512 }, run: { image: 'firn/demo:1' } };
  await api.post('/requests', { ...draft, service: 'quote', peakQps: 40 });
  const waiting = await api.post<{ id: string }>('/requests', { ...draft, service: 'kline', peakQps: 900, why: 'Earnings season' });
  await api.post('/hosts/phy2/cordon', { reason: 'Disk replacement' });
  const plan = await firstPlan();
  await api.put('/pools/c-small', { site: 'vpc1', capacity: { cpuMilli: 4000, memoryMib: 8192 }, costCentsPerHour: 70, limit: 50 });
  const proposal = await api.post<{ id: string }>('/proposals', { title: 'Disks of phy1', note: 'On Friday', changes: [{ kind: 'drain', hosts: ['phy1'] }] });
  await api.post(`/requests/${(await api.post<{ id: string }>('/requests', { ...draft, service: 'batch', peakQps: 20_000 })).id}/approve`, { reason: 'to see what finds no room' });
  const changes = Buffer.from(JSON.stringify([{ kind: 'lose', domain: 'rack', name: 'dc1/r01' }, { kind: 'buy' }, { kind: 'grow', workload: 'quote.production', permille: 1500 }])).toString('base64url');
  pages = {
    overview: '/',
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
    account: '/account',
    people: '/people',
    missing: '/no-such-page',
  };
});
afterAll(() => seat?.[Symbol.asyncDispose]());

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
  test(`every page is accessible: ${look.theme}, ${look.language}`, { timeout: 300_000 }, async () => {
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

test('no page scrolls sideways in a window of 380 px, in either language', { timeout: 300_000 }, async () => {
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
