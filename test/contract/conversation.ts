/**
 * Real conversations of an agent and a server as text: `A` what the agent said, `S` what the server said, one message a line. Records one over the
 * wire, reads one from its file, and lets one side say its part again. Kinds that repeat are kept a few times only.
 */
import { readFileSync } from 'node:fs';
import type { Dial, Wire } from '#agents/wire.ts';

export interface Said {
  readonly by: 'A' | 'S';
  readonly text: string;
}

/** Reports are how an agent tells what changes; of the rest one example says as much as many. */
const MOST_OF_A_KIND: Readonly<Record<string, number>> = { 'A report': 12, 'S assignment': 6 };
const USUALLY = 3;

/** A connection that notes what passes over it. */
export function noting(dial: Dial, said: Said[]): Dial {
  const counts = new Map<string, number>();
  const note = (by: Said['by'], text: string): void => {
    const kind = `${by} ${(JSON.parse(text) as { readonly type: string }).type}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (counts.get(kind)! <= (MOST_OF_A_KIND[kind] ?? USUALLY)) said.push({ by, text });
  };
  return (address, events) => {
    const wire = dial(address, { ...events, onMessage: (text) => (note('S', text), events.onMessage(text)) });
    return {
      get state() {
        return wire.state;
      },
      send: (text) => (note('A', text), wire.send(text)),
      ping: () => wire.ping(),
      close: () => wire.close(),
      terminate: () => wire.terminate(),
    };
  };
}

/** As it is kept; the title says who spoke. */
export const written = (title: string, said: readonly Said[]): string => `# ${title}\n${said.map(({ by, text }) => `${by} ${text}\n`).join('')}`;

export const readConversation = (file: string): Said[] =>
  readFileSync(file, 'utf8').split('\n').flatMap((line) => (line.startsWith('A ') || line.startsWith('S ') ? [{ by: line[0] as Said['by'], text: line.slice(2) }] : []));

/** A server that says its part of a conversation at the first hello, and acks reports; everything that the agent says goes to `hear`. */
export function recordedServer(said: readonly Said[], hear: (message: { readonly type: string }) => void): Dial {
  return (_address, events) => {
    let state: Wire['state'] = 'opening';
    queueMicrotask(() => {
      state = 'open';
      events.onOpen();
    });
    const end = (): void => {
      if (state === 'closed') return;
      state = 'closed';
      events.onEnd('ended here');
    };
    return {
      get state() {
        return state;
      },
      send(text) {
        const message = JSON.parse(text) as { readonly type: string; readonly report?: { readonly seq: number } };
        if (message.type === 'hello') for (const { by, text: line } of said) if (by === 'S') events.onMessage(line);
        if (message.report?.seq !== undefined) events.onMessage(JSON.stringify({ type: 'ack', seq: message.report.seq }));
        hear(message);
      },
      ping: () => events.onSign(),
      close: end,
      terminate: end,
    };
  };
}
