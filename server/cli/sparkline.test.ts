import { expect, test } from 'vitest';
import { sparkline } from './sparkline.ts';

test('values become bars up to the highest; zeros are low, what is not known is a gap', () => {
  expect(sparkline([0, 1, 4, null, 8])).toBe('▁▂▅ █');
  expect(sparkline([0, 0])).toBe('▁▁');
  expect(sparkline([])).toBe('');
});
