// One apart works, two apart does not, and the sentence says what to install.
import { expect, test } from 'vitest';
import { byVersion, whyApart } from './versions.ts';

test.each([['0.4.0', '0.4.9'], ['0.4.0', '0.3.1'], ['0.4.0', '0.5.0-rc.1'], ['0.4.0', 'my-build']])('server %s and agent %s work together', (server, agent) => {
  expect(whyApart(server, agent)).toBeNull();
});

test.each([['0.4.0', '0.2.0'], ['0.4.0', '0.6.0'], ['1.0.0', '0.9.0']])('server %s and agent %s do not', (server, agent) => {
  expect(whyApart(server, agent)).toMatch(`this agent has version ${agent} and this server ${server}`);
});

test('only an agent that is newer can be helped by upgrading the server', () => {
  expect(whyApart('0.4.0', '0.6.0')).toMatch(/or upgrade the server$/);
  expect(whyApart('0.4.0', '0.2.0')).toMatch(/install the agent of version 0\.4$/);
});

test('versions sort newest first', () => {
  expect(['0.9.0', '0.10.1', '1.0.0', 'x', '0.10.0'].sort(byVersion)).toEqual(['1.0.0', '0.10.1', '0.10.0', '0.9.0', 'x']);
});
