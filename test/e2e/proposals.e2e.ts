// From a change of the policy, or a point of the frontier, to moved containers: what would follow, a second person, the moves, the undo.
// In a real browser, against the real server with a simulated fleet.
import type { Page } from 'playwright-core';
import type { HostView, PolicyView, ServiceDetail } from '#server/http/contract/index.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Seat, takeSeat } from './seat.ts';
import { until } from './until.ts';

const DEADLINE_MS = 30_000;
const PROFILE = { cpuMsPerRequest: 20, memoryBaseMib: 300, memoryKibPerQps: 512 };

let seat: Seat;
let sre: Page;
let admin: Page;

beforeAll(async () => {
  seat = await takeSeat();
  sre = (await seat.open()).page;
  admin = (await seat.open()).page;
  await seat.signIn(sre, 'sre');
  await seat.signIn(admin, 'admin');
});
afterAll(() => seat?.[Symbol.asyncDispose]());

const hosts = async () => (await seat.site.api.get<{ items: HostView[] }>('/hosts?limit=1000')).items;
const replicasOf = async (service: string) => (await seat.site.api.get<ServiceDetail>(`/services/${service}`)).replicas;

async function place(service: string, over: object = {}): Promise<void> {
  await seat.site.api.post('/requests', { team: 'quotes', service, environment: 'production', peakQps: 40, profile: PROFILE, run: { image: 'firn/demo:1' }, ...over });
  await until(() => replicasOf(service), (replicas) => replicas.length > 0 && replicas.every(({ state }) => state === 'running'), DEADLINE_MS);
}

/** Approves and applies as the second person, on the page of a proposal. */
async function approveAndApply(url: string): Promise<void> {
  await admin.goto(url);
  await admin.getByRole('button', { name: 'Approve' }).click();
  await admin.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await admin.getByText('Approved', { exact: true }).first().waitFor();
  await admin.getByRole('button', { name: 'Apply' }).click();
  await admin.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
}

test('a change of the policy shows what would follow, is approved by a second person, moves the replicas and is undone', { timeout: 180_000 }, async () => {
  await place('quote');
  const kindsOf = async (kind: string) => new Set((await hosts()).filter((host) => host.kind === kind).map(({ name }) => name));
  const physical = await kindsOf('physical');
  const from = physical.has((await replicasOf('quote'))[0]!.host!) ? 'Physical' : 'Private VM';
  const left = from === 'Physical' ? physical : await kindsOf('private-vm');
  const moving = (await replicasOf('quote')).filter(({ host }) => left.has(host!)).length;

  await sre.goto(`${seat.url}/policy`);
  await sre.getByText('Change something: what would follow appears here.').waitFor();
  const environments = (await seat.site.api.get<PolicyView>('/policy')).record.environments;
  await sre.getByRole('checkbox', { name: from, exact: true }).nth(Object.keys(environments).indexOf('production')).uncheck();
  await until(() => sre.getByTestId('consequence-moves').textContent(), (text) => text === String(moving), DEADLINE_MS);
  await sre.getByTestId('policy-diff').getByText('Kinds of host for production').waitFor();
  expect((await seat.site.api.get<PolicyView>('/policy')).version).toBe(1);

  await sre.getByRole('button', { name: 'Propose…' }).click();
  await sre.getByRole('dialog').getByLabel('Why').fill('These machines are for staging');
  await sre.getByRole('dialog').getByRole('button', { name: 'Propose' }).click();
  await sre.getByText('Waits for approval', { exact: true }).waitFor();
  await sre.getByRole('button', { name: 'Approve' }).click({ force: true });
  await sre.getByText('Somebody else has to approve it').first().waitFor();

  await approveAndApply(sre.url());
  await until(() => replicasOf('quote'), (replicas) => replicas.length === 2 && replicas.every(({ host, state }) => state === 'running' && host !== null && !left.has(host)), DEADLINE_MS);
  await sre.getByText('Done', { exact: true }).first().waitFor({ timeout: DEADLINE_MS });
  await sre.getByText(`${moving} of ${moving} moved`).waitFor();
  expect((await seat.site.api.get<PolicyView>('/policy')).version).toBe(2);

  await sre.getByRole('button', { name: 'Undo' }).click();
  await sre.getByRole('dialog').getByRole('button', { name: 'Undo' }).click();
  await until(async () => (await seat.site.api.get<PolicyView>('/policy')).version, (version) => version === 3, DEADLINE_MS);
  await sre.getByText('Undone', { exact: true }).first().waitFor({ timeout: DEADLINE_MS });
  await sre.goto(`${seat.url}/policy`);
  await sre.getByText('Version 3', { exact: true }).waitFor();
  expect((await seat.site.api.get<PolicyView>('/policy')).record.environments).toEqual(environments);
});

test('a point of the frontier becomes a proposal, and its host is emptied', { timeout: 180_000 }, async () => {
  const { api } = seat.site;
  await api.delete(`/workloads/${(await replicasOf('quote'))[0]!.workloadId}`, { reason: 'makes room' });
  const names = (await hosts()).filter(({ kind }) => kind === 'physical').map(({ name }) => name).toSorted();
  // One replica on each of two machines, because at that time only this one took any.
  for (const [at, service] of ['kline', 'depth'].entries()) {
    for (const host of await hosts()) if (host.name !== names[at]) await api.post(`/hosts/${host.name}/cordon`, { reason: 'apart' });
    await place(service, { peakQps: 10, survive: 'none' });
    for (const host of await hosts()) if (host.cordoned) await api.post(`/hosts/${host.name}/uncordon`);
  }
  await sre.goto(`${seat.url}/defragment`);
  await sre.getByRole('radio', { name: /^1 move: 1 host freed/ }).waitFor();
  await sre.getByRole('radio', { name: /^1 move: 1 host freed/ }).focus();
  await sre.keyboard.press('Home');
  await sre.getByTestId('frontier-point').getByText('1 move frees 1 host').waitFor();
  await sre.getByRole('button', { name: 'Propose these moves…' }).click();
  await sre.getByRole('dialog').getByRole('button', { name: 'Propose' }).click();
  await sre.getByText('Waits for approval', { exact: true }).waitFor();
  await sre.getByText('Move 1 replica', { exact: true }).waitFor();

  await approveAndApply(sre.url());
  await until(async () => new Set([...(await replicasOf('kline')), ...(await replicasOf('depth'))].map(({ host }) => host)).size, (used) => used === 1, DEADLINE_MS);
  await sre.getByText('1 of 1 moved').waitFor({ timeout: DEADLINE_MS });
});

test('a composition is restored by its link, each step with its result', async () => {
  await sre.goto(`${seat.url}/simulate`);
  await sre.getByRole('button', { name: /^Lose/ }).click();
  await sre.getByRole('combobox', { name: 'Name' }).fill('phy1');
  await sre.keyboard.press('Enter');
  await sre.getByRole('button', { name: /^Drain hosts/ }).click();
  await sre.getByRole('combobox', { name: 'Hosts' }).fill('vm');
  await sre.keyboard.press('ArrowDown');
  await sre.keyboard.press('Enter');
  await until(() => sre.getByTestId('stage').count(), (count) => count === 2, DEADLINE_MS);
  const link = sre.url();
  expect(link).toContain('changes=');
  await admin.goto(link);
  await until(() => admin.getByTestId('stage').count(), (count) => count === 2, DEADLINE_MS);
  await admin.getByText('phy1', { exact: true }).first().waitFor();
  await admin.getByText('Only for looking').waitFor();
  await admin.getByRole('button', { name: 'Move down' }).click();
  await until(() => admin.getByRole('list', { name: 'Steps' }).locator('h2').allTextContents(), (titles) => titles.join() === 'Drain hosts,Lose', DEADLINE_MS);
});

test('a stored plan is verified, and the gap says how it is known', async () => {
  const { items } = await seat.site.api.get<{ items: { id: string }[] }>('/plans?limit=1');
  await sre.goto(`${seat.url}/plans/${items[0]!.id}`);
  await sre.getByRole('button', { name: 'Verify now' }).click();
  await sre.getByTestId('verdict').getByText('Steps keep every rule').waitFor();
  await sre.goto(seat.url);
  expect(await sre.getByTestId('proven-gap').textContent()).toMatch(/^\d+(\.\d+)?%$/);
  await sre.getByRole('button', { name: 'How do we know?' }).click();
  await sre.getByRole('dialog').getByText('No arrangement can cost less than').waitFor();
  await sre.keyboard.press('Escape');
});

test('what finds no room says why on its page, and what would help leads into the form', async () => {
  const { api } = seat.site;
  const request = await api.post<{ id: string }>('/requests', { team: 'quotes', service: 'batch', environment: 'production', peakQps: 20_000, profile: PROFILE, run: { image: 'firn/demo:1' }, caps: { perHost: 50 } });
  await api.post(`/requests/${request.id}/approve`, { reason: 'to see what finds no room' });
  await sre.goto(`${seat.url}/services/batch`);
  await sre.getByTestId('why-not').getByText('not enough CPU free').waitFor({ timeout: DEADLINE_MS });
  const lowered = sre.getByTestId('why-not').getByText(/^Ask for .* QPS at the peak$/);
  const peak = (await lowered.textContent())!.replace(/\D/g, '');
  await sre.getByTestId('why-not').getByRole('listitem').filter({ hasText: /^Ask for .* QPS at the peak/ }).getByRole('link', { name: 'Change the ask' }).click();
  await sre.getByRole('heading', { level: 1, name: 'Resize batch.production' }).waitFor();
  expect(await sre.getByLabel('Peak QPS').inputValue()).toBe(peak);
  await sre.getByRole('button', { name: 'Advanced' }).click();
  expect(await sre.getByLabel('Most per host').inputValue()).toBe('50');
});

test('nothing was complained about on the way', () => {
  expect(seat.complaints).toEqual([]);
});
