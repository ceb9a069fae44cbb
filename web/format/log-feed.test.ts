import { expect, test } from 'vitest';
import type { LogEntry } from '#server/http/contract/index.ts';
import { appendEntries, NO_ROWS } from './log-feed.ts';

const of = { replicaId: 'r1', replica: 'quote-1', host: 'phy1' };
const AT = '2026-11-23T09:30:00Z';
const line = (text: string): LogEntry => ({ kind: 'line', at: AT, stream: 'stdout', text, ...of });

test('lines, gaps and containers stay in their order, and lines lose the colours of a terminal', () => {
  const log = appendEntries(NO_ROWS, [line('\u001b[31mred\u001b[0m'), { kind: 'gap', at: AT, bytes: 40, code: 'rotated', reason: '40 bytes were rotated away', ...of }, { kind: 'beat', at: AT }, line('next')]);
  expect(log.rows.map((row) => (row.kind === 'line' ? row.text : row.kind))).toEqual(['red', 'gap', 'next']);
  expect(log.end).toBeNull();
});

test('only the last rows are kept, and how many were given up is counted', () => {
  const first = appendEntries(NO_ROWS, [line('1'), line('2'), line('3')], 2);
  expect([first.rows.length, first.cut]).toEqual([2, 1]);
  expect(appendEntries(first, [line('4')], 2).cut).toBe(2);
});

test('the end of an answer is told and is no row', () => {
  const log = appendEntries(NO_ROWS, [line('1'), { kind: 'end', at: AT, code: 'complete', reason: 'that is all' }]);
  expect(log.rows).toHaveLength(1);
  expect(log.end?.code).toBe('complete');
});
