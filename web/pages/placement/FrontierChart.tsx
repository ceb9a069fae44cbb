// The frontier as a chart: moves to the right, what they give upwards, as a stair whose corners are the points to pick. One radio group:
// Tab reaches the chosen point, arrow keys move along them, each point says its figures.
import { createMemo, createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js';
import type { Frontier } from '#server/http/contract/index.ts';
import { placeFrontier } from '../../format/frontier-scale.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';

export type Scale = 'hosts' | 'money';

const HEIGHT = 300;
const MARGIN = { left: 56, right: 18, top: 16, bottom: 40 };
const NARROWEST = 260;

export function FrontierChart(props: { readonly points: Frontier['points']; readonly scale: Scale; readonly at: number; readonly onPick: (at: number) => void }): JSX.Element {
  let box!: HTMLDivElement;
  const [width, setWidth] = createSignal(600);
  onMount(() => {
    const observer = new ResizeObserver(() => setWidth(Math.max(NARROWEST, Math.floor(box.clientWidth))));
    observer.observe(box);
    onCleanup(() => observer.disconnect());
  });
  const gain = (point: Frontier['points'][number]) => (props.scale === 'hosts' ? point.hostsFreed : point.savedCentsPerHour / 100);
  const laid = createMemo(() => placeFrontier(props.points.map((point) => ({ moves: point.moves, gain: gain(point) })), { width: width(), height: HEIGHT, ...MARGIN }));
  const chosen = () => laid().points[props.at];
  const pick = (at: number): void => {
    const next = Math.max(0, Math.min(props.points.length - 1, at));
    props.onPick(next);
    box.querySelectorAll<SVGElement>('[role="radio"]')[next]?.focus();
  };
  const onKey = (event: KeyboardEvent, at: number): void => {
    const next = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: props.points.length - 1, ' ': at, Enter: at }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    pick(next);
  };
  return (
    <div ref={box} class="w-full min-w-0">
      <svg width={width()} height={HEIGHT} class="block max-w-full overflow-visible text-[11px]">
        <g aria-hidden="true" class="text-faint" fill="currentColor">
          <For each={laid().yMarks}>
            {(mark) => (
              <>
                <line x1={MARGIN.left} x2={width() - MARGIN.right} y1={mark.at} y2={mark.at} class="text-line" stroke="currentColor" />
                <text x={MARGIN.left - 8} y={mark.at + 4} text-anchor="end">
                  {show.number(mark.value)}
                </text>
              </>
            )}
          </For>
          <For each={laid().xMarks}>
            {(mark) => (
              <text x={mark.at} y={HEIGHT - MARGIN.bottom + 18} text-anchor="middle">
                {show.number(mark.value)}
              </text>
            )}
          </For>
          <text x={width() - MARGIN.right} y={HEIGHT - 4} text-anchor="end">
            {t().defragment.xAxis} →
          </text>
          <text x={MARGIN.left} y={MARGIN.top - 5}>
            ↑ {props.scale === 'hosts' ? t().defragment.yHosts : t().defragment.yMoney(show.currencySign())}
          </text>
        </g>
        <path d={laid().area} class="text-accent" fill="currentColor" opacity="0.1" aria-hidden="true" />
        <path d={laid().stair} class="text-accent" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" aria-hidden="true" />
        <Show when={chosen()}>
          {(place) => (
            <g class="text-accent" stroke="currentColor" stroke-dasharray="3 4" opacity="0.7" aria-hidden="true">
              <line x1={place().x} x2={place().x} y1={place().y} y2={HEIGHT - MARGIN.bottom} />
              <line x1={MARGIN.left} x2={place().x} y1={place().y} y2={place().y} />
            </g>
          )}
        </Show>
        <g role="radiogroup" aria-label={`${t().defragment.chart}. ${t().defragment.help}`}>
          <For each={props.points}>
            {(point, at) => (
              <Show when={laid().points[at()]}>
                {(place) => (
                  <g
                    role="radio"
                    tabindex={at() === props.at ? 0 : -1}
                    aria-checked={at() === props.at}
                    aria-label={t().defragment.point(t().whyNot.moves(point.moves), t().common.countHosts(point.hostsFreed), show.money(point.savedCentsPerHour))}
                    class={`cursor-pointer outline-none ${at() === props.at ? 'text-accent' : 'text-panel hover:text-accent-soft'} [&:focus-visible>circle:nth-child(2)]:stroke-[5]`}
                    onClick={() => pick(at())}
                    onKeyDown={(event) => onKey(event, at())}
                  >
                    <circle cx={place().x} cy={place().y} r="14" fill="transparent" />
                    <circle cx={place().x} cy={place().y} r={at() === props.at ? 7 : 5} fill="currentColor" stroke="var(--accent)" stroke-width="2.5" />
                  </g>
                )}
              </Show>
            )}
          </For>
        </g>
      </svg>
    </div>
  );
}
