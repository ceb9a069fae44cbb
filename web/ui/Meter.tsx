// A bar of parts of a whole: reserved, allocated, used, asked for. Past the whole it keeps its scale and shows a mark where the whole ends.
import { For, Show, type JSX } from 'solid-js';
import { share } from '../format/units.ts';

export interface MeterPart {
  readonly amount: number;
  readonly tone: 'reserved' | 'allocated' | 'added' | 'used' | 'over' | 'freed';
}

const FILL: Readonly<Record<MeterPart['tone'], string>> = {
  reserved: 'text-faint/60 hatched',
  allocated: 'bg-accent',
  added: 'bg-accent/45 text-accent hatched',
  used: 'bg-ok',
  over: 'bg-bad',
  freed: 'bg-transparent text-faint hatched',
};

export function Meter(props: { readonly label: string; readonly whole: number; readonly parts: readonly MeterPart[]; readonly text: string; readonly thin?: boolean }): JSX.Element {
  const total = () => props.parts.reduce((sum, { amount }) => sum + Math.max(0, amount), 0);
  /** What the full width stands for. */
  const scale = () => Math.max(props.whole, total(), 1);
  const isOver = () => total() > props.whole;
  return (
    <div role="meter" aria-label={props.label} aria-valuemin={0} aria-valuemax={scale()} aria-valuenow={total()} aria-valuetext={props.text} class={`bg-sunken relative w-full overflow-hidden rounded-full ${props.thin === true ? 'h-1.5' : 'h-2.5'}`}>
      <div class="flex h-full">
        <For each={props.parts}>{(part) => <div class={`h-full transition-[width] duration-300 ${FILL[part.tone]}`} style={{ width: `${share(part.amount, scale()) * 100}%` }} />}</For>
      </div>
      <Show when={isOver()}>
        <div class="bg-ink absolute inset-y-0 w-0.5" style={{ left: `${share(props.whole, scale()) * 100}%` }} />
      </Show>
    </div>
  );
}

/** A meter with its name and figures above. */
export function MeterLine(props: { readonly name: string; readonly whole: number; readonly parts: readonly MeterPart[]; readonly text: string; readonly note?: JSX.Element }): JSX.Element {
  return (
    <div class="flex flex-col gap-1.5">
      <div class="flex flex-wrap items-baseline justify-between gap-x-3 text-sm">
        <span class="text-muted">{props.name}</span>
        <span>{props.text}</span>
      </div>
      <Meter label={props.name} whole={props.whole} parts={props.parts} text={props.text} />
      <Show when={props.note}>
        <div class="text-faint text-xs">{props.note}</div>
      </Show>
    </div>
  );
}
