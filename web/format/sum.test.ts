import { expect, test } from 'vitest';
import { en } from '../text/en/index.ts';
import { sumRows, type Sizing } from './sum.ts';

const asked = { peakQps: 400, headroomPermille: 250, minReplicas: 1, profile: { cpuMsPerRequest: 20, memoryBaseMib: 300, memoryKibPerQps: 512 } };
const r = 8;
const utilisation = r / (r + 1.9 * Math.sqrt(r));
const byCpu = (4000 * utilisation) / 20;
const sizing: Sizing = {
  shape: { cpuMilli: 4000, memoryMib: 8192 },
  busyCores: r,
  utilisation,
  qpsPerReplica: { byCpu, byMemory: 14_145.6, byMaxQps: null, q: byCpu },
  qLimit: 'cpu',
  forPeak: 5,
  mustRemain: 4,
  survive: 'host',
  domains: 3,
  perDomainCap: 2,
  replicas: 6,
  limit: 'survival',
  lines: [],
};

test('the sum can be followed line by line, and the limit that decided is marked', () => {
  const rows = sumRows(sizing, asked, en, 'en');
  expect(rows.map(({ key, formula, result }) => [key, formula, result])).toEqual([
    ['busy', '400 × 20 ms ÷ 1000', '8 cores'],
    ['ceiling', 'square-root staffing: min(0.85, R ÷ (R + 1.9 √R)), R = 8', '0.598'],
    ['byCpu', '4,000 × 0.598 ÷ 20', '119.6 QPS'],
    ['byMemory', '(8,192 × 0.9 − 300) × 1024 ÷ 512', '14,146 QPS'],
    ['carries', '', '119.6 QPS'],
    ['forPeak', '⌈400 × 1.25 ÷ 119.6⌉', '5'],
    ['survival', '3 hosts, at most 2 in each', '6'],
    ['replicas', '', '6'],
  ]);
  expect(rows.filter(({ decides }) => decides).map(({ key }) => key)).toEqual(['survival']);
});

test('a ceiling that the policy fixes says so, and only lines that matter are there', () => {
  const rows = sumRows({ ...sizing, utilisation: 0.6, survive: 'none', limit: 'minimum', qpsPerReplica: { ...sizing.qpsPerReplica, byMemory: null, byMaxQps: 50 } }, { ...asked, minReplicas: 8 }, en, 'en');
  expect(rows.map(({ key }) => key)).toEqual(['busy', 'ceiling', 'byCpu', 'byMaxQps', 'carries', 'forPeak', 'minimum', 'replicas']);
  expect(rows[1]?.formula).toBe('fixed by the policy');
  expect(rows.find(({ decides }) => decides)?.key).toBe('minimum');
});
