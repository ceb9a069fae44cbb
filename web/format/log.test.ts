import { expect, test } from 'vitest';
import { appendLog, findLines, NO_LOG, plain } from './log.ts';

test('pieces become whole lines, wherever they were cut', () => {
  const log = ['npm ', 'ci\nadded 2', '14 packages\n', 'build'].reduce((all, piece) => appendLog(all, piece), NO_LOG);
  expect(log).toEqual({ lines: ['npm ci', 'added 214 packages'], cut: 0, rest: 'build' });
});

test('colours, titles and progress bars of terminals leave plain words', () => {
  expect(plain('\u001b[1;32mok\u001b[0m \u001b]0;title\u0007done')).toBe('ok done');
  expect(plain('10 %\r50 %\r100 %\r')).toBe('100 %');
  expect(plain('a\tb\u0008')).toBe('a  b');
});

test('only the last lines are kept, and how many went is known', () => {
  expect(appendLog(NO_LOG, 'a\nb\nc\nd\n', 2)).toEqual({ lines: ['c', 'd'], cut: 2, rest: '' });
});

test('lines are found whatever their case; nothing is found for nothing', () => {
  expect(findLines(['Error: x', 'fine', 'an error'], 'error')).toEqual([0, 2]);
  expect(findLines(['a'], '  ')).toEqual([]);
});
