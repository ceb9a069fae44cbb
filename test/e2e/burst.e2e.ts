// Bursting in a real browser, against the real server with a simulated fleet: rules that are changed and refused, what buying would do
// before anything is bought, and a drill of a hot day with its report.
import type { Page } from 'playwright-core';
import type { BurstSettingsView, DrillDetail, ServiceDetail } from '#server/http/contract/index.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Seat, takeSeat } from './seat.ts';
import { until } from './until.ts';

const DEADLINE_MS = 60_000;
let seat: Seat;
let sre: Page;

beforeAll(async () => {
  seat = await takeSeat();
  sre = (await seat.open()).page;
  await seat.signIn(sre, 'sre');
  const { api } = seat.site;
  await api.post('/requests', { team: 'quotes', service: 'quote', environment: 'production', peakQps: 40, profile: { cpuMsPerRequest: 20, memoryBaseMib: 300, memoryKibPerQps: 512 }, run: { image: 'firn/demo:1' } });
  await until(() => api.get<ServiceDetail>('/services/quote'), ({ replicas }) => replicas.length > 0 && replicas.every(({ state }) => state === 'running'), DEADLINE_MS);
  await api.put('/pools/c-small', { site: 'vpc1', capacity: { cpuMilli: 4000, memoryMib: 8192 }, costCentsPerHour: 70, limit: 50 });
}, 300_000);
afterAll(() => seat?.[Symbol.asyncDispose]());

test('rules of bursting are set in people’s units; a value that cannot be says so beside its field and changes nothing', { timeout: 120_000 }, async () => {
  const rules = () => seat.site.api.get<BurstSettingsView>('/burst/settings');
  await sre.goto(`${seat.url}/burst`);
  await sre.getByText('Bursting is off; VMs out: 0', { exact: true }).waitFor();
  await sre.getByText('No VM is out', { exact: true }).waitFor();
  await sre.getByRole('button', { name: 'Rules', exact: true }).click();
  const dialog = sre.getByRole('dialog');
  await dialog.getByRole('radio', { name: /^Propose/ }).check({ force: true });
  await dialog.getByLabel('A day may cost', { exact: true }).fill('many');
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.getByRole('alert').waitFor();
  expect((await rules()).settings.mode).toBe('off');

  await dialog.getByLabel('A day may cost', { exact: true }).fill('80');
  await dialog.getByLabel('All VMs may cost an hour', { exact: true }).fill('12.50');
  await dialog.getByLabel('production', { exact: true }).fill('20');
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  expect((await rules()).settings).toMatchObject({ mode: 'propose', capCentsPerDay: 8000, capCentsPerHour: 1250, warmRoom: { production: 200 } });
  await sre.getByText('target +20%', { exact: true }).waitFor();
});

test('buying shows what it would do before it does anything', { timeout: 120_000 }, async () => {
  await sre.goto(`${seat.url}/burst`);
  await sre.getByRole('button', { name: 'Buy now', exact: true }).click();
  const dialog = sre.getByRole('dialog');
  await dialog.getByRole('button', { name: 'See what would be bought', exact: true }).click();
  await dialog.getByText('Say why, for whoever wonders tomorrow.', { exact: true }).waitFor();
  await dialog.getByLabel('Reason', { exact: true }).fill('To see what it would cost');
  await dialog.getByRole('button', { name: 'See what would be bought', exact: true }).click();
  // Everything has room: there is nothing to confirm.
  await dialog.getByText(/^Nothing is to be bought/).waitFor();
  expect(await dialog.getByRole('button', { name: /^Buy / }).count()).toBe(0);
});

test('a drill of a hot day is started, followed and read, and its address is the link to it', { timeout: 240_000 }, async () => {
  await sre.goto(`${seat.url}/drills`);
  await sre.getByRole('button', { name: 'Start a drill', exact: true }).first().click();
  const dialog = sre.getByRole('dialog');
  await dialog.getByLabel('Workloads', { exact: true }).first().fill('quote');
  await dialog.getByRole('option', { name: /quote\.production/ }).click();
  await dialog.getByLabel('Title', { exact: false }).fill('Hot day, twice');
  await dialog.getByLabel('Times', { exact: true }).fill('2');
  await dialog.getByRole('button', { name: 'Start a drill', exact: true }).click();
  await sre.waitForURL(/\/drills\/.+/);
  const id = new URL(sre.url()).pathname.split('/').at(-1)!;
  await until(() => seat.site.api.get<DrillDetail>(`/drills/${id}`), ({ state }) => state === 'done', 180_000);
  await sre.getByRole('heading', { name: 'What runs out when', exact: true }).waitFor();
  await sre.getByRole('slider', { name: 'Demand and capacity', exact: true }).waitFor();

  const other = (await seat.open({ language: 'zh' })).page;
  await seat.signIn(other, 'dev');
  await other.goto(`${seat.url}/drills/${id}`);
  await other.getByRole('heading', { name: '什么在何时用尽', exact: true }).waitFor();
});

test('nothing was complained about on the way', () => {
  expect(seat.complaints).toEqual([]);
});
