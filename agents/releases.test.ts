// What a host does for releases, on an engine in memory: files, images ahead, replacement in place, bad releases and what they leave behind.
import { afterEach, expect, test } from 'vitest';
import type { FakeBehaviour } from './docker/fake-behaviour.ts';
import { assignment, spec } from './fixtures.ts';
import type { ImagePolicy } from './protocol.ts';
import { startSimulatedHost, type SimulatedHost, type SimulatedHostOptions } from './simulated.ts';
import { StandInServer } from './stand-in.ts';

const QUICK = { createMs: 1, startMs: 1, serviceMs: 1 };
const REGISTRY = '10.9.0.1:7072';
const [V1, V2] = [`${REGISTRY}/web@sha256:${'1'.repeat(64)}`, `${REGISTRY}/web@sha256:${'2'.repeat(64)}`];
const cleanups: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of cleanups.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function site(engine: SimulatedHostOptions['engine'] = {}, deps: SimulatedHostOptions['deps'] = {}): Promise<{ at: StandInServer; one: SimulatedHost }> {
  const at = await StandInServer.start({ heartbeatMs: 200, reportMs: 200 });
  cleanups.push(at);
  const one = await startSimulatedHost({
    serverUrl: at.url, token: 'token-0123456789abcdef', name: 'h1', address: '10.9.0.11', declared: { cpuMilli: 16_000, memoryMib: 32_768 }, engine: { ...QUICK, ...engine }, deps,
  });
  cleanups.push(one);
  return { at, one };
}

const policy = (more: Partial<ImagePolicy> = {}): ImagePolicy => ({ registry: REGISTRY, prefetch: [], keep: [], watermarkPermille: { high: 800, low: 600 }, mayClean: true, ...more });

test('values of files and variables are in no line of the log and in no report, whatever goes wrong with them', async () => {
  const lines: string[] = [];
  const note = (fields: object, message: string): void => void lines.push(`${JSON.stringify(fields)} ${message}`);
  const { at, one } = await site({}, { log: { debug: note, info: note, warn: note, error: note } });
  one.engine.failNext('putFiles', 'no space left on device');
  one.engine.failNext('create', 'the engine is busy');
  const files = [{ path: '/etc/key', content: Buffer.from('marker-in-a-file').toString('base64'), mode: 0o400 }];
  at.assign(assignment(1, [spec(1, { files, env: { KEY: 'marker-in-a-variable' }, release: 'r-1' })]));
  await at.until('h1', ({ converged, replicas }) => converged && replicas[0]?.state === 'running');
  expect(one.engine.filesOf('web-1')).toMatchObject([{ content: 'marker-in-a-file' }]);
  at.tell('h1', { type: 'assignment', assignment: assignment(2, [spec(1, { files: [...files, ...files], env: { KEY: 'marker-in-a-variable' } })]) });
  await at.until('h1', ({ problems }) => problems.join() === 'assignment 2 is refused: replica web-1: files: /etc/key is there twice');
  at.tellRaw('h1', JSON.stringify({ type: 'assignment', assignment: { ...assignment(3, []), replicas: [{ env: { KEY: 'marker-in-a-variable' }, files }] } }));
  await expect.poll(() => lines.some((line) => line.includes('is not understood'))).toBe(true);
  const said = [...lines, JSON.stringify(at.conversations.map(({ heard }) => heard))].join('\n');
  expect(lines.length).toBeGreaterThan(4);
  for (const value of ['marker-in', Buffer.from('marker-in-a-file').toString('base64')]) expect(said).not.toContain(value);
});

test('another release makes a new container with its files, and the report says which release and image really run', async () => {
  const { at, one } = await site({ images: [V1, V2] });
  at.assign(assignment(1, [spec(1, { image: V1, release: 'r-1', files: [{ path: '/etc/app/a.conf', content: Buffer.from('one').toString('base64'), mode: 0o640 }] })]));
  const first = await at.until('h1', (report) => report.converged && report.replicas[0]?.state === 'running');
  expect(first.replicas[0]).toMatchObject({ release: 'r-1', imageId: expect.stringMatching(/^sha256:/) });
  expect(one.engine.filesOf('web-1')).toEqual([{ path: '/etc/app/a.conf', mode: 0o640, content: 'one' }]);
  at.assign(assignment(2, [spec(1, { image: V1, release: 'r-2', files: [{ path: '/etc/app/a.conf', content: Buffer.from('two').toString('base64'), mode: 0o640 }] })]));
  const second = await at.until('h1', (report) => report.converged && report.replicas[0]?.release === 'r-2' && report.replicas[0].state === 'running');
  expect(second.replicas[0]?.containerId).not.toBe(first.replicas[0]?.containerId);
  expect(one.engine.filesOf('web-1')).toMatchObject([{ content: 'two' }]);
});

test('an image that cannot be had takes down nothing: the container goes on until it can', async () => {
  const behaviours = new Map<string, FakeBehaviour>([[V2, { unpullable: 'connection refused' }]]);
  const { at, one } = await site({ images: [V1], behaviours });
  at.assign(assignment(1, [spec(1, { image: V1, release: 'r-1' })]));
  const before = await at.until('h1', (report) => report.converged && report.replicas[0]?.state === 'running');
  at.assign(assignment(2, [spec(1, { image: V2, release: 'r-2' }), spec(2, { image: V2, release: 'r-2' })], { images: policy() }));
  const during = await at.until('h1', (report) => report.replicas[0]?.reason?.includes('attempt 1') === true && report.replicas[1]?.reason?.includes('attempt 1') === true);
  expect(during.replicas[0]).toMatchObject({ state: 'running', release: 'r-1', containerId: before.replicas[0]?.containerId });
  expect(during.replicas[0]?.reason).toContain(`the registry ${REGISTRY} does not answer`);
  expect(during.replicas[1]).toMatchObject({ state: 'pulling' });
  expect(during.converged).toBe(false);
  expect(one.engine.journal).not.toContain('stop web-1 1');
  behaviours.delete(V2);
  await at.until('h1', (report) => report.converged && report.replicas.length === 2 && report.replicas.every(({ state, release }) => state === 'running' && release === 'r-2'));
  const journal = one.engine.journal;
  expect(journal.filter((line) => line.startsWith('pull'))).toEqual([`pull ${V2} as h1`]);
  expect(journal.indexOf(`pull ${V2} as h1`)).toBeLessThan(journal.indexOf('stop web-1 1'));
});

test('going back while a pull hangs leaves what runs alone, at once', async () => {
  const { at, one } = await site({ images: [V1], pullMs: 60_000 });
  at.assign(assignment(1, [spec(1, { image: V1, release: 'r-1' })]));
  const before = await at.until('h1', (report) => report.converged && report.replicas[0]?.state === 'running');
  at.assign(assignment(2, [spec(1, { image: V2, release: 'r-2' }), spec(2, { image: V2, release: 'r-2' })]));
  await at.until('h1', ({ replicas }) => replicas[0]?.reason?.includes('goes on until its successor can be made: pulls') === true && replicas[1]?.state === 'pulling');
  at.assign(assignment(3, [spec(1, { image: V1, release: 'r-1' }), spec(2, { image: V1, release: 'r-1' })]));
  const after = await at.until('h1', ({ generation, converged, replicas }) => generation === 3 && converged && replicas.every(({ state, release }) => state === 'running' && release === 'r-1'), 4_000);
  expect(after.replicas[0]?.containerId).toBe(before.replicas[0]?.containerId);
  expect(one.engine.journal).toEqual(['create web-1', 'start web-1', 'create web-2', 'start web-2']);
});

test('an image for another architecture is a bad release: it is said, and what runs goes on', async () => {
  const behaviours = new Map<string, FakeBehaviour>([[V2, { architecture: 'arm64' }]]);
  const { at, one } = await site({ behaviours, architecture: 'x86_64' });
  at.assign(assignment(1, [spec(1, { image: V1, release: 'r-1' })]));
  await at.until('h1', (report) => report.converged && report.replicas[0]?.state === 'running');
  at.assign(assignment(2, [spec(1, { image: V2, release: 'r-2' }), spec(2, { image: V2, release: 'r-2' })]));
  const report = await at.until('h1', ({ replicas }) => replicas[0]?.reason?.includes('attempt') === true && replicas[1]?.state === 'exited');
  expect(report.replicas[0]).toMatchObject({ state: 'running', release: 'r-1' });
  expect(report.replicas[1]?.reason).toMatch(/is made for arm64, and this host is amd64/);
  expect(one.engine.journal).not.toContain('stop web-1 1');
});

test('images are had ahead one at a time, told of, tried again, and asked for with the credential of this host', async () => {
  const [A, B, elsewhere] = [`${REGISTRY}/a@sha256:1`, `${REGISTRY}/b@sha256:2`, 'other.example/c@sha256:3'];
  const behaviours = new Map<string, FakeBehaviour>([[B, { unpullable: 'manifest unknown' }]]);
  const { at, one } = await site({ images: [], behaviours });
  at.assign(assignment(1, [], { images: policy({ prefetch: [A, B, elsewhere] }) }));
  const report = await at.until('h1', ({ images }) => images?.[0]?.state === 'present' && images[1]?.state === 'failed' && images[2]?.state === 'present');
  expect(report.images).toMatchObject([{ reference: A, imageId: expect.stringMatching(/^sha256:/) }, { reference: B, reason: expect.stringContaining('is not in the registry') }, {}]);
  expect(one.engine.journal).toEqual(expect.arrayContaining([`pull ${A} as h1`, `pull ${elsewhere}`]));
  behaviours.delete(B);
  await at.until('h1', ({ images }) => images?.every(({ state }) => state === 'present') === true);
});

test('a service that crashes is told with its last words, once started again and again', async () => {
  const behaviours = new Map<string, FakeBehaviour>([[V2, { crashesMs: 20, exitCode: 3, lastWords: 'reading /etc/app\nno such setting: PORTT\n' }]]);
  const { at } = await site({ behaviours });
  at.assign(assignment(1, [spec(1, { image: V2, release: 'r-2' })]));
  const report = await at.until('h1', ({ replicas }) => (replicas[0]?.restarts ?? 0) >= 2 && replicas[0]?.lastWords !== undefined);
  expect(report.replicas[0]).toMatchObject({ exitCode: 3, lastWords: 'reading /etc/app\nno such setting: PORTT' });
});

test('a service that never answers well is not running, and says why', async () => {
  const { at } = await site({ behaviours: new Map<string, FakeBehaviour>([[V2, { unhealthy: 'HTTP 503' }]]) });
  at.assign(assignment(1, [spec(1, { image: V2, healthPath: '/up' })]));
  const report = await at.until('h1', ({ replicas }) => replicas[0]?.state === 'starting' && replicas[0].reason?.includes('503') === true);
  expect(report.replicas[0]?.reason).toBe('waits for the service: 10.9.1.1:8080/up: HTTP 503');
});

test('what services count of their requests is in the report of those that are asked', async () => {
  const behaviours = new Map<string, FakeBehaviour>([[V2, { requestsPerSecond: 1_000, errorPermille: 100, cpuMsPerRequest: 2, latencyMs: 50 }]]);
  const { at } = await site({ behaviours });
  at.assign(assignment(1, [spec(1, { image: V2, metricsPath: '/metrics' }), spec(2, { image: V2 }), spec(3, { image: V1, metricsPath: '/metrics' })]));
  const report = await at.until('h1', ({ replicas }) => (replicas[0]?.usage?.requests?.total ?? 0) > 100 && replicas[2]?.usage?.requests === null);
  const { requests, cpuMilli } = report.replicas[0]!.usage!;
  expect(requests!.errors / requests!.total).toBeCloseTo(0.1, 1);
  expect(requests?.durations?.map(({ leSeconds }) => leSeconds)).toEqual([0.025, 0.05, 0.5]);
  expect(cpuMilli).toBe(2_000);
  expect(report.replicas[1]?.usage).not.toHaveProperty('requests');
});

test('when the disk is full, what nothing needs goes, oldest first, until there is room; what is kept never goes', async () => {
  const images = ['old', 'kept', 'ahead', 'used', 'young', 'younger'].map((name) => `${REGISTRY}/${name}@sha256:1`);
  const [old, kept, ahead, used, young] = images as [string, string, string, string, string, string];
  const engines: SimulatedHost['engine'][] = [];
  // Each image is a tenth of the disk: 90 %, and what is left after two are gone is below the low mark.
  const usedBytes = async (): Promise<number> => 300 + 100 * ((await engines[0]?.images())?.filter(({ references }) => references[0]?.startsWith(REGISTRY)).length ?? 0);
  const { at, one } = await site({ images: [...images, 'elsewhere/x:1'] }, { readDisk: async () => ({ usedBytes: await usedBytes(), totalBytes: 1_000 }) });
  engines.push(one.engine);
  at.assign(assignment(1, [spec(1, { image: used })], { images: policy({ prefetch: [ahead], keep: [kept], watermarkPermille: { high: 800, low: 750 }, mayClean: false }) }));
  await at.until('h1', ({ converged, replicas }) => converged && replicas[0]?.state === 'running');
  expect(await one.cleanImages()).toBe(0);
  at.assign(assignment(2, [spec(1, { image: used })], { images: policy({ prefetch: [ahead], keep: [kept], watermarkPermille: { high: 800, low: 750 } }) }));
  await at.until('h1', ({ generation, converged }) => generation === 2 && converged);
  expect(await one.cleanImages()).toBe(2);
  expect(one.engine.journal.filter((line) => line.startsWith('remove image'))).toEqual([`remove image ${old}`, `remove image ${young}`]);
  expect(await one.cleanImages()).toBe(0);
});
