// What an SRE does to the fleet in the console: empties a host with a preview and gives it back, reads how a state is known, asks the ledger
// who had an address, changes the governor's limits; and a team reads the life of a replica.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServiceDetail } from '#server/http/contract/index.ts';
import { type Seat, takeSeat, type Window } from './seat.ts';
import { until } from './until.ts';

const DEADLINE_MS = 60_000;
let seat: Seat;
let sre: Window;

beforeAll(async () => {
  seat = await takeSeat({ physical: 4, 'private-vm': 1, 'cloud-vm': 1 });
  await seat.site.api.post('/requests', { team: 'quotes', service: 'quote', environment: 'production', peakQps: 60, profile: { cpuMsPerRequest: 20, memoryBaseMib: 300, memoryKibPerQps: 512 }, run: { image: 'firn/demo:1' }, why: 'For the opening of the market' });
  await until(() => seat.site.api.get<ServiceDetail>('/services/quote'), ({ replicas }) => replicas.length > 0 && replicas.every(({ state }) => state === 'running'), DEADLINE_MS);
  sre = await seat.open({ width: 1280, height: 1000 });
  await seat.signIn(sre.page, 'sre');
}, 120_000);
afterAll(() => seat?.[Symbol.asyncDispose]());

const replicas = async () => (await seat.site.api.get<ServiceDetail>('/services/quote')).replicas;

test('a host is emptied with a preview, its progress is shown, and it is given back with what moved', async () => {
  const { page } = sre;
  const victim = (await replicas())[0]!.host!;
  await page.goto(`${seat.url}/maintenance`);
  await page.getByRole('button', { name: 'Empty hosts' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Hosts').last().fill(victim);
  await dialog.getByTestId('maintenance-preview').getByText('→').first().waitFor();
  await dialog.getByLabel('Reason').fill('Disk replacement');
  await dialog.getByRole('button', { name: 'Empty hosts' }).click();
  await page.getByRole('heading', { level: 1, name: new RegExp(victim) }).waitFor();
  await page.getByText('Empty', { exact: true }).first().waitFor({ timeout: 30_000 });
  expect((await replicas()).every(({ host }) => host !== victim)).toBe(true);
  await page.getByRole('button', { name: 'End it' }).click();
  const end = page.getByRole('dialog');
  await end.getByRole('button', { name: 'End it' }).click();
  await page.getByText('Ended', { exact: true }).first().waitFor();
  await page.goto(`${seat.url}/hosts/${victim}`);
  await page.getByText('How do we know?').waitFor();
  await page.getByTestId('timeline').getByRole('listitem').first().waitFor();
});

test('the ledger says who has an address', async () => {
  const { page } = sre;
  const [replica] = await replicas();
  await page.goto(`${seat.url}/addresses`);
  await page.getByLabel('Address, MAC, replica, workload or host').fill(replica!.address!);
  await expect.poll(() => page.getByRole('row').filter({ hasText: replica!.name }).count(), { timeout: 10_000 }).toBeGreaterThan(0);
  await page.getByRole('link', { name: replica!.name }).first().click();
  await page.getByRole('heading', { level: 1, name: replica!.name }).waitFor();
});

test("the governor's limits are changed, and a limit that cannot be is refused at its field", async () => {
  const { page } = sre;
  await page.goto(`${seat.url}/governor`);
  await page.getByText('Nothing is held').waitFor();
  await page.getByRole('button', { name: 'Change the limits' }).click();
  const dialog = page.getByRole('dialog');
  const hosts = dialog.getByLabel('Of all hosts, %').first();
  await hosts.fill('120');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByRole('alert').first().waitFor();
  await hosts.fill('50');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('50%, at least one').first().waitFor();
});

test('nothing of all this made the console complain', () => {
  expect(seat.complaints).toEqual([]);
});
