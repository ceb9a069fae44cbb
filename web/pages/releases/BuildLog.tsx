// The log of a build: reads on while the build runs, and searches in what was read.
import { createEffect, createMemo, createSignal, on, onCleanup, Show, type JSX } from 'solid-js';
import { queries } from '../../api/queries.ts';
import { appendLog, findLines, NO_LOG, plain } from '../../format/log.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { IconButton } from '../../ui/Button.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { FollowButton, Tail } from '../../ui/Tail.tsx';

/** How soon the log is asked again while the build runs, and after it could not be had. */
const READ_MS = 700;
/** Between pieces of what is there already. */
const NEXT_MS = 50;
const AGAIN_MS = 3000;

/** `isLive`: the build may still write. */
export function BuildLog(props: { readonly buildId: string; readonly isLive: boolean; readonly height?: string }): JSX.Element {
  const { lines, cut, failed } = createLogFeed(() => props.buildId, () => props.isLive);
  const [follow, setFollow] = createSignal(true);
  const [search, setSearch] = createSignal('');
  const [at, setAt] = createSignal(0);
  const found = createMemo(() => findLines(lines(), search()));
  const foundSet = createMemo(() => new Set(found()));
  const next = (by: number) => setAt((now) => (found().length === 0 ? 0 : (now + by + found().length) % found().length));
  return (
    <Panel flush title={t().builds.log.title} aside={<span class="text-xs">{t().builds.log.lines(show.number(lines().length + cut()))}</span>}>
      <div class="border-line flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <input
          type="search"
          class="control h-8 max-w-72 flex-1"
          placeholder={t().builds.log.search}
          aria-label={t().builds.log.search}
          value={search()}
          onInput={(event) => {
            setSearch(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(event) => event.key === 'Enter' && next(event.shiftKey ? -1 : 1)}
        />
        <Show when={search().trim() !== ''}>
          <span class="text-muted text-xs" role="status">
            {found().length === 0 ? t().builds.log.noMatch : t().common.of(show.number(at() + 1), show.number(found().length))}
          </span>
          <IconButton icon="up" label={t().builds.log.previous} onClick={() => next(-1)} />
          <IconButton icon="down" label={t().builds.log.next} onClick={() => next(1)} />
        </Show>
        <FollowButton class="ml-auto" follow={follow()} onInput={setFollow} texts={t().builds.log} />
      </div>
      <Show when={failed()}>
        <p role="status" class="bg-warn-soft text-warn px-4 py-1.5 text-sm">
          {t().builds.log.failed}
        </p>
      </Show>
      <Show when={cut() > 0}>
        <p class="text-faint px-4 py-1.5 text-xs">{t().builds.log.cut(show.number(cut()))}</p>
      </Show>
      <Show when={lines().length > 0} fallback={<p class="text-muted px-4 py-8 text-center text-sm">{t().builds.log.empty}</p>}>
        <Tail
          class={`rounded-b-lg ${props.height ?? 'h-[32rem]'}`}
          count={lines().length}
          label={t().builds.log.label}
          testId="build-log"
          follow={follow()}
          onLeave={() => setFollow(false)}
          at={found()[at()]}
        >
          {(index) => (
            <span class={`flex w-full items-center gap-3 px-3 ${foundSet().has(index) ? (found()[at()] === index ? 'bg-accent text-on-accent' : 'bg-accent-soft') : ''}`}>
              <span class={`w-10 shrink-0 text-right select-none ${found()[at()] === index ? '' : 'text-faint'}`} aria-hidden="true">
                {index + 1 + cut()}
              </span>
              <span>{lines()[index]}</span>
            </span>
          )}
        </Tail>
      </Show>
    </Panel>
  );
}

/** Reads a log from its beginning, and on while the build may write. */
function createLogFeed(buildId: () => string, isLive: () => boolean) {
  const [log, setLog] = createSignal(NO_LOG);
  const [failed, setFailed] = createSignal(false);
  createEffect(
    on(buildId, (id) => {
      const stop = new AbortController();
      onCleanup(() => stop.abort());
      setLog(NO_LOG);
      void readOn(id, stop.signal);
    }),
  );
  const readOn = async (id: string, signal: AbortSignal): Promise<void> => {
    const decoder = new TextDecoder();
    let offset = 0;
    for (;;) {
      // What was written before the end is read once more after it.
      const mayGrow = isLive();
      let got = 0;
      try {
        const piece = await queries.buildLog(id, offset, signal);
        got = piece.byteLength;
        offset += got;
        setFailed(false);
        if (got > 0) setLog((now) => appendLog(now, decoder.decode(piece, { stream: true })));
      } catch {
        if (signal.aborted) return;
        setFailed(true);
      }
      if (!mayGrow && got === 0 && !failed()) return;
      const pauseMs = failed() ? AGAIN_MS : got > 0 ? NEXT_MS : READ_MS;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (signal.aborted) return;
    }
  };
  /** With the line that has no end yet. */
  const lines = createMemo(() => (log().rest === '' ? log().lines : [...log().lines, plain(log().rest)]));
  return { lines, cut: () => log().cut, failed };
}
