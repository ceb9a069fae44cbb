// What a replica wrote: standard output or files, of this container or earlier ones, read from the end and followed, narrowed by text and
// level on its host. Whatever is missing stands there as a gap.
import { useQuery } from '@tanstack/solid-query';
import { createEffect, createSignal, Match, on, onCleanup, Show, Switch, untrack, type JSX } from 'solid-js';
import { dataOf } from '../../api/data.ts';
import { replicaQueries, type LogWish } from '../../api/replicas.ts';
import { createLogReader } from '../../forms/log-reader.ts';
import type { LogRow } from '../../format/log-feed.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Segmented, Select } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { FollowButton, Tail } from '../../ui/Tail.tsx';

const TAIL = 500;
/** A pause in typing after which the log is read anew. */
const TYPED_MS = 400;
const CONTAINER_LETTERS = 12;
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export function ReplicaLogs(props: { readonly id: string; readonly isGone: boolean }): JSX.Element {
  const sources = useQuery(() => replicaQueries.logSources(props.id));
  const [source, setSource] = createSignal<LogWish['source']>('stdout');
  const [file, setFile] = createSignal('');
  const [previous, setPrevious] = createSignal(untrack(() => props.isGone));
  const [typed, setTyped] = createSignal('');
  const [search, setSearch] = createSignal('');
  const [level, setLevel] = createSignal('');
  createEffect(
    on(typed, (text) => {
      const pause = setTimeout(() => setSearch(text.trim()), TYPED_MS);
      onCleanup(() => clearTimeout(pause));
    }),
  );
  const wish = (): LogWish => ({
    source: source(),
    previous: previous(),
    follow: !props.isGone && !previous(),
    tail: TAIL,
    ...(source() === 'files' && file() !== '' ? { file: file() } : {}),
    ...(search() === '' ? {} : { search: search() }),
    ...(LEVELS.some((each) => each === level()) ? { level: level() as (typeof LEVELS)[number] } : {}),
  });
  const { log, failed, again } = createLogReader(() => props.id, wish);
  const files = () => dataOf(sources)?.files ?? [];
  return (
    <Panel flush title={t().replica.logs.title} aside={<span class="text-xs">{t().replica.logs.lines(show.number(log().rows.length + log().cut))}</span>}>
      <div class="border-line flex flex-wrap items-end gap-3 border-b px-4 py-3">
        <Segmented
          label={t().replica.logs.source}
          hideLabel
          value={source()}
          options={[
            { value: 'stdout', text: t().replica.logs.stdout },
            { value: 'files', text: t().replica.logs.files },
          ]}
          onInput={(value) => setSource(value === 'files' ? 'files' : 'stdout')}
        />
        <Show when={source() === 'files'}>
          <Select label={t().replica.logs.file} quiet value={file()} options={[{ value: '', text: t().replica.logs.allFiles }, ...files().map(({ path }) => ({ value: path, text: path }))]} onInput={setFile} />
        </Show>
        <Select label={t().replica.logs.level} quiet value={level()} options={[{ value: '', text: t().replica.logs.anyLevel }, ...LEVELS.map((each) => ({ value: each, text: t().replica.logs.levels[each] }))]} onInput={setLevel} />
        <input type="search" class="control h-9 max-w-72 flex-1" placeholder={t().replica.logs.search} aria-label={t().replica.logs.search} value={typed()} onInput={(event) => setTyped(event.currentTarget.value)} />
        <label class="flex h-9 items-center gap-2 text-sm">
          <input type="checkbox" checked={previous()} onInput={(event) => setPrevious(event.currentTarget.checked)} />
          {t().replica.logs.previous}
        </label>
      </div>
      <Show when={dataOf(sources)?.problem}>
        {(problem) => (
          <p role="status" class="bg-warn-soft text-warn px-4 py-1.5 text-sm">
            {problem()}
          </p>
        )}
      </Show>
      <Show when={failed()}>
        {(why) => (
          <p role="status" class="bg-warn-soft text-warn px-4 py-1.5 text-sm">
            {t().replica.logs.failed} {why()}
          </p>
        )}
      </Show>
      <Show when={log().cut > 0}>
        <p class="text-faint px-4 py-1.5 text-xs">{t().replica.logs.cut(show.number(log().cut))}</p>
      </Show>
      <Show when={log().rows.length > 0} fallback={<p class="text-muted px-4 py-10 text-center text-sm">{log().end === null ? t().replica.logs.waiting : t().replica.logs.empty}</p>}>
        <Rows rows={log().rows} />
      </Show>
      <Show when={log().end}>
        {(end) => (
          <div class="border-line text-muted flex flex-wrap items-center justify-between gap-3 border-t px-4 py-2 text-sm">
            <span>{t().replica.logs.ended[end().code]}</span>
            <Button size="sm" icon="retry" onClick={again}>
              {t().replica.logs.again}
            </Button>
          </div>
        )}
      </Show>
    </Panel>
  );
}

function Rows(props: { readonly rows: readonly LogRow[] }): JSX.Element {
  const [follow, setFollow] = createSignal(true);
  return (
    <div class="relative">
      <Tail class="h-[34rem]" count={props.rows.length} label={t().replica.logs.label} testId="replica-log" follow={follow()} onLeave={() => setFollow(false)}>
        {(index) => <Show when={props.rows[index]}>{(row) => <Row row={row()} />}</Show>}
      </Tail>
      <FollowButton class="absolute right-5 bottom-3" follow={follow()} onInput={setFollow} texts={t().replica.logs} />
    </div>
  );
}

const TINTS: Readonly<Record<string, string>> = { error: 'text-bad', warn: 'text-warn', debug: 'text-faint' };

function Row(props: { readonly row: LogRow }): JSX.Element {
  const of = <Kind extends LogRow['kind']>(kind: Kind) => (props.row.kind === kind ? (props.row as Extract<LogRow, { kind: Kind }>) : undefined);
  return (
    <Switch>
      <Match when={of('line')}>
        {(line) => (
          <span class="flex w-full items-center gap-3 px-3">
            <span class="text-faint w-20 shrink-0 select-none" title={line().at ?? undefined}>
              {line().at === null ? '' : show.clock(line().at!)}
            </span>
            <Show when={line().file}>{(file) => <span class="text-faint shrink-0">{file()}</span>}</Show>
            <span class={TINTS[line().level ?? ''] ?? (line().stream === 'stderr' ? 'text-warn' : '')}>{line().text}</span>
          </span>
        )}
      </Match>
      <Match when={of('gap')}>
        {(gap) => (
          <span class="bg-warn-soft text-warn w-full px-3" title={gap().reason}>
            {t().replica.logs.gap}: {t().replica.logs.gaps[gap().code]}
            <Show when={gap().bytes}>{(bytes) => `, ${t().replica.logs.gapBytes(show.bytes(bytes()))}`}</Show>
          </span>
        )}
      </Match>
      <Match when={of('instance')}>
        {(instance) => (
          <span class="bg-accent-soft text-accent w-full px-3">
            {instance().state === 'present' || instance().endedAt === null ? t().replica.logs.instance(instance().containerId.slice(0, CONTAINER_LETTERS)) : t().replica.logs.instanceGone(instance().containerId.slice(0, CONTAINER_LETTERS), show.ago(instance().endedAt!))}
          </span>
        )}
      </Match>
    </Switch>
  );
}
