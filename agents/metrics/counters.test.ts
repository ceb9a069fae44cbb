// What services say of their requests, well and badly: counters that can be believed, or a sentence why not.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestCounters } from '../protocol.ts';
import { countersIn } from './counters.ts';
import { parseExposition } from './parse.ts';

const lines = (...all: string[]): string => `${all.join('\n')}\n`;

test('requests by status and durations by bound, summed over every other label', () => {
  const text = lines(
    '# HELP http_requests_total Requests.',
    '# TYPE http_requests_total counter',
    'http_requests_total{method="GET",code="200"} 90',
    'http_requests_total{method="POST",code="200"} 7 1763880000000',
    'http_requests_total{method="GET",code="503"} 2',
    'http_requests_total{method="GET",code="500"} 1',
    'http_request_duration_seconds_bucket{method="GET",le="0.1"} 50',
    'http_request_duration_seconds_bucket{method="POST",le="0.1"} 5',
    'http_request_duration_seconds_bucket{method="GET",le="0.01"} 20',
    'http_request_duration_seconds_bucket{method="GET",le="+Inf"} 93',
    'process_cpu_seconds_total nonsense',
  );
  expect(countersIn(text)).toEqual({ total: 100, errors: 3, durations: [{ leSeconds: 0.01, count: 20 }, { leSeconds: 0.1, count: 55 }] });
});

test.each(['code', 'status', 'status_code'])('the status may be in the label %s; without a counter the histogram counts', (label) => {
  expect(countersIn(lines(`http_requests_total{${label}="200"} 8`, `http_requests_total{${label}="5xx"} 2`))).toEqual({ total: 10, errors: 2 });
  expect(countersIn(lines(`http_request_duration_seconds_count{${label}="200"} 8`, `http_request_duration_seconds_count{${label}="502"} 2`))).toEqual({ total: 10, errors: 2 });
});

test.each([
  ['', 'there is neither http_requests_total nor http_request_duration_seconds_count'],
  ['<html>not here</html>', 'there is neither http_requests_total nor http_request_duration_seconds_count'],
  [lines('http_requests_total NaN'), 'http_requests_total is NaN; a counter is a number from 0 to 9007199254740991'],
  [lines('http_requests_total{code="200"} -1'), 'http_requests_total{code="200"} is -1; a counter is a number from 0 to 9007199254740991'],
  [lines('http_requests_total 1e300'), 'http_requests_total is 1e+300; a counter is a number from 0 to 9007199254740991'],
  [lines('http_requests_total +Inf'), 'http_requests_total is Infinity; a counter is a number from 0 to 9007199254740991'],
  [lines('http_requests_total{a="1",b="2"} 1', 'http_requests_total{b="2",a="1"} 2'), 'http_requests_total{a="1",b="2"} is there twice'],
  [lines('http_requests_total 1', 'http_request_duration_seconds_bucket{le="x"} 1'), 'http_request_duration_seconds_bucket has the bound "x"; a bound is a number of seconds'],
  [lines('http_requests_total 1', 'http_request_duration_seconds_bucket{le="1"} 5', 'http_request_duration_seconds_bucket{le="2"} 4'), 'http_request_duration_seconds_bucket falls at 2 s; the counts of a histogram rise with the bound'],
])('%j is refused: %s', (text, sentence) => {
  expect(() => countersIn(text)).toThrow(sentence);
});

test('labels may hold commas, braces, quotes and line ends; lines that are none are left out', () => {
  const { samples, nonsense } = parseExposition(lines(String.raw`m{path="/a,b}{\"c\"\n\\",x="",} 1.5e3`, 'm{} .5', 'm{x="1" 3', 'm 1 2 3', '!', '  m\t7  '), (name) => name === 'm');
  expect(samples.map(({ labels, value }) => [[...labels.values()], value])).toEqual([[['/a,b}{"c"\n\\', ''], 1500], [[], 0.5], [[], 7]]);
  expect(nonsense).toBe(3);
});

test('whatever a service sends, the answer is counters that the protocol allows, or a sentence', () => {
  const piece = fc.constantFrom('http_requests_total', 'http_request_duration_seconds_bucket', 'http_request_duration_seconds_count', '{', '}', 'le="0.5"', 'code="500"', ',', '=', '"', '\\', ' ', '\n', '1', '-', '1e9', 'NaN', '+Inf', '#', '\0', 'é');
  fc.assert(fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 60 }), (pieces) => {
    try {
      RequestCounters.parse(countersIn(pieces.join('')));
    } catch (error) {
      expect((error as Error).name).toBe('MetricsError');
    }
  }), { numRuns: 2_000 });
});

test('a text of hostile length is read in linear time', () => {
  const begun = performance.now();
  for (const text of [`http_requests_total{${'a="b",'.repeat(40_000)}`, `http_requests_total ${' '.repeat(250_000)}x`, `http_requests_total{a="${'\\'.repeat(250_000)}`]) expect(() => countersIn(text)).toThrow('there is neither');
  expect(performance.now() - begun).toBeLessThan(2_000);
});
