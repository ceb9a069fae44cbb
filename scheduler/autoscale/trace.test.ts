// Recordings as they come: what is mended is said with its line, what cannot be is refused with its line, and time goes as the clock that wrote it says.
import { expect, test } from 'vitest';
import { parseTrace, segmentsOf, type Trace } from './trace.ts';

const lines = (...rows: string[]) => ['time,qps', ...rows].join('\n');
const read = (text: string): Trace => {
  const trace = parseTrace(text);
  if ('message' in trace) throw new Error(trace.message);
  return trace;
};
const minute = (n: number, qps: number | string, zone = '+08:00') => `2026-11-02T09:${String(n).padStart(2, '0')}:00${zone},${qps}`;

test('a clean recording has nothing to say, and becomes steps of two seconds along straight lines', () => {
  const trace = read(lines(minute(0, 100), minute(1, 160), minute(2, 160)));
  expect(trace.notes).toEqual([]);
  expect(trace.stepMs).toBe(60_000);
  const [segment] = segmentsOf(trace);
  expect(segment!.qps.length).toBe(90);
  expect(segment!.qps[0]).toBe(100);
  expect(segment!.qps[15]).toBe(130);
  expect(segment!.qps[60]).toBe(160);
});

test.each([
  ['a gap', [minute(0, 100), minute(1, 100), minute(2, 100), minute(7, 200), minute(8, 200)], 'gap', 'line 5: 4 minutes are missing before it: filled in along a straight line'],
  ['a duplicate', [minute(0, 100), minute(1, 100), minute(1, 120), minute(2, 100)], 'duplicate', 'line 4 has the time of line 3: the larger of 100 and 120 QPS counts'],
  ['the wrong order', [minute(0, 100), minute(2, 100), minute(1, 100), minute(3, 100)], 'order', 'line 4 is earlier than the line before it: sorted'],
  ['another clock', [minute(0, 100), minute(1, 100), '2026-11-02T10:02:00+09:00,100', minute(3, 100)], 'offset', 'line 4: the offset changes from +08:00 to +09:00: the day goes on by the new clock'],
  ['times without offset', [minute(0, 1, ''), minute(1, 1, ''), minute(2, 1, '')], 'noOffset', 'line 2: the time has no offset such as +08:00: read as UTC'],
])('%s is mended and said', (_, rows, kind, message) => {
  const notes = read(lines(...rows)).notes.filter((note) => note.kind === kind);
  expect(notes[0]?.message).toBe(message);
});

test('values that are no QPS are filled in from their neighbours and named by line', () => {
  const rows = Array.from({ length: 20 }, (_, n) => minute(n, n === 5 ? 'NaN' : n === 9 ? -3 : 100));
  const trace = read(lines(...rows));
  expect(trace.notes.filter(({ kind }) => kind === 'value').map(({ message }) => message)).toEqual([
    'line 7: qps is "NaN": it must be a number from 0 to 1000000000; left out, and filled in from its neighbours',
    'line 11: qps is "-3": it must be a number from 0 to 1000000000; left out, and filled in from its neighbours',
  ]);
  expect([...segmentsOf(trace)[0]!.qps].every((qps) => qps === 100)).toBe(true);
});

test.each([
  ['no header', [minute(0, 100), minute(1, 100)]],
  ['names of its own and a remark', ['# made by hand', '"timestamp","value"', minute(0, 100), minute(1, 100)]],
  ['seconds since 1970', ['1793581200,100', '1793581260,100']],
  ['seconds with a fraction', ['1793581200.0,100', '1793581260.000,100']],
  ['milliseconds since 1970', ['1793581200000,100', '1793581260000,100']],
])('a recording with %s is read as well', (_, rows) => {
  const trace = read(rows.join('\n'));
  expect(trace.notes).toEqual([]);
  expect(trace.points.map(({ at, qps }) => [at, qps])).toEqual([[1_793_581_200_000, 100], [1_793_581_260_000, 100]]);
});

test('a recording that begins at an odd second is replayed at even ones, for decisions come every ten seconds of the clock', () => {
  const odd = segmentsOf(read(lines('1793581253,100', '1793581553,250', '1793581853,250')))[0]!;
  expect(odd.at % 2000).toBe(0);
  expect(odd.qps[0]).toBeCloseTo(100.5);
  expect(odd.qps[149]).toBeCloseTo(249.5);
});

test.each([
  ['no time', lines(minute(0, 1), 'yesterday,5'), 'line 3: time is "yesterday": it must be like 2020-07-06T09:30:00+08:00'],
  ['a day that is none', lines(minute(0, 1), '2026-02-30T00:00:00Z,5'), 'line 3: time is "2026-02-30T00:00:00Z": it must be like 2020-07-06T09:30:00+08:00'],
  ['other columns', lines(minute(0, 1), `${minute(1, 1)},7`), 'line 3 is "2026-11-02T09:01:00+08:00,1,7": it must be time,qps'],
  ['too many bad values', lines(minute(0, 1), minute(1, 'x'), minute(2, 1)), '1 of 3 values are no QPS, the first in line 3: at most one in ten can be filled in'],
  ['nothing', 'time,qps\n', 'it has fewer than two lines with a value: nothing can be replayed'],
])('%s is refused with its line', (_, text, message) => {
  expect(parseTrace(text)).toMatchObject({ message });
});

test('the night in which the clocks go back has its hour twice, in order', () => {
  const hour = (h: number) => Array.from({ length: 60 }, (_, n) => `2026-11-01 ${String(h).padStart(2, '0')}:${String(n).padStart(2, '0')}:00,${100 + h}`);
  const trace = read(lines(...hour(0), ...hour(1), ...hour(1), ...hour(2)));
  expect(trace.points.length).toBe(240);
  expect(trace.notes.map(({ kind }) => kind).filter((kind) => kind !== 'noOffset')).toEqual(['offset']);
  expect(trace.points.every((point, index) => index === 0 || point.at - trace.points[index - 1]!.at === 60_000)).toBe(true);
});

test('the night in which the clocks go forward has no hole where the times have offsets, and one of an hour that is named where they have none', () => {
  const minutes = (hour: number, offset: string) => Array.from({ length: 60 }, (_, n) => `2026-03-08T${String(hour).padStart(2, '0')}:${String(n).padStart(2, '0')}:00${offset},100`);
  const whole = read(lines(...minutes(1, '-05:00'), ...minutes(3, '-04:00')));
  expect([whole.points.length, whole.notes.map(({ kind }) => kind)]).toEqual([120, ['offset']]);
  const bare = read(lines(...minutes(1, ''), ...minutes(3, '')));
  expect(bare.notes.filter(({ kind }) => kind !== 'noOffset')).toMatchObject([{ kind: 'gap', line: 62, message: expect.stringContaining('60 minutes are missing') }]);
});

test('weekends that were not recorded are no fault; other days are a jump in time', () => {
  const day = (date: string) => Array.from({ length: 24 }, (_, h) => `${date}T${String(h).padStart(2, '0')}:00:00+08:00,10`);
  const trace = read(lines(...day('2026-11-06'), ...day('2026-11-09'), ...day('2026-11-11')));
  expect(trace.notes.map(({ kind, line }) => [kind, line])).toEqual([['break', 50]]);
  expect(segmentsOf(trace).length).toBe(3);
});
