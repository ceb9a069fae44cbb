// The process itself: what cannot be seen from inside it.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const home = mkdtempSync(join(tmpdir(), 'firn-main-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const env = { HOME: home, PATH: '/usr/bin', NO_COLOR: '1' };

async function firn(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { stdout, stderr, code = 0 } = await promisify(execFile)(process.execPath, [MAIN, ...args], { env, timeout: 30_000 }).catch((error: { code: number; stdout: string; stderr: string }) => error) as { code?: number; stdout: string; stderr: string };
  return { code, stdout, stderr };
}

test('exit codes reach the shell', { timeout: 60_000 }, async () => {
  expect(await firn('--help')).toMatchObject({ code: 0, stderr: '' });
  expect(await firn('host', 'lst')).toMatchObject({ code: 64, stdout: '' });
  expect(await firn('status', '--address', '127.0.0.1:2')).toMatchObject({ code: 1, stdout: '' });
});

test('the agent gets its own flags, also those that are called like ours, and its exit code is the command\'s', { timeout: 60_000 }, async () => {
  const said = await firn('agent', 'run', '--address', 'not-an-address', '--server', 'ws://127.0.0.1:2');
  expect(said.code).toBe(64);
  expect(said.stderr).toContain('address: "not-an-address" is not allowed');
  expect(await firn('agent', 'fly')).toMatchObject({ code: 64 });
});

test('the server says in one sentence why it does not start', { timeout: 60_000 }, async () => {
  const said = await firn('server', '--listen', 'nonsense');
  expect(said).toEqual({ code: 1, stdout: '', stderr: '--listen is "nonsense": it must be HOST:PORT or PORT, with a port from 0 to 65535.\n' });
});

test('an interrupt stops a command that waits for the server, at once and with a sentence', { timeout: 60_000 }, async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const silent = createServer(() => resolve()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const child = spawn(process.execPath, [MAIN, 'status', '--address', `127.0.0.1:${(silent.address() as AddressInfo).port}`], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  await asked;
  child.kill('SIGINT');
  const [code] = (await once(child, 'close')) as [number];
  silent.closeAllConnections();
  silent.close();
  expect([code, err]).toEqual([1, 'error: Stopped.\n']);
});
