import { expect, test } from 'vitest';
import { en } from '../text/en/index.ts';
import { zh } from '../text/zh/index.ts';
import { alertText, changeText, reasonText } from './decision.ts';

const formats = { number: (value: number) => String(value), permille: (value: number) => `${value / 10}%` };
const decision = { action: 'out', before: 5, replicas: 8, winner: 'forecast', bound: 1499.6, need: 8, memoryNeed: 2, ceilingPermille: 800, isPanic: false, floors: [], suppressed: [], alerts: [] } as const;

test('what decided is told from the data, in both languages', () => {
  expect([changeText(decision, en.autoscale, formats), reasonText({ ...decision, floors: [], suppressed: [], alerts: [] }, en.autoscale, formats)]).toEqual(['5 → 8', '1500 QPS are to be expected at most; that takes 8 at 80% of their CPU.']);
  expect(reasonText({ ...decision, winner: 'opening', floors: [{ kind: 'opening', replicas: 8, reason: 'A-share opens' }], suppressed: [], alerts: [] }, zh.autoscale, formats)).toBe('由下限决定：开盘。');
});

test('a change that is held back says what it would have been and what holds it', () => {
  const held = { ...decision, action: 'hold', replicas: 5, floors: [], suppressed: [{ replicas: 3, by: 'window', why: 'not wanted for 180 s', until: null }] } as const;
  expect([changeText(held, en.autoscale, formats), reasonText({ ...held, floors: [], suppressed: [...held.suppressed], alerts: [] }, en.autoscale, formats).split('. ').at(-1)]).toEqual(['stays at 5 replicas', 'It would have been 3: it was not wanted for the whole window.']);
});

test('what bounds a number is said with it', () => {
  const bounded = { ...decision, replicas: 6, floors: [], suppressed: [], alerts: [{ kind: 'atMax', message: 'at most 6', value: 8 }] };
  expect(reasonText(bounded, en.autoscale, formats)).toContain('It would want 8');
});

test('kinds that the console does not know keep the words of the server', () => {
  expect(alertText({ kind: 'atMax', message: 'at its maximum', value: 12 }, en.autoscale, formats)).toEqual({ title: 'At its maximum', text: 'It would want 12; its maximum is less.' });
  expect(alertText({ kind: 'of-tomorrow', message: 'something new', value: 1 }, en.autoscale, formats)).toEqual({ title: 'of-tomorrow', text: 'something new' });
});
