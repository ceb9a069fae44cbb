// The market in the console: what trades, who follows demand and what was decided; a decision with everything behind it; settings with faults at
// the field, schedules that say when they fire, and a preview; pause and resume. In a real browser, against the real server.
import type { Page } from 'playwright-core';
import type { AutoscaleView, DecisionView, ServiceDetail } from '#server/http/contract/index.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Seat, takeSeat } from './seat.ts';
import { until } from './until.ts';

const DEADLINE_MS = 45_000;

let seat: Seat;
let dev: Page;
let workload: string;

const autoscale = () => seat.site.api.get<AutoscaleView>(`/workloads/${workload}/autoscale`);
const changes = async () => (await seat.site.api.get<{ items: DecisionView[] }>(`/decisions?workload=${workload}&action=changes`)).items;
const push = () => seat.site.api.post('/metrics/push', { source: 'gateway-1', workloads: [{ workload, rates: { accepted: 300 }, p99Ms: 80 }] });

beforeAll(async () => {
  seat = await takeSeat();
  const { api } = seat.site;
  await api.put('/quotas/quotes/production', { cpuMilli: 200_000, memoryMib: 409_600 });
  await api.post('/requests', { team: 'quotes', service: 'quote', environment: 'production', peakQps: 400, profile: { cpuMsPerRequest: 20, memoryBaseMib: 300, memoryKibPerQps: 512 }, run: { image: 'firn/quote:1' } });
  const service = await until(() => api.get<ServiceDetail>('/services/quote').catch(() => null), (found) => found?.workloads[0] !== undefined && found.workloads[0].wanted > 2 && found.workloads[0].running >= found.workloads[0].wanted, DEADLINE_MS);
  workload = service?.workloads[0]?.id ?? '';
  await push();
  // Fewer than were asked for: the first round changes the number, whatever demand is.
  await api.put(`/workloads/${workload}/autoscale`, { settings: { mode: 'on', max: 2 }, why: 'a trial with two' });
  await until(changes, (all) => all.length > 0, DEADLINE_MS);
  dev = (await seat.open()).page;
  await seat.signIn(dev, 'dev');
});
afterAll(() => seat?.[Symbol.asyncDispose]());

test('the market page shows sessions of every market and leads from a decision to what was behind it, which replays identically', { timeout: 90_000 }, async () => {
  await dev.goto(`${seat.url}/market`);
  for (const market of ['A-share', 'Hong Kong', 'US']) await dev.getByRole('region', { name: market, exact: true }).waitFor();
  await dev.getByText('All times as a table').click();
  await dev.getByRole('cell', { name: 'Open', exact: true }).first().waitFor();
  await dev.getByRole('cell', { name: 'quote.production' }).waitFor();
  const [decision] = await changes();
  await dev.getByRole('link', { name: `${decision?.before} → ${decision?.replicas}` }).first().click();
  const panel = dev.getByTestId('decision');
  await panel.getByText(`${decision?.before} → ${decision?.replicas}`).waitFor();
  await panel.getByText('Witnesses').waitFor();
  await panel.getByRole('button', { name: 'Replay' }).click();
  await panel.getByText('Decided again from the same inputs: identical.').waitFor();
});

test('the charts can be read by keyboard and as a table', { timeout: 90_000 }, async () => {
  await dev.goto(`${seat.url}/services/quote?environment=production&tab=autoscale`);
  const chart = dev.getByRole('slider', { name: 'Replicas', exact: true });
  await chart.waitFor({ timeout: DEADLINE_MS });
  await chart.focus();
  await chart.press('Home');
  await until(async () => chart.getAttribute('aria-valuenow'), (now) => now === '0');
  await dev.getByText('As a table').last().click();
  await dev.getByRole('region', { name: 'Figures of: Replicas' }).getByRole('columnheader', { name: 'Wanted' }).waitFor();
});

test('settings: faults stand at their fields, a schedule says when it fires, a preview says what would be decided, saving asks why', { timeout: 120_000 }, async () => {
  await dev.goto(`${seat.url}/services/quote/autoscale?environment=production`);
  const atLeast = dev.getByLabel('At least', { exact: true });
  await atLeast.fill('9');
  await dev.getByText('must not be below the one before it').waitFor();
  await atLeast.fill('1');
  await dev.getByText('must not be below the one before it').waitFor({ state: 'detached' });
  await dev.getByRole('button', { name: 'Add a schedule' }).click();
  const schedule = dev.getByRole('group', { name: 'Schedule 1' });
  await schedule.getByText(/^(Fires next:|Holds now)/).waitFor({ timeout: DEADLINE_MS });
  await schedule.getByLabel('From', { exact: true }).fill('noon');
  await schedule.getByText(/^Fires next:/).waitFor({ state: 'detached' });
  await dev.getByRole('alert').filter({ hasText: /anchor/ }).first().waitFor({ timeout: DEADLINE_MS });
  await schedule.getByLabel('From', { exact: true }).fill('open-20m');
  await schedule.getByText(/^(Fires next:|Holds now)/).waitFor({ timeout: DEADLINE_MS });
  await dev.getByRole('radio', { name: /^Economy/ }).check({ force: true });
  await dev.getByTestId('autoscale-preview').getByText('It would decide now').waitFor({ timeout: DEADLINE_MS });
  await dev.getByRole('button', { name: 'Save', exact: true }).click();
  const dialog = dev.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('Results season begins');
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dev.getByText('“Results season begins”').waitFor({ timeout: DEADLINE_MS });
  const { settings } = await autoscale();
  expect(settings).toMatchObject({ mode: 'on', max: 2, risk: 'economy', schedules: [{ kind: 'session', market: 'a-share', from: 'open-20m', to: 'close+5m' }] });
});

test('a developer pauses with a reason and resumes', { timeout: 90_000 }, async () => {
  await dev.goto(`${seat.url}/services/quote?environment=production&tab=autoscale`);
  await dev.getByRole('button', { name: 'Pause', exact: true }).click();
  await dev.getByRole('dialog').getByLabel('Reason').fill('Maintenance of the database');
  await dev.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true }).click();
  await until(autoscale, ({ settings }) => settings.isPaused, DEADLINE_MS);
  await dev.getByRole('button', { name: 'Resume', exact: true }).click();
  await dev.getByRole('dialog').getByLabel('Reason').fill('It is done');
  await dev.getByRole('dialog').getByRole('button', { name: 'Resume', exact: true }).click();
  await until(autoscale, ({ settings }) => !settings.isPaused, DEADLINE_MS);
});

test('nothing was complained about on the way', () => {
  expect(seat.complaints).toEqual([]);
});
