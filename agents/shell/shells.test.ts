// A terminal on a host, as the server sees it: what is typed arrives, what is shown comes back within credit, and every end is told once.
import { expect, test } from 'vitest';
import { fakeShell } from '../docker/fake-streams.ts';
import type { Container } from '../docker/runtime.ts';
import { openLog } from '../log.ts';
import { ManualClock } from '../manual-clock.ts';
import type { AgentMessage, ShellOrder } from '../protocol.ts';
import { Shells } from './shells.ts';

const order = (more: Partial<ShellOrder> = {}): ShellOrder => ({ id: 's1', replicaId: 'r1', command: [], tty: true, columns: 80, rows: 24, mostSeconds: 60, atOnce: 2, ...more });
const running: Container = { id: 'c1', name: 'quote-1', status: 'running', stopSeconds: 1, restarts: 0, outOfMemory: false };

function open(container: Container | undefined = running) {
  const clock = new ManualClock();
  const sent: AgentMessage[] = [];
  const shells = new Shells({ clock, log: openLog('silent', 'h'), runtime: { openShell: async (_, command) => fakeShell(command) }, containerOf: () => container, send: (message) => sent.push(message) > 0 });
  const screen = () => sent.map((message) => (message.type === 'shell-data' ? Buffer.from(message.data, 'base64').toString() : '')).join('');
  const type = (text: string, id = 's1') => shells.take({ type: 'shell-data', id, data: Buffer.from(text).toString('base64') });
  const end = () => sent.filter((message) => message.type === 'shell-end');
  return { clock, shells, sent, screen, type, end };
}

test('what is typed is obeyed in a terminal of the right size, and the exit code comes back', async () => {
  const { clock, shells, screen, type, end } = open();
  shells.take({ type: 'shell-open', order: order(), creditBytes: 10_000 });
  type('echo hello\r');
  await clock.pass(1);
  shells.take({ type: 'shell-resize', id: 's1', columns: 100, rows: 30 });
  await clock.pass(1);
  type('size\r');
  type('exit 3\r');
  await clock.pass(1);
  expect(screen()).toContain('hello');
  expect(screen()).toContain('100x30');
  expect(end()).toEqual([{ type: 'shell-end', id: 's1', code: 'exited', exitCode: 3, reason: '' }]);
});

test('nothing is sent without credit', async () => {
  const { clock, shells, screen, type } = open();
  shells.take({ type: 'shell-open', order: order(), creditBytes: 1 });
  await clock.pass(1);
  type('echo more\r');
  await clock.pass(1);
  expect(screen()).toBe('$ ');
  shells.take({ type: 'shell-credit', id: 's1', bytes: 1_000 });
  await clock.pass(1);
  expect(screen()).toContain('more');
});

test('it ends by time, by the server, and when the server is away; each is said once', async () => {
  for (const [code, finish] of [
    ['limit', ({ clock }: ReturnType<typeof open>) => clock.pass(60_000)],
    ['closed', ({ shells }: ReturnType<typeof open>) => shells.take({ type: 'shell-close', id: 's1' })],
    ['closed', ({ shells }: ReturnType<typeof open>) => shells.cancelAll()],
  ] as const) {
    const opened = open();
    opened.shells.take({ type: 'shell-open', order: order(), creditBytes: 1_000 });
    await opened.clock.pass(1);
    await finish(opened);
    await opened.clock.pass(1);
    expect(opened.end().map((message) => message.type === 'shell-end' && message.code)).toEqual([code]);
  }
});

test('what cannot be opened says why', async () => {
  const { clock, shells, end } = open();
  for (const id of ['s1', 's2', 's3']) shells.take({ type: 'shell-open', order: order({ id }), creditBytes: 1_000 });
  await clock.pass(1);
  shells.take({ type: 'shell-close', id: 's2' });
  await clock.pass(1);
  shells.take({ type: 'shell-open', order: order({ id: 's4', command: ['nothing'] }), creditBytes: 1_000 });
  await clock.pass(1);
  expect(end()).toMatchObject([
    { id: 's3', code: 'too-many', reason: 'this host has 2 shells open, and may have 2' },
    { id: 's2', code: 'closed' },
    { id: 's4', code: 'cannot-start', reason: 'nothing: executable file not found' },
  ]);
  const paused = open({ ...running, status: 'paused' });
  paused.shells.take({ type: 'shell-open', order: order(), creditBytes: 1_000 });
  await paused.clock.pass(1);
  expect(paused.end()).toMatchObject([{ code: 'cannot-start', reason: 'its container is paused' }]);
});
