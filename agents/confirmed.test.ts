// When a host may go back to its addresses without the server, and what it remembers for that.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mayReturnAlone, openConfirmed } from './confirmed.ts';

const NOW = Date.UTC(2026, 10, 23);
const HOUR_MS = 3_600_000;

test.each([
  ['confirmed a moment ago', NOW - 1, true],
  ['within the time for which its addresses are kept', NOW - 20 * HOUR_MS, true],
  ['longer ago', NOW - 20 * HOUR_MS - 1, false],
  ['by a clock that is behind now', NOW + HOUR_MS, true],
  ['never noted, by an agent of before', undefined, true],
])('%s', (_, at, may) => {
  expect(mayReturnAlone(at, NOW)).toBe(may);
});

test('what was noted is there after a restart; what cannot be read counts as never', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-confirmed-'));
  try {
    expect(await openConfirmed(folder).readAt()).toBeUndefined();
    await openConfirmed(folder).note(NOW);
    expect(await openConfirmed(folder).readAt()).toBe(NOW);
    await writeFile(join(folder, 'confirmed'), 'x');
    expect(await openConfirmed(folder).readAt()).toBeUndefined();
    await openConfirmed(join(folder, 'confirmed')).note(NOW);
  } finally {
    await rm(folder, { recursive: true });
  }
});
