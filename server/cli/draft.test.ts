import { expect, test } from 'vitest';
import { Command } from '@commander-js/extra-typings';
import { Draft } from '../http/contract/index.ts';
import { draftOfFlags, draftOfLast, FLAG_OF, mergeDrafts, withDraftOptions } from './draft.ts';

const parse = (line: string) => draftOfFlags(withDraftOptions(new Command('quote')).exitOverride().parse(line.split(' '), { from: 'user' }).opts());

test('every flag becomes its field, in the unit of the API', () => {
  expect(
    parse(
      '--team quotes --service quote -e production --qps 400.5 --cpu-per-request 20 --memory-base 1Gi --memory-per-qps 0.5Mi --max-qps 90 --headroom 25% --min-replicas 2 --survive rack --shape half --cloud allowed --most-per-host 1 --most-per-rack 2 --most-per-site 3 --label disk=nvme --label gen=3 --tolerate gpu=only --image firn/demo:1 --command node --command serve --env A=b=c --port 8081 --health-path /up --stop-after 1500ms --why because',
    ),
  ).toEqual({
    team: 'quotes',
    service: 'quote',
    environment: 'production',
    peakQps: 400.5,
    profile: { cpuMsPerRequest: 20, memoryBaseMib: 1024, memoryKibPerQps: 512, maxQps: 90 },
    headroomPermille: 250,
    minReplicas: 2,
    survive: 'rack',
    shape: 'half',
    cloud: 'allowed',
    caps: { perHost: 1, perRack: 2, perSite: 3 },
    labels: { disk: 'nvme', gen: '3' },
    tolerations: ['gpu=only'],
    run: { image: 'firn/demo:1', command: ['node', 'serve'], env: { A: 'b=c' }, port: 8081, healthPath: '/up', stopSeconds: 2 },
    why: 'because',
  });
});

test('what was not said is not in the draft, so that the server knows', () => {
  expect(parse('--service quote -e dev --qps 8')).toEqual({ service: 'quote', environment: 'dev', peakQps: 8 });
});

test('flags win over a file field by field, lists and labels are replaced whole', () => {
  const file = { team: 'quotes', peakQps: 100, profile: { cpuMsPerRequest: 20, memoryBaseMib: 300, memoryKibPerQps: 512 }, labels: { a: 'b' } };
  expect(mergeDrafts(file, parse('--qps 200 --cpu-per-request 25 --label c=d'))).toEqual({ team: 'quotes', peakQps: 200, profile: { cpuMsPerRequest: 25, memoryBaseMib: 300, memoryKibPerQps: 512 }, labels: { c: 'd' } });
});

test('a resize keeps what was asked, but not what runs and not why', () => {
  const draft = Draft.parse({ team: 'quotes', service: 'quote', environment: 'dev', peakQps: 1, profile: { cpuMsPerRequest: 1, memoryBaseMib: 1, memoryKibPerQps: 0 }, run: { image: 'x' }, why: 'then' });
  const last = draftOfLast(draft);
  expect(last).not.toHaveProperty('run');
  expect(last).not.toHaveProperty('why');
  expect(Draft.safeParse({ ...last, peakQps: 2 }).success).toBe(true);
});

test('every field of a draft can be said with a flag', () => {
  for (const field of Object.keys(Draft.shape)) expect(Object.keys(FLAG_OF).some((known) => known === field || known.startsWith(`${field}.`))).toBe(true);
});
