import { expect, test } from 'vitest';
import { systemTiming } from '../timing.ts';
import { type Merged, mergeByTime } from './merge.ts';
import { redactor } from './redact.ts';

const all = async <T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> => {
  const found: T[] = [];
  for await (const batch of batches) found.push(...batch);
  return found;
};
interface Line {
  readonly at?: string;
  readonly text: string;
}
async function* source(...batches: readonly Merged<Line>[]): AsyncGenerator<Merged<Line>> {
  for (const batch of batches) {
    await systemTiming.turn();
    yield batch;
  }
}

test('what several replicas wrote comes in the order of time; a line without a time stays behind the one before it', async () => {
  const lines = await all(mergeByTime(systemTiming, [
    source({ items: [{ at: '10:00', text: 'a1' }, { text: 'a1 goes on' }] }, { items: [{ at: '10:03', text: 'a2' }] }),
    source({ items: [{ at: '10:01', text: 'b1' }] }, { items: [{ at: '10:02', text: 'b2' }, { at: '10:04', text: 'b3' }] }),
  ]));
  expect(lines.map(({ text }) => text)).toEqual(['a1', 'a1 goes on', 'b1', 'b2', 'a2', 'b3']);
});

test('a replica that is silent keeps no other waiting once it said that it is live', async () => {
  const never = async function* (): AsyncGenerator<Merged<Line>> {
    yield { live: true };
    await new Promise(() => undefined);
  };
  const batches = mergeByTime(systemTiming, [never(), source({ items: [{ at: '1', text: 'old' }] }, { live: true }, { items: [{ at: '2', text: 'new' }] })]);
  const found: string[] = [];
  for await (const batch of batches) {
    found.push(...batch.map(({ text }) => text));
    if (found.length === 2) break;
  }
  expect(found).toEqual(['old', 'new']);
});

test('values of secrets are masked, also line by line and as JSON writes them; short ones are let through', () => {
  const mask = redactor(['hunter2-and-more', 'abc', 'first line of a key\nsecond line of it', 'with "quotes"']);
  expect(mask('password hunter2-and-more, abc')).toBe('password ••••••, abc');
  expect(mask('second line of it')).toBe('••••••');
  expect(mask(JSON.stringify({ key: 'with "quotes"' }))).toBe('{"key":"••••••"}');
});
