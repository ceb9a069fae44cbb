import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CommandFailure, runCommand } from './run.ts';

test('output is whole for whoever begins to read it late, after the command has ended', async () => {
  let length = 0;
  const consume = async (stdout: AsyncIterable<unknown>): Promise<void> => {
    await delay(200);
    for await (const chunk of stdout) length += (chunk as Buffer).length;
  };
  await runCommand({ args: ['seq', '1', '5000'], limitMs: 10_000, consume });
  expect(length).toBe(23_893);
});

test('a command has no shell, a fixed environment, and says why it failed', async () => {
  expect(await runCommand({ args: ['echo', '$HOME; ls'], limitMs: 5_000 })).toBe('$HOME; ls\n');
  expect(await runCommand({ args: ['env'], limitMs: 5_000, env: { GIVEN: '1' } })).not.toMatch(/VITEST|npm_/);
  await expect(runCommand({ args: ['ls', '/nowhere-at-all'], limitMs: 5_000 })).rejects.toThrow(/ls: .*No such file/);
  await expect(runCommand({ args: ['no-such-program'], limitMs: 5_000 })).rejects.toThrow('no-such-program: cannot be started');
});

test('a command ends at its deadline or with its signal, with everything that it started', async () => {
  const late = await runCommand({ args: ['sh', '-c', 'sleep 30 & wait'], limitMs: 200 }).catch((error: unknown) => error);
  expect(late).toMatchObject({ isOverdue: true });
  expect(late).toBeInstanceOf(CommandFailure);
  const control = new AbortController();
  const running = runCommand({ args: ['sh', '-c', 'sleep 30 & wait'], limitMs: 20_000, signal: control.signal });
  setTimeout(() => control.abort(new Error('taken back')), 100);
  await expect(running).rejects.toThrow('taken back');
});
