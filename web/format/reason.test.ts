import { expect, test } from 'vitest';
import { en } from '../text/en/index.ts';
import { reasonText, refusalText } from './reason.ts';

const reason = (rule: string, resource: string, wanted: number | string, available: number | string) => ({ rule, resource, wanted, available, sentence: 'the server says so' });

test('amounts in a refusal are in units that a person reads', () => {
  expect(reasonText(reason('cpu', 'cpuMilli', 4000, 1500), en, 'en')).toBe('needs 4 cores, 1.5 cores free');
  expect(reasonText(reason('memory', 'memoryMib', 8192, 700), en, 'en')).toBe('needs 8 GiB, 700 MiB free');
  expect(reasonText(reason('cap-rack', 'rack', 3, 2), en, 'en')).toBe('would be replica 3 of the workload in one rack, at most 2 allowed');
});

test('a rule of a newer server is told in the words of the server', () => {
  expect(reasonText(reason('phase-of-moon', 'moon', 1, 2), en, 'en')).toBe('the server says so');
});

test('who may not, learns which role would', () => {
  expect(refusalText({ code: 'role', needs: 'sre', team: null }, en)).toBe('This needs the role SRE.');
  expect(refusalText({ code: 'request-state', state: 'denied' }, en)).toBe('The request is denied already.');
  expect(refusalText(null, en)).toBeNull();
});
