// Sites, traffic, calendars and signals in a real browser, against the real server with a simulated fleet of two sites.
import type { Page } from 'playwright-core';
import type { NameView, ServiceDetail, ShiftView, SignalView } from '#server/http/contract/index.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Seat, takeSeat } from './seat.ts';
import { until } from './until.ts';

const DEADLINE_MS = 60_000;
const NAME = 'quote.firn.test';
let seat: Seat;
let sre: Page;
let admin: Page;

beforeAll(async () => {
  seat = await takeSeat();
  sre = (await seat.open()).page;
  admin = (await seat.open()).page;
  await seat.signIn(sre, 'sre');
  await seat.signIn(admin, 'admin');
  const { api } = seat.site;
  await api.post('/requests', { team: 'quotes', service: 'quote', environment: 'production', peakQps: 40, profile: { cpuMsPerRequest: 20, memoryBaseMib: 300, memoryKibPerQps: 512 }, run: { image: 'firn/demo:1' } });
  await until(() => api.get<ServiceDetail>('/services/quote'), ({ replicas }) => replicas.length > 0 && replicas.every(({ state }) => state === 'running'), DEADLINE_MS);
}, 300_000);
afterAll(() => seat?.[Symbol.asyncDispose]());

test('a name leads clients to healthy replicas, and says what a client would be told and why', { timeout: 120_000 }, async () => {
  await sre.goto(`${seat.url}/sites`);
  await sre.getByText('No name yet', { exact: true }).waitFor();
  await sre.getByRole('button', { name: 'Add a name', exact: true }).first().click();
  const dialog = sre.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill(NAME);
  await dialog.getByLabel('Service', { exact: true }).fill('quote');
  await dialog.getByRole('radio', { name: /^By weights/ }).check({ force: true });
  await dialog.getByLabel('Port', { exact: true }).fill('8080');
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  const { items } = await seat.site.api.get<{ items: NameView[] }>('/names');
  expect(items.map(({ name, preference, port }) => [name, preference, port])).toEqual([[NAME, 'weights', 8080]]);

  await sre.getByRole('button', { name: 'What would a client get?', exact: true }).click();
  await sre.getByLabel('Client address', { exact: true }).fill('10.99.3.4');
  await sre.getByRole('button', { name: 'Ask', exact: true }).click();
  await sre.getByText(/^10\.\d+\.\d+\.\d+:8080$/).first().waitFor();
});

test('draining the only site that serves is refused before anybody asks for it', { timeout: 120_000 }, async () => {
  await sre.goto(`${seat.url}/shifts/new?drain=dc1`);
  await sre.getByText('It is refused', { exact: true }).waitFor();
  await sre.getByText(`${NAME} would have no site left that serves it`, { exact: true }).waitFor();
});

test('a shift is composed with its plan beside it, and needs a second person', { timeout: 120_000 }, async () => {
  await seat.site.api.put('/sites/vpc1', { clients: ['10.30.0.0/16'], links: [{ to: 'dc1', data: 'both' }] });
  await sre.goto(`${seat.url}/shifts/new?name=${NAME}`);
  await sre.getByText('Move a slider to see what would follow.', { exact: true }).waitFor();
  await sre.getByRole('textbox', { name: /^Weight of dc1/ }).fill('50');
  await sre.getByText(/^(It fits|It is refused)$/).first().waitFor();
  await sre.getByRole('button', { name: 'Propose', exact: true }).click();
  await sre.waitForURL(/\/shifts\/(?!new)/);
  await sre.getByText('Draft', { exact: true }).first().waitFor();
  const id = new URL(sre.url()).pathname.split('/').at(-1)!;

  await admin.goto(`${seat.url}/shifts/${id}`);
  await admin.getByRole('button', { name: 'Approve', exact: true }).click();
  await admin.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click();
  await until(() => seat.site.api.get<ShiftView>(`/shifts/${id}`), ({ state }) => state === 'approved');
  await sre.getByRole('button', { name: 'Apply', exact: true }).waitFor();
});

test('a signal is declared and shows what is pushed; a surge is announced and ended', { timeout: 120_000 }, async () => {
  await sre.goto(`${seat.url}/signals`);
  await sre.getByRole('button', { name: 'Declare a signal', exact: true }).first().click();
  const dialog = sre.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('turnover');
  await dialog.getByLabel('Title', { exact: true }).fill('A-share turnover');
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await seat.site.api.post('/signals/turnover', { values: [{ value: 120 }] });
  expect((await seat.site.api.get<{ items: SignalView[] }>('/signals')).items.map(({ name }) => name)).toEqual(['turnover']);
  await sre.getByRole('link', { name: 'A-share turnover', exact: true }).click();
  await sre.getByRole('slider', { name: 'Values', exact: true }).waitFor();
  await sre.getByRole('button', { name: 'Run the back-test', exact: true }).waitFor();

  // A surge is announced at most a year ahead.
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  await sre.goto(`${seat.url}/signals`);
  await sre.getByRole('button', { name: 'Announce a surge', exact: true }).first().click();
  await dialog.getByLabel('From', { exact: true }).fill(`${tomorrow}T09:00`);
  await dialog.getByLabel('To', { exact: true }).fill(`${tomorrow}T08:00`);
  await dialog.getByLabel('Reason', { exact: true }).fill('A push to everybody');
  await dialog.getByRole('button', { name: 'Announce a surge', exact: true }).click();
  await dialog.getByText('It must end after it begins.', { exact: true }).waitFor();
  await dialog.getByLabel('To', { exact: true }).fill(`${tomorrow}T11:00`);
  await dialog.getByRole('button', { name: 'Announce a surge', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await sre.getByText('Announced', { exact: true }).waitFor();
});

test('calendars show which years nobody knows, and name the line of a mistake', { timeout: 120_000 }, async () => {
  await sre.goto(`${seat.url}/calendars`);
  await sre.getByRole('heading', { name: 'Years', exact: true }).waitFor();
  await sre.getByText('Shipped', { exact: true }).first().waitFor();
  await sre.getByRole('textbox', { name: 'The file, as YAML or JSON', exact: true }).fill('market: a-share\nyear: tomorrow\n');
  await sre.getByRole('button', { name: 'Check', exact: true }).click();
  await sre.getByText('It would not be taken.', { exact: true }).waitFor();
  await sre.getByText(/calendar\.yaml, line \d+/).first().waitFor();
});

test('nothing was complained about on the way', () => {
  expect(seat.complaints).toEqual([]);
});
