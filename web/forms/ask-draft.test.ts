import type { Draft, WorkloadView } from '#server/http/contract/index.ts';
import { expect, test } from 'vitest';
import { changeOf, EMPTY_FORM, fromWorkload, lines, readPairs, toDraft, withChange, type AskForm } from './ask-draft.ts';

const filled = (over: Partial<AskForm> = {}): AskForm => ({ ...EMPTY_FORM, team: 'market', service: 'quote', environment: 'production', image: 'firn/demo:1', ...over });

test('a filled form is the draft that the API takes', () => {
  const { draft, faults } = toDraft(filled({ maxQps: '150', perRack: '2', labels: 'disk = ssd\n', tolerations: 'gpu=yes', command: 'node\nserver.js', env: 'A=1\nB=x=y' }));
  expect(faults).toEqual({});
  expect(draft).toEqual({
    team: 'market',
    service: 'quote',
    environment: 'production',
    peakQps: 400,
    profile: { cpuMsPerRequest: 20, memoryBaseMib: 300, memoryKibPerQps: 512, maxQps: 150 },
    headroomPermille: 250,
    minReplicas: 1,
    survive: 'host',
    cloud: 'never',
    caps: { perRack: 2 },
    labels: { disk: 'ssd' },
    tolerations: ['gpu=yes'],
    why: '',
    run: { image: 'firn/demo:1', command: ['node', 'server.js'], env: { A: '1', B: 'x=y' }, port: 8080, stopSeconds: 10 },
  });
});

test('without a name there is a quote, and the missing name is told', () => {
  const { draft, faults } = toDraft(filled({ service: '' }));
  expect(draft?.service).toBe('unnamed');
  expect(faults).toEqual({ service: { code: 'needed' } });
});

test('half a number is no draft, and the field says so', () => {
  expect(toDraft(filled({ peakQps: '4e' }))).toMatchObject({ draft: null, faults: { peakQps: { code: 'notNumber' } } });
  expect(toDraft(filled({ peakQps: '' })).faults).toEqual({ peakQps: { code: 'needed' } });
  expect(toDraft(filled({ memoryBaseMib: '1.5' })).faults).toEqual({ 'profile.memoryBaseMib': { code: 'notWhole' } });
  expect(toDraft(filled({ labels: 'ssd' })).faults).toEqual({ labels: { code: 'notPair', line: 'ssd' } });
});

test('thousands may be typed with commas, as they are shown', () => {
  expect(toDraft(filled({ peakQps: '12,000' })).draft?.peakQps).toBe(12_000);
});

test('a resize starts from what is asked now and leaves what runs alone', () => {
  const workload = { team: 'market', service: 'quote', environment: 'gray', peakQps: 90, profile: { cpuMsPerRequest: 2, memoryBaseMib: 10, memoryKibPerQps: 1 }, run: { image: 'a', command: ['x'], env: { A: '1' }, port: 80, stopSeconds: 5 }, shape: 'half', survive: 'rack', cloud: 'allowed', minReplicas: 2, headroomPermille: 305 } as unknown as WorkloadView;
  const { draft } = toDraft(fromWorkload(workload));
  expect(draft).toMatchObject({ service: 'quote', environment: 'gray', peakQps: 90, headroomPermille: 305, shape: 'half', survive: 'rack', cloud: 'allowed', minReplicas: 2 });
  expect(draft?.run).toBeUndefined();
});

test('a resize keeps where the workload may run, as it was asked last', () => {
  const workload = { team: 'market', service: 'quote', environment: 'gray', peakQps: 90, profile: {}, run: { command: [], env: {} } } as unknown as WorkloadView;
  const asked = { caps: { perRack: 2 }, labels: { disk: 'ssd' }, tolerations: ['gpu=yes'], class: 'quorum' } as unknown as Draft;
  expect(fromWorkload(workload, asked)).toMatchObject({ perHost: '', perRack: '2', labels: 'disk=ssd', tolerations: 'gpu=yes', class: 'quorum' });
});

test('a fix changes only its own field of the form', () => {
  const form = filled({ tolerations: 'gpu=yes', peakQps: '400' });
  expect(withChange(form, { peakQps: '300' })).toEqual({ ...form, peakQps: '300' });
  expect(withChange(form, { tolerations: 'spot=yes' }).tolerations).toBe('gpu=yes\nspot=yes');
  expect(withChange(form, { cloud: 'allowed' }).cloud).toBe(true);
  expect(withChange(form, { survive: 'everything' })).toEqual(form);
  expect(changeOf({ service: 'quote', environment: 'gray', peakQps: '300', image: 'evil:1', shape: ['a', 'b'] })).toEqual({ peakQps: '300' });
});

test('lines and pairs', () => {
  expect(lines(' a \n\n b')).toEqual(['a', 'b']);
  expect(readPairs('a=1\nb=')).toEqual({ pairs: { a: '1', b: '' }, wrong: null });
  expect(readPairs('=1').wrong).toBe('=1');
});
