// Lines over time, drawn by uPlot. Takes times in seconds and either one row of values or several lines (chart-options.ts); gives a chart
// that follows its width and the theme, can be read with the arrow keys, and has the same figures as a table beneath.
import { createEffect, createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { isDark, t } from '../shell/preferences.ts';
import { chartOptions, type ChartLine, type ChartMark, type ChartShade, type Ink } from './chart-options.ts';
import { ChartPicks, type ChartPick } from './ChartPicks.tsx';
import { Table, Td, Th, Tr } from './Table.tsx';

export type { ChartLine, ChartMark } from './chart-options.ts';

export interface ChartProps {
  readonly label: string;
  /** Seconds since the epoch, rising. */
  readonly times: readonly number[];
  /** One line without a name, where the page says around the chart what it is. */
  readonly values?: readonly number[];
  /** Lines with names: they get a legend, and the table. */
  readonly lines?: readonly ChartLine[];
  readonly format: (value: number) => string;
  /** For the axis: short. */
  readonly formatTime: (seconds: number) => string;
  /** For the cursor and the table; `formatTime` when absent. */
  readonly formatMoment?: (seconds: number) => string;
  readonly height?: number;
  /** Where the scale may not end below: what was asked or what there is. */
  readonly atLeast?: number;
  readonly marks?: readonly ChartMark[];
  /** Stretches of time on another ground: sessions. */
  readonly shades?: readonly ChartShade[];
  /** Moments that can be opened, as buttons beneath the chart. */
  readonly picks?: readonly ChartPick[];
  readonly onPick?: (id: string) => void;
  readonly level?: { readonly value: number; readonly text: string; readonly ink?: Ink } | undefined;
  /** Which place is read while the cursor is nowhere: now, where a forecast follows; the last when absent. */
  readonly rest?: number;
  readonly timeZone?: string | undefined;
  readonly sync?: string;
  /** Beneath the chart: the unit and the time zone. */
  readonly note?: string;
}

const NARROWEST = 120;
/** A table of more rows is for a file, not for reading: every n-th is shown, and it says so. */
const MOST_ROWS = 120;
const SWATCHES: Readonly<Record<Ink, string>> = { accent: 'bg-accent', ok: 'bg-ok', warn: 'bg-warn', bad: 'bg-bad', info: 'bg-info', faint: 'bg-faint' };

export function Chart(props: ChartProps): JSX.Element {
  let box!: HTMLDivElement;
  let plot: uPlot | undefined;
  const [at, setAt] = createSignal<number | null>(null);
  /** Where each pick lies, in pixels from the left; NaN: outside of what is shown. */
  const [places, setPlaces] = createSignal<readonly number[]>([]);
  const lines = (): readonly ChartLine[] => props.lines ?? [{ name: props.label, values: props.values ?? [], look: 'area' }];
  const height = () => props.height ?? 150;
  const width = () => Math.max(box.clientWidth, NARROWEST);
  const moment = (index: number) => (props.formatMoment ?? props.formatTime)(props.times[index] ?? 0);
  const shown = (value: number | null | undefined) => (value === null || value === undefined ? t().common.nothing : props.format(value));
  const draw = (): void => {
    plot?.destroy();
    const style = getComputedStyle(document.documentElement);
    const options = chartOptions({
      width: width(),
      height: height(),
      lines: lines(),
      marks: props.marks ?? [],
      level: props.level,
      atLeast: props.atLeast ?? 0,
      format: props.format,
      formatTime: props.formatTime,
      timeZone: props.timeZone,
      sync: props.sync,
      colour: (name) => style.getPropertyValue(name).trim(),
      onCursor: setAt,
      shades: props.shades ?? [],
      onDraw: (self) => setPlaces((props.picks ?? []).map((pick) => (pick.at < (self.scales.x?.min ?? -Infinity) || pick.at > (self.scales.x?.max ?? Infinity) ? NaN : self.over.offsetLeft + self.valToPos(pick.at, 'x')))),
    });
    plot = new uPlot(options, [props.times.slice(), ...lines().map(({ values }) => values.slice())], box);
  };
  onMount(() => {
    const observer = new ResizeObserver(() => plot?.setSize({ width: width(), height: height() }));
    observer.observe(box);
    onCleanup(() => {
      observer.disconnect();
      plot?.destroy();
    });
  });
  createEffect(() => {
    isDark();
    draw();
  });
  const here = () => Math.min(at() ?? props.rest ?? props.times.length - 1, props.times.length - 1);
  const reading = (index: number) => (index < 0 ? t().common.noData : `${moment(index)}: ${lines().map(({ name, values }) => (props.lines === undefined ? shown(values[index]) : `${name} ${shown(values[index])}`)).join(', ')}`);
  const onKey = (event: KeyboardEvent): void => {
    const last = props.times.length - 1;
    const stride = Math.max(1, Math.round(last / 20));
    const next = { ArrowRight: here() + 1, ArrowLeft: here() - 1, PageUp: here() + stride, PageDown: here() - stride, Home: 0, End: last }[event.key];
    if (next === undefined || plot === undefined || last < 0) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(last, next));
    setAt(index);
    plot.setCursor({ left: plot.valToPos(props.times[index]!, 'x'), top: height() / 2 });
  };
  return (
    <div class="w-full min-w-0">
      <Show when={props.lines}>{(all) => <Legend lines={all()} at={here()} moment={here() < 0 ? '' : moment(here())} shown={shown} />}</Show>
      <div ref={box} role="slider" tabindex="0" aria-label={props.label} aria-orientation="horizontal" aria-valuemin={0} aria-valuemax={Math.max(0, props.times.length - 1)} aria-valuenow={Math.max(0, here())} aria-valuetext={reading(here())} onKeyDown={onKey} class="w-full min-w-0" />
      <Show when={props.picks}>{(picks) => <ChartPicks picks={picks()} places={places()} onPick={(id) => props.onPick?.(id)} />}</Show>
      <Show when={props.lines}>
        {(all) => (
          <div class="mt-1 flex flex-wrap items-start justify-between gap-x-4 gap-y-1">
            <span class="text-faint text-xs">{props.note}</span>
            <Figures label={props.label} times={props.times} lines={all()} moment={moment} shown={shown} />
          </div>
        )}
      </Show>
    </div>
  );
}

function Legend(props: { readonly lines: readonly ChartLine[]; readonly at: number; readonly moment: string; readonly shown: (value: number | null | undefined) => string }): JSX.Element {
  return (
    <div class="mb-1 flex flex-wrap items-baseline gap-x-4 gap-y-0.5 text-sm" aria-hidden="true">
      <For each={props.lines}>
        {(line) => (
          <span class="inline-flex items-center gap-1.5">
            <span class={`inline-block w-3.5 rounded-full ${line.look === 'bars' || line.look === 'bars-beside' ? 'h-2.5 rounded-xs' : line.look === 'dashed' ? 'h-0.5 opacity-60' : 'h-1'} ${line.look === 'bars' ? 'opacity-40' : ''} ${SWATCHES[line.ink ?? 'accent']}`} />
            <span class="text-muted">{line.name}</span>
            <span class="font-medium">{props.shown(line.values[props.at])}</span>
          </span>
        )}
      </For>
      <span class="text-faint ml-auto text-xs">{props.moment}</span>
    </div>
  );
}

/** The same figures to be read or heard row by row. Made only when it is opened. */
function Figures(props: { readonly label: string; readonly times: readonly number[]; readonly lines: readonly ChartLine[]; readonly moment: (index: number) => string; readonly shown: (value: number | null | undefined) => string }): JSX.Element {
  const [open, setOpen] = createSignal(false);
  const every = () => Math.max(1, Math.ceil(props.times.length / MOST_ROWS));
  const rows = () => props.times.flatMap((_time, index) => (index % every() === 0 ? [index] : []));
  return (
    <details class={`text-sm ${open() ? 'w-full' : ''}`} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="text-faint hover:text-accent text-xs">{t().chart.table}</summary>
      <Show when={open()}>
        <div class="border-line mt-2 max-h-72 overflow-y-auto rounded-md border">
          <Table
            label={t().chart.tableOf(props.label)}
            head={
              <>
                <Th>{t().common.when}</Th>
                <For each={props.lines}>{(line) => <Th right>{line.name}</Th>}</For>
              </>
            }
          >
            <For each={rows()}>
              {(index) => (
                <Tr>
                  <Td class="whitespace-nowrap">{props.moment(index)}</Td>
                  <For each={props.lines}>{(line) => <Td right>{props.shown(line.values[index])}</Td>}</For>
                </Tr>
              )}
            </For>
          </Table>
        </div>
        <Show when={every() > 1}>
          <p class="text-faint mt-1 text-xs">{t().chart.every(every())}</p>
        </Show>
      </Show>
    </details>
  );
}
