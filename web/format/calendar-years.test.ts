import { expect, test } from 'vitest';
import type { CalendarView } from '#server/http/contract/index.ts';
import { yearsOf } from './calendar-years.ts';

const known = (market: CalendarView['market'], year: number, origin: 'shipped' | 'file' = 'shipped') => ({ market, year, origin }) as CalendarView;

test('this year and the next stand in the table whether anybody knows them or not', () => {
  const rows = yearsOf([known('a-share', 2025), known('a-share', 2026), known('us', 2026, 'file')], 2026);
  expect(rows.map(({ market, years }) => [market, years.map(({ year, state }) => `${year} ${state}`)])).toEqual([
    ['a-share', ['2025 shipped', '2026 shipped', '2027 missing-next']],
    ['hong-kong', ['2025 missing-past', '2026 missing-now', '2027 missing-next']],
    ['us', ['2025 missing-past', '2026 file', '2027 missing-next']],
  ]);
});
