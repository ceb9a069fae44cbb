// Settings: where they come from, which wins, and what a person reads when one is wrong.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkConfig, ConfigError, readCommand } from './config.ts';
import { AGENT_VERSION } from './version.ts';

const LEAST = ['--server', 'ws://10.0.0.1:7071', '--address', '10.0.0.11', '--name', 'h1'];

test('flags beat the environment, which beats the file, which beats defaults', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-config-'));
  const file = join(folder, 'agent.json');
  await writeFile(file, JSON.stringify({ uplink: 'eth7', log: 'debug', cpuMilli: 8000, memoryMib: 4096 }));
  const { verb, config } = readCommand(['run', ...LEAST, '--config', file, '--persist-dir', '/a'], { FIRN_AGENT_PERSIST_DIR: '/b', FIRN_AGENT_LOG: 'warn', FIRN_AGENT_UPLINK: '' });
  expect(verb).toBe('run');
  expect(config).toEqual({
    serverUrl: 'ws://10.0.0.1:7071', address: '10.0.0.11', name: 'h1', persistDir: '/a', log: 'warn', uplink: 'eth7', declared: { cpuMilli: 8000, memoryMib: 4096 },
    stateDir: '/var/lib/firn-agent', dockerSocket: '/var/run/docker.sock',
  });
  await rm(folder, { recursive: true });
});

test('the token comes from the environment or a file, not from an argument that everybody can see', () => {
  expect(readCommand(['join', ...LEAST], { FIRN_JOIN_TOKEN: 'abc' }).token).toBe('abc');
  expect(() => readCommand(['join', ...LEAST, '--token', 'abc'], {})).toThrow(ConfigError);
});

test('bad settings name field, value and what is allowed, all at once', () => {
  const read = (...more: string[]) => () => readCommand(['run', ...LEAST, ...more], {});
  expect(read('--address', '10.0.0')).toThrow(`address: "10.0.0" is not allowed; give the host's IPv4 address, such as 10.0.0.11 (--address or FIRN_AGENT_ADDRESS)`);
  expect(read('--server', 'ftp://x')).toThrow('serverUrl: "ftp://x" is not allowed; give ws://HOST:PORT or wss://HOST:PORT');
  expect(read('--cpu-milli', '5', '--memory-mib', 'x')).toThrow(/cpuMilli: "5" is not allowed.*\nmemoryMib: "x" is not allowed/);
  expect(read('--cpu-milli', '4000')).toThrow('cpuMilli and memoryMib: state both or neither');
  expect(read('--colour', 'red')).toThrow(/--colour/);
  expect(() => readCommand(['dance', ...LEAST], {})).toThrow(/^"dance" is not allowed; use run, join, prepare, doctor/);
  expect(() => checkConfig({ ...readCommand(['run', ...LEAST], {}).config, colour: 'red' })).toThrow('colour: "red" is not allowed; no such setting');
});

test("the agent's version is the package's", async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(AGENT_VERSION).toBe(version);
});
