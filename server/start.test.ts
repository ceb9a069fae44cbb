// Starting: what cannot be is said in one sentence, and nothing is left behind.
import { createServer } from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { DEFAULTS, readConfig } from './config.ts';
import { startServer } from './start.ts';
import { temporaryFolder, testConfig } from '#test/contract/start.ts';

test('a port that is taken, a folder in use, and an address that is not here are refused', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as AddressInfo;
  const { path, remove } = temporaryFolder();
  const config = testConfig(path);
  await expect(startServer({ ...config, listen: { host: '127.0.0.1', port } })).rejects.toThrow(`Cannot listen on 127.0.0.1:${port}: the port is taken by another program. Set FIRN_LISTEN to another address.`);
  await expect(startServer({ ...config, agentListen: { host: '192.0.2.1', port: 1 } })).rejects.toThrow(/this machine has no such address\. Set FIRN_AGENT_LISTEN/);
  // Neither attempt has kept the folder.
  const server = await startServer(config);
  expect(server.firstLogin).toMatchObject({ name: 'admin' });
  await expect(startServer(config)).rejects.toThrow(/is in use by another Firn server/);
  await server.stop();
  const again = await startServer(config);
  expect(again.firstLogin).toBeNull();
  await again.stop();
  blocker.close();
  remove();
}, 20_000);

test('the process says one sentence on stderr and ends with 1; a signal ends it with 0', async () => {
  const { path, remove } = temporaryFolder();
  const run = (environment: Record<string, string>) => spawn(process.execPath, [new URL('main.ts', import.meta.url).pathname], { env: { FIRN_DATA: path, FIRN_LISTEN: '127.0.0.1:0', FIRN_AGENT_LISTEN: '0', ...environment } });
  const bad = run({ FIRN_LEASE_MS: 'soon' });
  const said: string[] = [];
  bad.stderr.on('data', (data) => said.push(String(data)));
  expect((await once(bad, 'close'))[0]).toBe(1);
  expect(said.join('')).toBe('FIRN_LEASE_MS is "soon": it must be a whole number of milliseconds.\n');
  const good = run({});
  const [line] = await once(good.stdout, 'data');
  expect(String(line)).toMatch(/^Firn answers on http:\/\/127\.0\.0\.1:\d+, agents join on http:/);
  good.kill('SIGTERM');
  expect((await once(good, 'close'))[0]).toBe(0);
  remove();
}, 30_000);

test('every setting is checked, flags win, and an empty value counts as absent', () => {
  const bad: [Record<string, string>, RegExp][] = [
    [{ FIRN_LISTEN: 'localhost:99999' }, /FIRN_LISTEN is "localhost:99999": it must be HOST:PORT or PORT/],
    [{ FIRN_FLEET: 'imaginary' }, /must be one of real, lab, simulated/],
    [{ FIRN_CURRENCY: 'yuan' }, /three capital letters/],
    [{ FIRN_HEARTBEAT_MS: '1' }, /from 100 to 60000/],
    [{ FIRN_LEASE_MS: '1500' }, /at least twice the heartbeat of 1000/],
    [{ FIRN_AGENT_URL: 'nowhere' }, /must be a URL that hosts can reach/],
  ];
  for (const [environment, says] of bad) expect(() => readConfig({}, environment)).toThrow(says);
  expect(() => readConfig({ agentListen: 'x' }, {})).toThrow(/--agent-listen is "x"/);
  expect(readConfig({ listen: '[::1]:80' }, { FIRN_LISTEN: '1.2.3.4:5', FIRN_CURRENCY: '', FIRN_HTTPS: '1' })).toEqual({ ...DEFAULTS, listen: { host: '::1', port: 80 }, https: true });
});
