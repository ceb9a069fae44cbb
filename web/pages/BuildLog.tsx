// The log of a build: reads on while the build runs, follows the end until somebody scrolls away, searches, and draws only the lines in sight.
import { createVirtualizer } from '@tanstack/solid-virtual';
import { createEffect, createMemo, createSignal, For, on, onCleanup, Show, type JSX } from 'solid-js';
import { queries } from '../api/queries.ts';
import { appendLog, findLines, NO_LOG, plain } from '../format/log.ts';
import { t } from '../shell/preferences.ts';
import { show } from '../shell/show.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Panel } from '../ui/Panel.tsx';

const ROW_PX = 19;
const AHEAD = 20;
/** How soon the log is asked again while the build runs, and after it could not be had. */
const READ_MS = 700;
/** Between pieces of what is there already. */
const NEXT_MS = 50;
const AGAIN_MS = 3000;
/** This near to the end counts as at the end. */
const END_PX = 24;

/** `isLive`: the build may still write. */
export function BuildLog(props: { readonly buildId: string; readonly isLive: boolean; readonly height?: string }): JSX.Element {
  let scroller!: HTMLDivElement;
  const { lines, cut, failed } = createLogFeed(() => props.buildId, () => props.isLive);
  const [follow, setFollow] = createSignal(true);
  const [search, setSearch] = createSignal('');
  const [at, setAt] = createSignal(0);
  const found = createMemo(() => findLines(lines(), search()));
  const foundSet = createMemo(() => new Set(found()));
  const virtual = createVirtualizer({
    get count() {
      return lines().length;
    },
    getScrollElement: () => scroller,
    estimateSize: () => ROW_PX,
    overscan: AHEAD,
  });
  const toEnd = () => follow() && lines().length > 0 && virtual.scrollToIndex(lines().length - 1, { align: 'end' });
  createEffect(on([() => lines().length, follow], () => queueMicrotask(toEnd)));
  createEffect(
    on([found, at], ([all, index]) => {
      const line = all[index];
      if (line === undefined) return;
      setFollow(false);
      virtual.scrollToIndex(line, { align: 'center' });
    }),
  );
  const next = (by: number) => setAt((now) => (found().length === 0 ? 0 : (now + by + found().length) % found().length));
  const onScroll = (): void => {
    const isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < END_PX;
    // Only a person scrolls up; the log itself only ever goes to the end.
    if (!isAtEnd && follow() && isByHand) setFollow(false);
    isByHand = false;
  };
  let isByHand = false;
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
        <Button class="ml-auto" size="sm" tone={follow() ? 'plain' : 'primary'} icon={follow() ? 'pause' : 'down'} onClick={() => setFollow((now) => !now)}>
          {follow() ? t().builds.log.stop : t().builds.log.follow}
        </Button>
      </div>
      <Show when={failed()}>
        <p role="status" class="bg-warn-soft text-warn px-4 py-1.5 text-sm">
          {t().builds.log.failed}
        </p>
      </Show>
      <Show when={cut() > 0}>
        <p class="text-faint px-4 py-1.5 text-xs">{t().builds.log.cut(show.number(cut()))}</p>
      </Show>
      <Show when={lines().length === 0}>
        <p class="text-muted px-4 py-8 text-center text-sm">{t().builds.log.empty}</p>
      </Show>
      <div
        ref={scroller}
        class={`bg-sunken code overflow-auto rounded-b-lg ${lines().length === 0 ? 'hidden' : ''} ${props.height ?? 'h-[32rem]'}`}
        tabindex="0"
        role="log"
        aria-live="off"
        aria-label={t().builds.log.label}
        data-testid="build-log"
        onWheel={() => (isByHand = true)}
        onTouchMove={() => (isByHand = true)}
        onKeyDown={() => (isByHand = true)}
        onPointerDown={() => (isByHand = true)}
        onScroll={onScroll}
      >
        <div class="relative min-w-max" style={{ height: `${virtual.getTotalSize()}px` }}>
          <For each={virtual.getVirtualItems()}>
            {(item) => (
              <div class={`absolute left-0 flex w-full items-center gap-3 px-3 whitespace-pre ${foundSet().has(item.index) ? (found()[at()] === item.index ? 'bg-accent text-on-accent' : 'bg-accent-soft') : ''}`} style={{ height: `${ROW_PX}px`, transform: `translateY(${item.start}px)` }}>
                <span class={`w-10 shrink-0 text-right select-none ${found()[at()] === item.index ? '' : 'text-faint'}`} aria-hidden="true">
                  {item.index + 1 + cut()}
                </span>
                <span>{lines()[item.index]}</span>
              </div>
            )}
          </For>
        </div>
      </div>
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
