// The fleet as a heat map on a canvas: area is capacity, depth of colour the share that is taken; lost and cordoned hosts have a pattern of
// their own. Works for ten thousand hosts. By keyboard: arrows move, Enter opens; what is under the cursor is told in words.
import { createEffect, createMemo, createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js';
import type { HostView } from '#server/http/contract/index.ts';
import { heatScale, inkOn } from '../../format/heat.ts';
import { hostState } from '../../format/tone.ts';
import { isDark, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { hostAt, layoutFleet, neighbour, type FleetLayout } from './fleet-layout.ts';

export type Measure = 'cpuMilli' | 'memoryMib';
export type Basis = 'allocated' | 'used';

/** The taken share of a host; null where nothing is known. */
export function takenShare(host: HostView, measure: Measure, basis: Basis): number | null {
  if (basis === 'allocated') return (host.allocated[measure] + host.reserved[measure]) / host.capacity[measure];
  return host.usedNow === null ? null : host.usedNow[measure] / host.capacity[measure];
}

/** `plain`: without the legend, beside another map that has it. */
export function FleetMap(props: { readonly hosts: readonly HostView[]; readonly measure: Measure; readonly basis: Basis; readonly height: number; readonly onOpen: (host: HostView) => void; readonly name?: string; readonly plain?: boolean }): JSX.Element {
  let canvas!: HTMLCanvasElement;
  let box!: HTMLDivElement;
  const [width, setWidth] = createSignal(0);
  const [at, setAt] = createSignal(-1);
  const layout = createMemo(() => (width() === 0 ? null : layoutFleet(props.hosts, width(), props.height)));
  const current = () => layout()?.hosts[at()];

  onMount(() => {
    const observer = new ResizeObserver(() => setWidth(Math.floor(box.clientWidth)));
    observer.observe(box);
    onCleanup(() => observer.disconnect());
  });
  createEffect(() => {
    isDark();
    const laid = layout();
    if (laid !== null) draw(canvas, laid, { width: width(), height: props.height, measure: props.measure, basis: props.basis, at: at() });
  });

  const onKey = (event: KeyboardEvent): void => {
    const laid = layout();
    if (laid === null || laid.hosts.length === 0) return;
    const direction = ({ ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' } as const)[event.key];
    if (direction !== undefined) setAt(at() < 0 ? 0 : neighbour(laid.hosts, at(), direction));
    else if (event.key === 'Home') setAt(0);
    else if (event.key === 'End') setAt(laid.hosts.length - 1);
    else if (event.key === 'Enter' && current() !== undefined) props.onOpen(current()!.host);
    else return;
    event.preventDefault();
  };
  const onPoint = (event: PointerEvent): void => {
    const frame = canvas.getBoundingClientRect();
    setAt(hostAt(layout()?.hosts ?? [], event.clientX - frame.left, event.clientY - frame.top));
  };
  const text = () => {
    const host = current()?.host;
    if (host === undefined) return '';
    const share = takenShare(host, props.measure, props.basis);
    const state = hostState(host) === 'ready' ? '' : `, ${t().states.host[hostState(host)]}`;
    return t().fleet.cellText(host.name, `${host.site} / ${host.rack}`, share === null ? t().common.noData : show.percent(share, 1), t().common.countReplicas(host.replicas)) + state;
  };

  return (
    <div>
      <div ref={box} class="relative">
        <div
          role="application"
          tabindex="0"
          aria-label={`${props.name ?? t().fleet.map}. ${t().fleet.mapHelp}`}
          class="block rounded"
          onKeyDown={onKey}
          onFocus={() => at() < 0 && setAt(0)}
          onPointerMove={onPoint}
          onPointerLeave={() => setAt(-1)}
          onClick={() => current() !== undefined && props.onOpen(current()!.host)}
        >
          <canvas ref={canvas} class={`block ${current() === undefined ? '' : 'cursor-pointer'}`} aria-hidden="true" />
        </div>
        <Show when={current()}>
          {(placed) => (
            <div
              class="border-line bg-panel shadow-float pointer-events-none absolute z-10 w-max max-w-72 rounded-md border px-2.5 py-1.5 text-sm"
              style={{ left: `${Math.max(0, Math.min((placed().x0 + placed().x1) / 2 - 90, width() - 240))}px`, top: `${placed().y1 + 56 > props.height ? placed().y0 - 54 : placed().y1 + 6}px` }}
            >
              <div class="font-semibold">{placed().host.name}</div>
              <div class="text-muted text-xs">{text().slice(placed().host.name.length + 2)}</div>
            </div>
          )}
        </Show>
      </div>
      <p class="sr-only" aria-live="polite">
        {text()}
      </p>
      <Show when={props.plain !== true}>
        <Legend />
      </Show>
    </div>
  );
}

function Legend(): JSX.Element {
  return (
    <div class="text-faint mt-3 flex flex-wrap items-center gap-x-4 gap-y-1.5 text-xs">
      <span class="flex items-center gap-2">
        {t().fleet.legendFree}
        <span class="flex overflow-hidden rounded-sm">
          <For each={theme().scale.filter((_, percent) => percent % 20 === 0)}>{(colour) => <span class="h-2.5 w-5" style={{ 'background-color': colour }} />}</For>
        </span>
        {t().fleet.legendFull}
      </span>
      <span class="flex items-center gap-1.5">
        <span class="bg-bad-soft text-bad border-bad hatched size-3 rounded-sm border" />
        {t().fleet.legendLost}
      </span>
      <span class="flex items-center gap-1.5">
        <span class="border-ink size-3 rounded-sm border-2 border-dashed" />
        {t().fleet.legendDraining}
      </span>
    </div>
  );
}

interface Theme {
  readonly scale: readonly string[];
  readonly ink: string;
  readonly faint: string;
  readonly bad: string;
  readonly badSoft: string;
  readonly sunken: string;
  readonly accent: string;
}

function theme(): Theme {
  isDark();
  const styles = getComputedStyle(document.documentElement);
  const value = (name: string) => styles.getPropertyValue(name).trim();
  return { scale: heatScale([value('--heat-low'), value('--heat-mid'), value('--heat-high')]), ink: value('--ink'), faint: value('--faint'), bad: value('--bad'), badSoft: value('--bad-soft'), sunken: value('--line'), accent: value('--accent') };
}

interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly measure: Measure;
  readonly basis: Basis;
  readonly at: number;
}

function draw(canvas: HTMLCanvasElement, layout: FleetLayout<HostView>, drawing: Drawing): void {
  const ratio = devicePixelRatio || 1;
  canvas.width = drawing.width * ratio;
  canvas.height = drawing.height * ratio;
  canvas.style.width = `${drawing.width}px`;
  canvas.style.height = `${drawing.height}px`;
  const context = canvas.getContext('2d');
  if (context === null) return;
  const look = theme();
  context.scale(ratio, ratio);
  context.textBaseline = 'top';
  context.fillStyle = look.faint;
  context.font = '600 11px system-ui, sans-serif';
  for (const { name, x0, y0, x1 } of layout.sites) context.fillText(fitText(context, name, x1 - x0), x0, y0 + 2);
  context.font = '10px system-ui, sans-serif';
  for (const { name, x0, y0, x1 } of layout.racks) context.fillText(fitText(context, name, x1 - x0), x0, y0 + 1);
  for (const [index, placed] of layout.hosts.entries()) drawHost(context, placed, look, drawing, index === drawing.at);
}

function drawHost(context: CanvasRenderingContext2D, placed: FleetLayout<HostView>['hosts'][number], look: Theme, drawing: Drawing, isCurrent: boolean): void {
  const { host, x0, y0 } = placed;
  const width = placed.x1 - x0;
  const height = placed.y1 - y0;
  const share = takenShare(host, drawing.measure, drawing.basis);
  const isAway = host.state === 'lost' || host.state === 'suspect';
  const fill = isAway ? look.badSoft : share === null ? look.sunken : look.scale[Math.round(Math.min(1, share) * 100)]!;
  context.fillStyle = fill;
  context.beginPath();
  context.roundRect(x0, y0, width, height, Math.min(4, width / 4, height / 4));
  context.fill();
  if (isAway) hatch(context, placed, look.bad);
  if ((host.cordoned || host.drain) && width > 5) {
    context.strokeStyle = look.ink;
    context.lineWidth = 2;
    context.setLineDash([3, 3]);
    context.strokeRect(x0 + 1, y0 + 1, width - 2, height - 2);
    context.setLineDash([]);
  }
  if (isCurrent) {
    context.strokeStyle = look.ink;
    context.lineWidth = 2;
    context.strokeRect(x0 + 1, y0 + 1, Math.max(width - 2, 1), Math.max(height - 2, 1));
  }
  if (width < 64 || height < 34) return;
  context.fillStyle = isAway ? look.bad : share === null ? look.ink : inkOn(fill);
  context.font = '600 11px system-ui, sans-serif';
  context.fillText(fitText(context, host.name, width - 12), x0 + 6, y0 + 6);
  context.font = '11px system-ui, sans-serif';
  context.fillText(fitText(context, isAway ? t().states.host[host.state] : share === null ? t().common.noData : show.percent(share, 1), width - 12), x0 + 6, y0 + 20);
}

function hatch(context: CanvasRenderingContext2D, { x0, y0, x1, y1 }: FleetLayout<HostView>['hosts'][number], colour: string): void {
  context.save();
  context.beginPath();
  context.rect(x0, y0, x1 - x0, y1 - y0);
  context.clip();
  context.strokeStyle = colour;
  context.globalAlpha = 0.35;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let x = x0 - (y1 - y0); x < x1; x += 7) {
    context.moveTo(x, y1);
    context.lineTo(x + (y1 - y0), y0);
  }
  context.stroke();
  context.restore();
}

function fitText(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (width < 12) return '';
  if (context.measureText(text).width <= width) return text;
  let cut = text;
  while (cut.length > 1 && context.measureText(`${cut}…`).width > width) cut = cut.slice(0, -1);
  return cut.length > 1 ? `${cut}…` : '';
}
