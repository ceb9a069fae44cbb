// The ledger survives what a crash leaves behind, and never gives half an assignment.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assignment, spec } from './fixtures.ts';
import { openLedger } from './ledger.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firn-ledger-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const file = (): string => join(folder, 'state/assignment.json');

test('what was written is read by another process, and only root can read it', async () => {
  const ledger = openLedger(join(folder, 'state'));
  expect(await ledger.read()).toEqual({});
  await ledger.write(assignment(7, [spec(1)]), ['r2']);
  expect(await openLedger(join(folder, 'state')).read()).toEqual({ assignment: assignment(7, [spec(1)]), released: ['r2'] });
  expect((await stat(file())).mode & 0o777).toBe(0o600);
  expect(await readdir(join(folder, 'state'))).toEqual(['assignment.json']);
});

test('a crash while writing leaves the assignment before, however much of the new one was written', async () => {
  const ledger = openLedger(join(folder, 'state'));
  await ledger.write(assignment(7, [spec(1)]));
  const whole = JSON.stringify(assignment(8, [spec(2)]));
  for (const length of [0, 1, whole.length / 2, whole.length - 1]) {
    await writeFile(`${file()}.draft`, whole.slice(0, length));
    expect((await openLedger(join(folder, 'state')).read()).assignment?.generation).toBe(7);
  }
  await ledger.write(assignment(9, []));
  expect((await ledger.read()).assignment?.generation).toBe(9);
});

test('a damaged file is reported by name, left for a look, and replaced by the next assignment', async () => {
  const ledger = openLedger(join(folder, 'state'));
  await ledger.write(assignment(7, [spec(1)]));
  const text = await readFile(file(), 'utf8');
  for (const damage of [text.slice(0, 40), 'null', '{"generation":7}', '\0\0\0\0']) {
    await writeFile(file(), damage);
    const read = await ledger.read();
    expect(read.assignment).toBeUndefined();
    expect(read.damage).toContain(file());
  }
  await ledger.write(assignment(8, []));
  expect((await ledger.read()).assignment?.generation).toBe(8);
});

test('what cannot be written rejects and leaves no draft behind', async () => {
  await writeFile(join(folder, 'state'), 'a file where the folder should be');
  await expect(openLedger(join(folder, 'state')).write(assignment(1, []))).rejects.toThrow(/state/);
  expect(await readdir(folder)).toEqual(['state']);
});
