// The description that programs are written from: complete enough for a linter that does not know us, and every operation
// says who may call it. No network: the linter reads a file.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openApiDocument } from './docs.ts';
import { openTestApp, type TestApp } from './fixtures/open-app.ts';

let opened: TestApp;
let folder: string;
beforeAll(async () => {
  opened = await openTestApp();
  folder = await mkdtemp(join(tmpdir(), 'firn-openapi-'));
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Operation {
  readonly operationId?: string;
  readonly description?: string;
  readonly responses: Readonly<Record<string, unknown>>;
}

test('every operation has a name of its own, says who may call it, and which refusals to expect', () => {
  const { paths = {} } = openApiDocument(opened.app, '1.0.0') as unknown as { paths?: Record<string, Record<string, Operation>> };
  const operations = Object.entries(paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ route: `${method} ${path}`, operation })));
  expect(operations.length).toBeGreaterThan(10);
  const names = operations.map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { route, operation } of operations) {
    expect(`${route}: ${operation.description ?? ''}`).toMatch(/Who may: /);
    expect(`${route}: ${Object.keys(operation.responses).join(' ')}`).toMatch(/ 4\d\d/);
  }
});

test('redocly finds no fault in the document', { timeout: 60_000 }, async () => {
  const file = join(folder, 'openapi.json');
  await writeFile(file, JSON.stringify(openApiDocument(opened.app, '1.0.0')));
  await writeFile(join(folder, 'redocly.yaml'), 'extends: [recommended]\nrules:\n  no-server-example.com: off\n  operation-4xx-response: error\n  operation-operationId: error\n  operation-operationId-unique: error\n  security-defined: error\n');
  const cli = fileURLToPath(new URL('../../node_modules/@redocly/cli/bin/cli.js', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [cli, 'lint', file, '--config', join(folder, 'redocly.yaml'), '--format', 'json'], {
    env: { PATH: '/usr/bin', HOME: folder, REDOCLY_TELEMETRY: 'off', CI: '1' },
    timeout: 50_000,
  }).catch((error: { stdout: string; stderr: string }) => error);
  const start = stdout.indexOf('{');
  if (start < 0) throw new Error(`redocly did not answer: ${stdout}${stderr}`);
  const { problems } = JSON.parse(stdout.slice(start)) as { problems: { ruleId: string; message: string; location: { pointer?: string }[] }[] };
  expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ''}`)).toEqual([]);
});

test('/docs is a page that loads nothing from elsewhere, and only its own files are there', async () => {
  const page = await opened.app.request('/docs');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
  expect(await page.text()).not.toMatch(/https?:\/\//);
  expect((await opened.app.request('/docs/swagger-ui-bundle.js')).status).toBe(200);
  expect((await opened.app.request('/docs/package.json')).status).toBe(404);
  expect((await opened.app.request('/docs/..%2fpackage.json')).status).toBe(404);
});
