import fc from 'fast-check';
import { expect, test } from 'vitest';
import { framesOf } from '../docker/engine-streams.ts';
import { FrameJoiner, levelOf, lineFilter, MOST_LINE_BYTES, timeIn } from './lines.ts';

const frame = (text: string, stream: 'stdout' | 'stderr' = 'stdout') => ({ stream, bytes: Buffer.from(text) });

test('a long line that the engine kept in pieces is one line with the time of its first piece, and both outputs keep apart', () => {
  const joiner = new FrameJoiner();
  expect(joiner.push(frame('2026-11-23T09:30:00.000000001Z begins, '))).toBeUndefined();
  expect(joiner.push(frame('2026-11-23T09:30:00.000000002Z other\n', 'stderr'))).toEqual({ at: '2026-11-23T09:30:00.000000002Z', stream: 'stderr', text: 'other' });
  expect(joiner.push(frame('2026-11-23T09:30:00.000000003Z ends\r\n'))).toEqual({ at: '2026-11-23T09:30:00.000000001Z', stream: 'stdout', text: 'begins, ends' });
  expect(joiner.push(frame('2026-11-23T09:30:01Z no end'))).toBeUndefined();
  expect(joiner.rest()).toEqual([{ at: '2026-11-23T09:30:01Z', stream: 'stdout', text: 'no end' }]);
});

test('a very long line is cut and says how much is left out', () => {
  const joiner = new FrameJoiner();
  const line = joiner.push(frame(`2026-11-23T09:30:00Z ${'x'.repeat(MOST_LINE_BYTES + 500)}\n`));
  expect([line?.text.length, line?.cutBytes]).toEqual([MOST_LINE_BYTES, 500]);
});

test('levels and times are read from what frameworks write', () => {
  expect(['2026-11-23 10:00:00 ERROR Foo - no INFO', '{"level":"warn","msg":"x"}', '{"level":30,"time":1}', 'level=debug msg=x', 'INFORMATION', 'all is well'].map(levelOf)).toEqual(['error', 'warn', 'info', 'debug', undefined, undefined]);
  expect(timeIn('2026-11-23T09:30:00.123456Z up')).toBe('2026-11-23T09:30:00.123Z');
  expect(timeIn('[2026-11-23 17:30:00,500+0800] up')).toBe('2026-11-23T09:30:00.500Z');
  expect(timeIn('up since 9:30')).toBeUndefined();
});

test('a search is plain text in any case; a line without a level passes every level', () => {
  const line = (text: string) => ({ stream: 'stdout' as const, text });
  expect(lineFilter({ search: 'a.*B' })(line('xA.*bx'))).toBe(true);
  expect(lineFilter({ search: 'a.*b' })(line('axxb'))).toBe(false);
  const warnings = lineFilter({ level: 'warn' });
  expect([line('INFO a'), line('WARN a'), line('ERROR a'), line('  at Foo.java:3')].map(warnings)).toEqual([false, true, true, true]);
});

test('frames come whole out of any pieces in which the engine sends them', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.string({ maxLength: 50 })), { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), async (messages, cuts) => {
    const bytes = Buffer.concat(messages.flatMap(([isError, text]) => {
      const content = Buffer.from(text);
      const head = Buffer.alloc(8);
      head[0] = isError ? 2 : 1;
      head.writeUInt32BE(content.length, 4);
      return [head, content];
    }));
    const pieces = async function* () {
      for (let [at, turn] = [0, 0]; at < bytes.length; turn += 1) {
        const next = at + cuts[turn % cuts.length]!;
        yield bytes.subarray(at, next);
        at = next;
      }
    };
    const found: [boolean, string][] = [];
    for await (const one of framesOf(pieces())) found.push([one.stream === 'stderr', one.bytes.toString()]);
    expect(found).toEqual(messages.map(([isError, text]) => [isError, Buffer.from(text).toString()]));
  }));
});
