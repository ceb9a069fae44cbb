// A terminal in a replica: asks first whether one may be opened and why it is, then shows it with what holds for it (recorded, until when),
// and says how it ended. What is typed goes to the server as it is; nothing of it is kept here.
import { useQuery } from '@tanstack/solid-query';
import { createEffect, createSignal, For, Match, on, onCleanup, Show, Switch, type JSX } from 'solid-js';
import type { ShellServerMessage } from '#server/http/contract/index.ts';
import { openShell, recordingPath, replicaMutations, replicaQueries } from '../../api/replicas.ts';
import { useAct } from '../../shell/act.ts';
import { isDark, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Input } from '../../ui/Field.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Chip } from '../../ui/State.tsx';
import { openTerminal, type TerminalHandle } from '../../ui/terminal.ts';

const SECOND_MS = 1000;

type Open = Extract<ShellServerMessage, { type: 'open' }>;
type End = Extract<ShellServerMessage, { type: 'end' }>;

/** Who had a terminal here, when, and what was shown. */
function Past(props: { readonly id: string }): JSX.Element {
  const act = useAct();
  const shells = useQuery(() => replicaQueries.shells(props.id));
  const seconds = (from: string, until: string) => (Date.parse(until) - Date.parse(from)) / SECOND_MS;
  return (
    <Panel flush title={t().replica.shell.past}>
      <Loaded query={shells} empty={<p class="text-muted px-4 py-6 text-center text-sm">{t().replica.shell.none}</p>}>
        {(all) => (
          <ul class="divide-line divide-y">
            <For each={all()}>
              {(each) => (
                <li class="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
                  <span class="font-medium">{each.by}</span>
                  <span class="text-muted text-sm" title={show.moment(each.startedAt)}>
                    {show.ago(each.startedAt)}
                  </span>
                  <Show when={each.command.length > 0}>
                    <Chip mono>{each.command.join(' ')}</Chip>
                  </Show>
                  <span class="text-muted min-w-0 flex-1 text-sm break-words">
                    {each.endedAt === null ? t().replica.shell.openNow : t().replica.shell.lasted(show.duration(seconds(each.startedAt, each.endedAt)))}
                    <Show when={each.reason}> · “{each.reason}”</Show>
                  </span>
                  <Show when={each.mayWatch && each.recordingBytes !== null}>
                    <a class="text-accent text-sm hover:underline" href={recordingPath(each.id)} download={`${each.replica}.cast`}>
                      {t().replica.shell.watch} ({show.bytes(each.recordingBytes ?? 0)})
                    </a>
                  </Show>
                  <Show when={each.endedAt === null && each.mayEnd}>
                    <Button size="sm" onClick={() => void act(replicaMutations.endShell(each.id), { topics: ['shells'], done: t().replica.shell.ended })}>
                      {t().replica.shell.end}
                    </Button>
                  </Show>
                </li>
              )}
            </For>
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

export function ReplicaShell(props: { readonly id: string }): JSX.Element {
  const may = useQuery(() => replicaQueries.shellMay(props.id));
  const [isOpen, setIsOpen] = createSignal(false);
  const [reason, setReason] = createSignal('');
  return (
    <div class="flex flex-col gap-5">
      <Show
        when={isOpen()}
        fallback={
          <Panel title={t().replica.shell.title}>
            <Loaded query={may}>
              {(now) => (
                <form
                  class="flex max-w-xl flex-col gap-4"
                  onSubmit={(event) => {
                    event.preventDefault();
                    if (now().may) setIsOpen(true);
                  }}
                >
                  <p class="text-muted">{t().replica.shell.lead}</p>
                  <Input label={t().replica.shell.reason} optional={t().common.optional} hint={t().replica.shell.reasonHint} value={reason()} onInput={setReason} />
                  <div>
                    <Button type="submit" tone="primary" icon="terminal" refused={now().may ? null : (now().reason ?? t().common.nothing)}>
                      {t().replica.shell.open}
                    </Button>
                  </div>
                </form>
              )}
            </Loaded>
          </Panel>
        }
      >
        <Running id={props.id} reason={reason()} onAgain={() => setIsOpen(false)} />
      </Show>
      <Past id={props.id} />
    </div>
  );
}

function Running(props: { readonly id: string; readonly reason: string; readonly onAgain: () => void }): JSX.Element {
  let place!: HTMLDivElement;
  const [opened, setOpened] = createSignal<Open | null>(null);
  const [warning, setWarning] = createSignal<string | null>(null);
  const [ended, setEnded] = createSignal<End | null>(null);
  const [broke, setBroke] = createSignal(false);
  let socket: WebSocket | undefined;
  let terminal: TerminalHandle | undefined;
  const send = (data: string | Uint8Array<ArrayBuffer>): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(data);
  };
  const start = (): void => {
    const encoder = new TextEncoder();
    const shown = openTerminal(place, { onInput: (text) => send(encoder.encode(text)), onSize: (size) => send(JSON.stringify({ type: 'resize', ...size })) });
    terminal = shown;
    socket = openShell(props.id, shown.size, props.reason);
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data !== 'string') return shown.write(new Uint8Array(data));
      const message = JSON.parse(data) as ShellServerMessage;
      if (message.type === 'open') {
        setOpened(message);
        shown.focus();
      } else if (message.type === 'warning') setWarning(message.message);
      else setEnded(message);
    });
    socket.addEventListener('close', () => setBroke(true));
  };
  createEffect(start);
  createEffect(on(isDark, () => queueMicrotask(() => terminal?.paint()), { defer: true }));
  onCleanup(() => {
    socket?.close();
    terminal?.close();
  });
  return (
    <Panel
      flush
      title={t().replica.shell.title}
      aside={
        <>
          <Show when={opened()} fallback={t().replica.shell.connecting}>
            {(now) => (
              <>
                <span>{t().replica.shell.on(now().host)}</span>
                <Chip mono>{now().command.join(' ')}</Chip>
                <Chip>{now().isRecorded ? t().replica.shell.recorded : t().replica.shell.unrecorded}</Chip>
              </>
            )}
          </Show>
          <Button size="sm" onClick={() => (ended() !== null || broke() ? props.onAgain() : socket?.close())}>
            {ended() !== null || broke() ? t().replica.shell.again : t().replica.shell.close}
          </Button>
        </>
      }
    >
      <Show when={warning()}>{(text) => <p class="bg-warn-soft text-warn px-4 py-1.5 text-sm">{text()}</p>}</Show>
      <div ref={place} class="bg-sunken h-[30rem] overflow-hidden p-2 font-mono" role="region" aria-label={t().replica.shell.label} data-testid="replica-shell" />
      <p class="border-line text-muted border-t px-4 py-2 text-sm" role="status">
        <Switch>
          <Match when={ended()}>
            {(end) => (
              <>
                {t().replica.shell.ends[end().code]} {end().exitCode === null ? end().message : t().replica.shell.exit(end().exitCode!)}
              </>
            )}
          </Match>
          <Match when={broke()}>{t().replica.shell.broke}</Match>
          <Match when={opened()}>
            {(now) => (
              <>
                {t().replica.shell.idle(show.duration(now().idleSeconds))} · {t().replica.shell.most(show.duration(now().mostSeconds))}
              </>
            )}
          </Match>
        </Switch>
      </p>
    </Panel>
  );
}
