// The live stream: what changes is told soon, and what was missed while the connection was away is told again.
import { expect, test } from 'vitest';
import { draft, startTestServer } from '#test/contract/start.ts';

interface Line {
  readonly id: number;
  readonly topic: string;
  readonly ids: string[];
}

/** Reads the stream until `enough` says so. */
async function read(url: string, headers: Record<string, string>, enough: (lines: Line[]) => boolean): Promise<Line[]> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 5_000);
  const answer = await fetch(url, { headers, signal: abort.signal });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const lines: Line[] = [];
  let text = '';
  try {
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = new Map(text.slice(0, end).split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
        text = text.slice(end + 2);
        if (fields.has('data')) lines.push({ id: Number(fields.get('id')), ...(JSON.parse(fields.get('data')!) as { topic: string; ids: string[] }) });
      }
      if (enough(lines)) break;
    }
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
  return lines;
}

test('changes are told by topic and id, and a lost connection resumes where it was', async () => {
  await using server = await startTestServer();
  await server.addTeam();
  await using host = await server.addHost('one');
  expect(host).toBeDefined();
  const login = await fetch(`${server.handle.url}/api/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'admin', password: 'admin-of-this-test' }) });
  const cookie = login.headers.getSetCookie()[0]!.split(';')[0]!;
  const url = `${server.handle.url}/api/v1/live`;
  expect((await fetch(url)).status).toBe(401);

  const heard = read(url, { cookie }, (lines) => lines.some(({ topic }) => topic === 'plans'));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { body: request } = await server.call('POST', '/requests', draft({ peakQps: 5, survive: 'none' }));
  const lines = await heard;
  expect(lines.find(({ topic }) => topic === 'requests')?.ids).toContain(request.id);
  const last = lines.at(-1)!.id;

  await server.call('POST', '/hosts/one/cordon', { reason: 'test' });
  const resumed = await read(url, { cookie, 'last-event-id': String(last) }, (all) => all.some(({ topic }) => topic === 'hosts'));
  expect(resumed.map(({ topic }) => topic)).toContain('hosts');
  expect(resumed.map(({ topic }) => topic)).not.toContain('accounts');
  // Too long ago to tell: everything may have changed.
  const all = await read(url, { cookie, 'last-event-id': '999999' }, (some) => some.length > 0);
  expect(all.length).toBeGreaterThan(0);
}, 20_000);
