// The walk of a team and an SRE through the console, in a real browser, against the real server with a simulated fleet.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Seat, takeSeat } from './seat.ts';
import { until } from './until.ts';

let seat: Seat;
let team: Page;
let sre: Page;

beforeAll(async () => {
  seat = await takeSeat();
  team = (await seat.open()).page;
  sre = (await seat.open()).page;
});
afterAll(() => seat?.[Symbol.asyncDispose]());

const replicas = (page: Page) => page.getByTestId('quote-replicas');
const rowsOf = (page: Page, table: string) => page.getByRole('region', { name: table }).locator('tbody tr');

async function fillAsk(page: Page, ask: { service: string; qps: string }): Promise<void> {
  await page.goto(`${seat.url}/ask`);
  await page.getByLabel('Service', { exact: true }).fill(ask.service);
  await page.getByLabel('Peak QPS').fill(ask.qps);
  await page.getByLabel('Image').fill('firn/demo:1');
}

test('a wrong password is refused in words, a right one opens the overview of a fleet that says it is simulated', async () => {
  await team.goto(seat.url);
  await team.getByLabel('User name').fill('dev');
  await team.getByLabel('Password').fill('not this one');
  await team.getByRole('button', { name: 'Sign in' }).click();
  await team.getByText('User name or password is wrong.').waitFor();
  await seat.signIn(team, 'dev');
  await team.getByText('Simulated fleet.').waitFor();
  await seat.signIn(sre, 'sre');
});

test('the quote follows the typing, names what decided, and changes nothing', async () => {
  await fillAsk(team, { service: 'quote', qps: '40' });
  const first = Number(await until(() => replicas(team).textContent(), (text) => text === '2'));
  await team.getByLabel('Peak QPS').fill('400');
  const second = Number(await until(() => replicas(team).textContent(), (text) => Number(text) > first));
  expect(second).toBeGreaterThan(first);
  await team.getByText('decides', { exact: true }).waitFor();
  await team.getByLabel('CPU per request').fill('0');
  await team.getByText('There is no quote for these numbers').waitFor();
  expect(await team.getByLabel('CPU per request').getAttribute('aria-invalid')).toBe('true');
  await team.getByLabel('CPU per request').fill('20');
  await team.getByText('There is no quote for these numbers').waitFor({ state: 'hidden' });
  expect((await seat.site.api.get<{ items: unknown[] }>('/requests')).items).toHaveLength(0);
});

test('within quota it is approved at once, and its replicas run with their addresses', async () => {
  await fillAsk(team, { service: 'quote', qps: '40' });
  await team.getByText('Within quota: approved at once').waitFor();
  await team.getByRole('button', { name: 'Submit' }).click();
  await team.getByRole('heading', { level: 1, name: 'quote' }).waitFor();
  await until(() => rowsOf(team, 'Replicas').getByText('Running', { exact: true }).count(), (count) => count === 2);
  expect(await rowsOf(team, 'Replicas').first().textContent()).toMatch(/02:42:0a:/);
});

test('a missing name is told at its field, and nothing is sent', async () => {
  await fillAsk(team, { service: '', qps: '40' });
  await team.getByRole('button', { name: 'Submit' }).click();
  await team.getByText('is needed').waitFor();
  expect(await team.getByLabel('Service', { exact: true }).getAttribute('aria-invalid')).toBe('true');
});

test('over quota it waits; an SRE sees the quote, approves, and the replicas run', async () => {
  await fillAsk(team, { service: 'kline', qps: '500' });
  await team.getByText('Over quota: waits for an SRE').waitFor();
  await team.getByLabel('For the person who approves').fill('Earnings season');
  await team.getByRole('button', { name: 'Submit for approval' }).click();
  await team.getByRole('heading', { level: 1, name: 'Request for kline.production' }).waitFor();
  await team.getByRole('button', { name: 'Approve' }).click({ force: true });
  await team.getByText('This needs the role SRE.').waitFor();

  await sre.getByRole('link', { name: 'Review' }).click();
  await sre.getByText('Earnings season').waitFor();
  await sre.getByRole('button', { name: 'Approve' }).click();
  await sre.getByRole('dialog').getByLabel('Reason').fill('Agreed until Friday');
  await sre.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await sre.getByText('Approved: replicas are on their way.').waitFor();
  await team.getByText('Agreed until Friday').waitFor();
  await team.getByRole('link', { name: 'Open the service' }).click();
  await until(() => rowsOf(team, 'Replicas').getByText('Running', { exact: true }).count(), (count) => count >= 5);
});

test('a denial needs a reason, and the asker reads it', async () => {
  await fillAsk(team, { service: 'search', qps: '900' });
  await team.getByRole('button', { name: 'Submit for approval' }).click();
  await team.getByRole('heading', { level: 1, name: 'Request for search.production' }).waitFor();
  await sre.goto(team.url());
  await sre.getByRole('button', { name: 'Deny' }).click();
  await sre.getByRole('dialog').getByRole('button', { name: 'Deny' }).click();
  await sre.getByText('Say why, for whoever wonders tomorrow.').waitFor();
  await sre.getByRole('dialog').getByLabel('Reason').fill('Use the idle replicas first');
  await sre.getByRole('dialog').getByRole('button', { name: 'Deny' }).click();
  await team.getByText('Use the idle replicas first').waitFor();
});

test('a resize starts from what is asked now and shows the difference', async () => {
  await team.goto(`${seat.url}/services/quote`);
  await team.getByRole('link', { name: 'Resize' }).click();
  await team.getByRole('heading', { level: 1, name: 'Resize quote.production' }).waitFor();
  expect(await team.getByLabel('Peak QPS').inputValue()).toBe('40');
  await team.getByLabel('Peak QPS').fill('20');
  await team.getByLabel('Headroom').fill('0');
  await team.getByRole('radio', { name: 'Nothing' }).check({ force: true });
  await until(() => replicas(team).textContent(), (text) => text === '1');
  await team.getByText('-1 against now').waitFor();
  await team.getByRole('button', { name: 'Submit' }).click();
  await team.getByRole('heading', { level: 1, name: 'quote' }).waitFor();
  await until(() => rowsOf(team, 'Replicas').count(), (count) => count === 1);
});

test('a host is cordoned with a reason and uncordoned; a developer is told who may', async () => {
  await team.goto(`${seat.url}/hosts/phy1`);
  await team.getByRole('button', { name: 'Cordon' }).click({ force: true });
  await team.getByText('This needs the role SRE.').waitFor();
  await sre.goto(`${seat.url}/hosts/phy1`);
  await sre.getByRole('button', { name: 'Cordon' }).click();
  await sre.getByRole('dialog').getByLabel('Reason').fill('Disk replacement');
  await sre.getByRole('dialog').getByRole('button', { name: 'Cordon' }).click();
  await sre.getByText('Cordoned: Disk replacement').waitFor();
  await team.getByText('Cordoned: Disk replacement').waitFor();
  await sre.getByRole('button', { name: 'Uncordon' }).click();
  await sre.getByRole('dialog').getByRole('button', { name: 'Uncordon' }).click();
  await sre.getByText('Cordoned: Disk replacement').waitFor({ state: 'hidden' });
});

test('a drain shows first what would follow, then empties the host, and is taken back', async () => {
  const { replicas: running } = await seat.site.api.get<{ replicas: { host: string }[] }>('/services/kline');
  const host = running[0]!.host;
  await sre.goto(`${seat.url}/hosts/${host}`);
  await sre.getByRole('button', { name: 'Drain' }).click();
  await sre.getByTestId('drain-preview').getByText(/^[1-9]\d* replicas? moves?, about/).waitFor();
  await sre.getByRole('dialog').getByRole('button', { name: 'Drain' }).click();
  await sre.getByText('Say why, for whoever wonders tomorrow.').waitFor();
  await sre.getByRole('dialog').getByLabel('Reason').fill('New disks');
  await sre.getByRole('dialog').getByRole('button', { name: 'Drain' }).click();
  await sre.getByText('Nothing runs here any more.').waitFor({ timeout: 45_000 });
  await sre.getByRole('button', { name: 'Stop draining' }).click();
  await sre.getByRole('dialog').getByRole('button', { name: 'Stop draining' }).click();
  await sre.getByRole('button', { name: 'Drain', exact: true }).waitFor();
});

test('a join token is made, and its command is shown once', async () => {
  await sre.goto(`${seat.url}/networks`);
  await sre.getByRole('button', { name: 'New join token' }).click();
  await sre.getByRole('dialog').getByLabel('Site').fill('dc1');
  await sre.getByRole('dialog').getByLabel('Rack').fill('r09');
  await sre.getByRole('dialog').getByLabel('Network').selectOption('dc1');
  await sre.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await sre.getByRole('dialog').getByText(/agent join/).waitFor();
  await sre.getByRole('button', { name: 'Done' }).click();
  await sre.getByText('not used').first().waitFor();
});

test('by keyboard: the map of the fleet, and finding a host by its name', async () => {
  await sre.goto(`${seat.url}/hosts`);
  await sre.getByRole('application', { name: /Map of the fleet/ }).focus();
  await sre.keyboard.press('ArrowRight');
  await sre.keyboard.press('Enter');
  await sre.getByText('Facts').waitFor();
  await sre.keyboard.press('Control+k');
  await sre.getByRole('combobox', { name: 'Find a page, a service or a host' }).fill('cloud2');
  await sre.getByRole('option', { name: /^cloud2/ }).waitFor();
  await sre.keyboard.press('Enter');
  await sre.getByRole('heading', { level: 1, name: 'cloud2' }).waitFor();
});

test('language and theme are chosen in the bar and stay', async () => {
  await team.goto(seat.url);
  await team.getByRole('button', { name: 'Language' }).click();
  await team.getByRole('menuitemradio', { name: '中文' }).click();
  await team.getByRole('heading', { level: 1, name: '总览' }).waitFor();
  await team.getByRole('button', { name: '主题' }).click();
  await team.getByRole('menuitemradio', { name: '深色' }).click();
  await team.reload();
  await team.getByRole('heading', { level: 1, name: '总览' }).waitFor();
  expect(await team.locator('html').getAttribute('class')).toContain('dark');
  expect(await team.locator('html').getAttribute('lang')).toBe('zh-CN');
});

test('while the live stream is away the page says so, and catches up when it is back', async () => {
  await sre.context().route('**/api/v1/live', (route) => route.abort());
  await sre.goto(`${seat.url}/services`);
  await sre.getByText('Reconnecting…').waitFor();
  await sre.context().unroute('**/api/v1/live');
  await sre.getByText('Live', { exact: true }).waitFor();
});

test('nothing was complained about on the way', () => {
  expect(seat.complaints).toEqual([]);
});
