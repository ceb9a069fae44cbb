import type { PolicyRecord } from '#server/http/contract/index.ts';
import { expect, test } from 'vitest';
import { policyDiff } from '../format/policy-diff.ts';
import { en } from '../text/en/index.ts';
import { formField, fromRecord, toRecord } from './policy-form.ts';

const RECORD: PolicyRecord = {
  weights: { pack: 60, spread: 30, cost: 20, performance: 0, stability: 10, keep: 40 },
  utilisation: { rule: 'fixed', permille: 725 },
  reservePermille: { cpu: 50, memory: 100 },
  environments: { dev: { kinds: ['lxc'], cpuOvercommitPermille: 4000 }, production: { kinds: ['physical', 'cloud-vm'], cpuOvercommitPermille: 1000 } },
  shapes: { small: { cpuMilli: 500, memoryMib: 768 }, standard: { cpuMilli: 4000, memoryMib: 8192 } },
  defaultShape: 'standard',
  privateFirst: true,
  cloud: { mostCentsPerCoreHour: 25, mostCentsPerHour: null },
  classes: { quorum: { caps: { perRack: 1 }, spreadPermille: 2000 } },
  movesPerHour: 60,
};
const formats = { shape: ({ cpuMilli, memoryMib }: { cpuMilli: number; memoryMib: number }) => `${cpuMilli}/${memoryMib}`, money: (cents: number) => `¥${cents / 100}` };

test('a policy that is opened and not touched is the same policy', () => {
  expect(toRecord(fromRecord(RECORD))).toEqual({ record: RECORD, faults: {} });
  expect(policyDiff(RECORD, toRecord(fromRecord(RECORD)).record!, en, 'en', formats)).toEqual([]);
});

test('each wrong field is named under the path that the server would use', () => {
  const form = fromRecord(RECORD);
  const wrong = toRecord({
    ...form,
    weights: { ...form.weights, pack: '101', spread: '' },
    reserveCpuPercent: 'a lot',
    movesPerHour: '1.5',
    cloudCore: '-1',
    environments: [{ ...form.environments[0]!, kinds: [] }, { ...form.environments[1]!, name: 'dev' }],
    classes: [{ ...form.classes[0]!, name: 'Not A Name', perRack: '0' }],
  });
  expect(wrong.record).toBeNull();
  expect(wrong.faults).toEqual({
    'weights.pack': { code: 'range', least: 0, most: 100 },
    'weights.spread': { code: 'needed' },
    'reservePermille.cpu': { code: 'notNumber' },
    'environments.0.kinds': { code: 'kinds' },
    'environments.1.name': { code: 'twice' },
    'cloud.mostCentsPerCoreHour': { code: 'range', least: 0, most: 10_000 },
    'classes.0.name': { code: 'name' },
    'classes.0.caps.perRack': { code: 'range', least: 1, most: 10_000 },
    movesPerHour: { code: 'notWhole' },
  });
});

test('an answer of the server finds its row, whatever stands before the path', () => {
  const form = fromRecord(RECORD);
  expect(formField('changes.0.record.environments.production.kinds', form)).toBe('environments.1.kinds');
  expect(formField('record.weights.pack', form)).toBe('weights.pack');
  expect(formField('shapes.none.cpuMilli', form)).toBe('shapes.none.cpuMilli');
});

test('a diff names the rules that differ, with what went and what came', () => {
  const next: PolicyRecord = { ...RECORD, weights: { ...RECORD.weights, pack: 80 }, environments: { production: { ...RECORD.environments.production!, cpuOvercommitPermille: 1500 } }, cloud: { ...RECORD.cloud, mostCentsPerHour: 100_000 }, classes: { quorum: { caps: { perHost: 1, perRack: 1 }, spreadPermille: 2000 } } };
  expect(policyDiff(RECORD, next, en, 'en', formats)).toEqual([
    { field: 'Weight of pack', before: '60', after: '80' },
    { field: 'CPU overcommit of production', before: '×1', after: '×1.5' },
    { field: 'Cloud: most an hour', before: 'no limit', after: '¥1000' },
    { field: 'Caps of class quorum', before: '1 a rack', after: '1 a host, 1 a rack' },
    { field: 'Kinds of host for dev', before: 'LXC', after: null },
    { field: 'CPU overcommit of dev', before: '×4', after: null },
  ]);
});
