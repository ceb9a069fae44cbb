// A release in the talk's steps: version, configuration, the scheduler's plan, rollout; then what stands in the way, pause, hand, and the way
// back. In a real browser, against the real server with a simulated fleet.
import type { Page } from 'playwright-core';
import type { ReleaseView, RolloutView, ServiceDetail } from '#server/http/contract/index.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Seat, takeSeat } from './seat.ts';
import { until } from './until.ts';

const DEADLINE_MS = 30_000;
const PROFILE = { cpuMsPerRequest: 20, memoryBaseMib: 300, memoryKibPerQps: 512 };

let seat: Seat;
let team: Page;
let sre: Page;

beforeAll(async () => {
  seat = await takeSeat();
  for (const [environment, peakQps] of [['staging', 40], ['production', 120]] as const) {
    await seat.site.api.put(`/quotas/quotes/${environment}`, { cpuMilli: 200_000, memoryMib: 409_600 });
    await seat.site.api.post('/requests', { team: 'quotes', service: 'quote', environment, peakQps, profile: PROFILE, run: { image: 'firn/quote:1', env: { LOG_LEVEL: 'info' } } });
  }
  await until(async () => (await seat.site.api.get<ServiceDetail>('/services/quote')).workloads, (workloads) => workloads.length === 2 && workloads.every(({ wanted, running }) => wanted > 0 && running >= wanted), DEADLINE_MS);
  team = (await seat.open()).page;
  sre = (await seat.open()).page;
  await seat.signIn(team, 'dev');
  await seat.signIn(sre, 'sre');
});
afterAll(() => seat?.[Symbol.asyncDispose]());

const releases = async (environment: string) => (await seat.site.api.get<{ items: ReleaseView[] }>(`/services/quote/releases?environment=${environment}`)).items;
const runs = async (environment: string) => (await releases(environment)).find(({ isCurrent }) => isCurrent)?.version;
const phase = (page: Page, words: string) => page.locator('header').getByText(words, { exact: true }).waitFor({ timeout: DEADLINE_MS });

/** Composes a release of an image with one changed variable, as far as its page. */
async function compose(page: Page, environment: string, image: string, level: string): Promise<void> {
  await page.goto(`${seat.url}/services/quote?environment=${environment}`);
  await page.getByRole('link', { name: 'Release', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: `Release quote.${environment}` }).waitFor();
  await page.getByRole('radio', { name: 'An image' }).check({ force: true });
  await page.getByLabel('Image', { exact: true }).fill(image);
  await page.getByLabel('Value').first().fill(level);
  await page.getByTestId('policy-diff').getByText('LOG_LEVEL').waitFor();
  await page.getByRole('button', { name: 'Make the release' }).click();
  await page.getByTestId('preflight').waitFor();
}

test('a developer composes a release, sees the plan and what differs, starts it, and every replica is verified', { timeout: 120_000 }, async () => {
  await compose(team, 'staging', 'firn/quote:2', 'warn');
  await team.getByText('Every step has room').waitFor();
  await team.getByTestId('release-diff').getByText('LOG_LEVEL').waitFor();
  await team.getByText('Nothing stands in the way').waitFor();
  await team.getByRole('button', { name: 'Start the rollout' }).click();
  await team.getByRole('heading', { level: 1, name: 'quote.staging: v1 → v2' }).waitFor();
  await phase(team, 'Done');
  await team.getByText(/^All \d+ run exactly the released image/).waitFor({ timeout: DEADLINE_MS });
  expect(await runs('staging')).toBe(2);
});

test('in production only what ran elsewhere first is released; an SRE may pass over that, with a reason', { timeout: 120_000 }, async () => {
  await compose(team, 'production', 'firn/quote:3', 'warn');
  await team.getByText('Not proven before').waitFor();
  await team.getByRole('button', { name: 'Start the rollout' }).click({ force: true });
  await team.getByText('Something stands in the way.').waitFor();

  await sre.goto(team.url());
  await sre.getByRole('radio', { name: 'Canary' }).check({ force: true });
  await sre.getByLabel('Then on').first().selectOption('hand');
  await sre.getByText('Changed by hand').waitFor();
  await sre.getByRole('checkbox', { name: 'Pass over it' }).check();
  await until(() => sre.getByRole('button', { name: 'Start the rollout' }).getAttribute('aria-disabled'), (disabled) => disabled === null, DEADLINE_MS);
  await sre.getByRole('button', { name: 'Start the rollout' }).click();
  await sre.getByText('Say why it is passed over').waitFor();
  await sre.getByLabel('Why').fill('Staging has no such traffic');
  await sre.getByRole('button', { name: 'Start the rollout' }).click();
  await sre.getByRole('heading', { level: 1, name: 'quote.production: v1 → v2' }).waitFor();
});

test('the canary waits for a hand; it is paused, resumed, and rolled back, and the old release runs everywhere', { timeout: 120_000 }, async () => {
  await phase(sre, 'Watching');
  await sre.getByTestId('rollout-wait').getByText('a person').waitFor();
  expect(await sre.getByTestId('rollout-cells').getByText('v2', { exact: true }).count()).toBe(1);
  await sre.getByRole('button', { name: 'Pause' }).click();
  await sre.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await phase(sre, 'Paused');
  // Somebody else who looks sees the same, without asking for it.
  await team.goto(`${seat.url}/rollouts`);
  await team.getByRole('link', { name: /quote\.production/ }).first().click();
  await phase(team, 'Paused');
  await sre.getByRole('button', { name: 'Resume' }).click();
  await sre.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await phase(team, 'Watching');
  await sre.getByRole('button', { name: 'Roll back' }).click();
  await sre.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
  await sre.getByText('Say why, for whoever wonders tomorrow.').waitFor();
  await sre.getByRole('dialog').getByLabel('Reason').fill('Errors on orders');
  await sre.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
  await phase(team, 'Rolled back');
  await until(async () => (await seat.site.api.get<{ items: RolloutView[] }>('/rollouts?active=true')).items.length, (count) => count === 0, DEADLINE_MS);
  expect(await runs('production')).toBe(1);
});

test('two releases are compared from the list, and an older one is gone back to with a reason', { timeout: 120_000 }, async () => {
  await team.goto(`${seat.url}/services/quote?environment=staging&tab=releases`);
  await team.getByRole('checkbox', { name: 'Mark v2 for comparing' }).check();
  await team.getByRole('checkbox', { name: 'Mark v1 for comparing' }).check();
  await team.getByRole('button', { name: 'Compare the two' }).click();
  await team.getByRole('heading', { level: 1, name: 'quote.staging v2' }).waitFor();
  await team.getByTestId('release-diff').getByText('LOG_LEVEL').waitFor();
  await team.goBack();
  await team.getByRole('button', { name: 'Roll back' }).click();
  await team.getByRole('dialog').getByLabel('Reason').fill('Too quiet');
  await team.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
  await team.getByRole('heading', { level: 1, name: 'quote.staging: v2 → v1' }).waitFor();
  await phase(team, 'Done');
  expect(await runs('staging')).toBe(1);
});

test('a lock with its reason keeps rollouts from starting until it is lifted', async () => {
  await team.goto(`${seat.url}/services/quote?environment=staging`);
  await team.getByRole('button', { name: 'Lock', exact: true }).click();
  await team.getByRole('dialog').getByLabel('Reason').fill('Incident 412');
  await team.getByRole('dialog').getByRole('button', { name: 'Lock', exact: true }).click();
  await team.getByTestId('lock-banner').getByText('Incident 412').waitFor();
  await sre.goto(`${seat.url}/releases/${(await releases('staging')).find(({ version }) => version === 2)!.id}`);
  await sre.getByText('Deploy lock').waitFor();
  await team.getByRole('button', { name: 'Unlock' }).click();
  await team.getByRole('dialog').getByRole('button', { name: 'Unlock' }).click();
  await team.getByTestId('lock-banner').waitFor({ state: 'hidden' });
  await sre.getByText('Nothing stands in the way').waitFor();
});

test('a secret goes in once, reaches a release by its name and version, and is never shown', async () => {
  await team.goto(`${seat.url}/services/quote?environment=staging&tab=configuration`);
  await team.getByRole('button', { name: 'Set a secret' }).first().click();
  await team.getByRole('dialog').getByLabel('Name').fill('db-password');
  await team.getByRole('dialog').getByLabel('Value').fill('hunter2-of-this-test');
  await team.getByRole('dialog').getByRole('button', { name: 'Set a secret' }).click();
  await team.getByText('db-password is set.').waitFor();
  await team.getByRole('link', { name: 'Edit' }).click();
  await team.getByRole('button', { name: 'Add one from a secret' }).click();
  await team.getByLabel('Name').last().focus();
  await seat.site.api.post('/secrets', { team: 'quotes', service: 'quote', environment: 'staging', name: 'from-elsewhere', value: 'hunter3-of-this-test' });
  await team.getByLabel('Secret', { exact: true }).getByRole('option', { name: 'from-elsewhere' }).waitFor({ state: 'attached' });
  // News of what others do must not take the field from somebody who types.
  expect(await team.evaluate('document.activeElement.tagName')).toBe('INPUT');
  await team.getByLabel('Name').last().fill('DB_PASSWORD');
  await team.getByLabel('Secret', { exact: true }).selectOption('db-password');
  await team.getByTestId('policy-diff').getByText('db-password v1').waitFor();
  await team.getByRole('button', { name: 'Make the release' }).click();
  await team.getByTestId('preflight').waitFor();
  await team.getByText('db-password v1').first().waitFor();
  expect(await team.content()).not.toContain('hunter2');
});

test('an SRE freezes an environment, and its services say so', async () => {
  await sre.goto(`${seat.url}/freezes`);
  await sre.getByRole('button', { name: 'Add a freeze' }).first().click();
  const dialog = sre.getByRole('dialog');
  await dialog.getByLabel('Name').fill('always');
  await dialog.getByLabel('Environment').selectOption('staging');
  await dialog.getByRole('radio', { name: 'Once' }).check({ force: true });
  await dialog.getByLabel('From').fill('2020-01-01T00:00');
  await dialog.getByLabel('To').fill('2099-01-01T00:00');
  await dialog.getByLabel('Reason').fill('Books are closed');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await sre.getByText('Active now').waitFor();
  await team.goto(`${seat.url}/services/quote?environment=staging`);
  await team.getByText('staging is frozen: always').waitFor();
  await sre.getByRole('button', { name: 'Remove' }).click();
  await sre.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await team.getByText('staging is frozen: always').waitFor({ state: 'hidden' });
});

test('nothing was complained about on the way', () => {
  expect(seat.complaints).toEqual([]);
});
