// What a service wrote last, asked once for each end and kept within bounds.
import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { LastWords, lastOf } from './last-words.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

test('the last lines, as many whole ones as fit, without what a terminal would obey', () => {
  expect(lastOf('one\ntwo\n')).toBe('one\ntwo');
  expect(lastOf(Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n')).split('\n')).toHaveLength(20);
  expect(lastOf(`${'x'.repeat(1_500)}\n${'y'.repeat(1_500)}`)).toBe('y'.repeat(1_500));
  expect(lastOf('z'.repeat(5_000))).toHaveLength(2_000);
  expect(lastOf('\u001b[31mred\r\n\u0000')).toBe(' [31mred');
});

test('each end is asked for once, a few at a time, and what fails is no words', async () => {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const words = new LastWords({
    clock: systemClock, log: quiet, onChange: () => undefined,
    runtime: {
      lastLines: async (id, _, beforeMs) => {
        asked.push(`${id} ${beforeMs}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
        if (id === 'c2') throw new Error('no such container');
        return `said by ${id}\n`;
      },
    },
  });
  for (const [id, at] of [['c1', 1], ['c2', 2], ['c3', 3]] as const) words.ended(id, at);
  for (const id of ['c1', 'c2', 'c3']) words.found(id);
  expect(asked).toEqual(['c1 1', 'c2 2']);
  for (let answered = 0; answered < 3;) {
    await expect.poll(() => waiting.length).toBeGreaterThan(0);
    for (const go of waiting.splice(0)) {
      go();
      answered += 1;
    }
  }
  await expect.poll(() => ['c1', 'c2', 'c3'].map((id) => words.of(id))).toEqual(['said by c1', undefined, 'said by c3']);
  words.found('c1');
  expect(asked).toHaveLength(3);
  words.retain(new Set(['c3']));
  expect(words.of('c1')).toBeUndefined();
});
