// When loops run: once for what comes together, not before they rested, and no longer after it is quiet.
import { setImmediate as turn } from 'node:timers/promises';
import pino from 'pino';
import { expect, test } from 'vitest';
import { type Loop, openDriver } from './driver.ts';

const driverOf = (loop: Partial<Loop>) => {
  const driver = openDriver({ log: pino({ level: 'silent' }), now: () => 0, isTimed: false });
  let runs = 0;
  driver.add({ name: 'planner', everyMs: 1_000, run: async () => `run ${(runs += 1)}`, ...loop });
  return { driver, runs: () => runs };
};

test('wakes that come together make one run, one that comes during a run makes another', async () => {
  const { driver, runs } = driverOf({});
  for (let count = 0; count < 3; count += 1) driver.wake('planner');
  await driver.settled();
  expect(runs()).toBe(1);
  driver.wake('planner');
  await driver.settled();
  expect(runs()).toBe(2);
  await driver[Symbol.asyncDispose]();
});

test('a rest gathers what comes close together, and ends early when nothing more comes', async () => {
  const { driver, runs } = driverOf({ restMs: () => 600_000, quietMs: 150 });
  driver.wake('planner');
  await driver.settled();
  for (let count = 0; count < 5; count += 1) {
    driver.wake('planner');
    await turn();
  }
  expect(runs()).toBe(1);
  await driver.settled();
  expect(runs()).toBe(2);
  await driver[Symbol.asyncDispose]();
});
