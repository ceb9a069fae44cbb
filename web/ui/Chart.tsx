// Lines over time, drawn by uPlot. Takes points in seconds and lines with their format; gives a chart that follows its width and the theme.
import { createEffect, onCleanup, onMount, type JSX } from 'solid-js';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { isDark } from '../shell/preferences.ts';

export interface ChartProps {
  readonly label: string;
  /** Seconds since the epoch, rising. */
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly format: (value: number) => string;
  readonly formatTime: (seconds: number) => string;
  readonly height?: number;
  /** Where the scale may not end below: what was asked or what there is. */
  readonly atLeast?: number;
}

const AXIS_FONT = '11px system-ui, sans-serif';

export function Chart(props: ChartProps): JSX.Element {
  let box!: HTMLDivElement;
  let plot: uPlot | undefined;
  const data = (): uPlot.AlignedData => [props.times.slice(), props.values.slice()];
  const draw = (): void => {
    plot?.destroy();
    const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const axis = { stroke: colour('--faint'), font: AXIS_FONT, grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
    plot = new uPlot(
      {
        width: Math.max(box.clientWidth, 120),
        height: props.height ?? 150,
        padding: [8, 28, 0, 0],
        legend: { show: false },
        cursor: { points: { size: 7 }, drag: { x: false, y: false } },
        scales: { y: { range: (_self, _min, max) => [0, Math.max(max * 1.15, props.atLeast ?? 0, 1)] } },
        axes: [{ ...axis, space: 84, size: 26, values: (_self, splits) => splits.map((seconds) => props.formatTime(seconds)) }, { ...axis, size: 64, space: 32, values: (_self, splits) => splits.map((value) => props.format(value)) }],
        series: [{}, { stroke: colour('--accent'), width: 1.75, fill: `color-mix(in srgb, ${colour('--accent')} 14%, transparent)`, points: { show: false } }],
      },
      data(),
      box,
    );
  };
  onMount(() => {
    const observer = new ResizeObserver(() => plot?.setSize({ width: Math.max(box.clientWidth, 120), height: props.height ?? 150 }));
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
  const last = () => props.values.at(-1);
  return <div ref={box} role="img" aria-label={`${props.label}: ${last() === undefined ? '' : props.format(last()!)}`} class="w-full min-w-0" />;
}
