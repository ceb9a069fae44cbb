// Today on each market as a line of time with the present on it: auctions, sessions, lunch, what follows the close; what happens next; and every
// time in the market's zone and in the reader's. What calendars do not know is said loudly and never drawn as closed.
import { createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js';
import type { MarketDayView, MarketsToday, MarketToday } from '#server/http/contract/index.ts';
import { clipped, hourMarks, placeIn, stretchesOf, windowAround, type Span, type StretchKind } from '../../format/market-day.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Badge, type Tone } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

const FILLS: Readonly<Record<StretchKind, string>> = {
  before: 'bg-info/25',
  auction: 'bg-warn/70',
  session: 'bg-accent',
  lunch: 'bg-accent/15 text-faint hatched',
  closing: 'bg-warn/70',
  after: 'bg-info/25',
};
const DAY_TONES: Readonly<Record<MarketDayView['dayType'], Tone>> = { trading: 'ok', half: 'wait', closed: 'off', weekend: 'off', unknown: 'bad' };
/** The line moves on by itself. */
const TICK_MS = 15_000;
const NARROW_PX = 560;

export function MarketSessions(props: { readonly markets: MarketsToday }): JSX.Element {
  let box!: HTMLDivElement;
  const [nowMs, setNowMs] = createSignal(Date.now());
  const [width, setWidth] = createSignal(800);
  onMount(() => {
    const timer = setInterval(() => setNowMs(Date.now()), TICK_MS);
    const observer = new ResizeObserver(() => setWidth(box.clientWidth));
    observer.observe(box);
    onCleanup(() => {
      clearInterval(timer);
      observer.disconnect();
    });
  });
  // The server's clock says where the markets are; between two answers the reader's carries it on.
  const span = () => windowAround(nowMs());
  const marks = () => hourMarks(span(), width() < NARROW_PX ? 6 : 3, -new Date(nowMs()).getTimezoneOffset());
  return (
    <div ref={box} class="flex flex-col gap-4">
      <Warnings markets={props.markets} />
      <div class="flex flex-col gap-4">
        <For each={props.markets.items}>{(market) => <Lane market={market} span={span()} nowMs={nowMs()} />}</For>
      </div>
      <div class="relative h-4" aria-hidden="true">
        <For each={marks()}>
          {(mark) => (
            <span class="text-faint text-2xs absolute -translate-x-1/2" style={{ left: `${Math.min(97, Math.max(3, placeIn(span(), mark)))}%` }}>
              {show.hourMinute(new Date(mark).toISOString())}
            </span>
          )}
        </For>
      </div>
      <div class="text-faint flex flex-wrap items-center gap-x-4 gap-y-1 text-xs" aria-hidden="true">
        <For each={['session', 'auction', 'lunch', 'before'] as const}>
          {(kind) => (
            <span class="flex items-center gap-1.5">
              <span class={`h-2.5 w-4 rounded-xs ${FILLS[kind]}`} />
              {t().market.legend[kind]}
            </span>
          )}
        </For>
      </div>
      <Times markets={props.markets} />
    </div>
  );
}

function Warnings(props: { readonly markets: MarketsToday }): JSX.Element {
  /** One line for each thing that is wrong: what is said of several markets is said once, of all of them. */
  const all = () => {
    const said = [...props.markets.warnings, ...props.markets.items.flatMap(({ warnings }) => warnings)];
    const groups = Map.groupBy(said, ({ code, data, message }) => ('market' in data ? `${code} ${data.year ?? ''}` : message));
    return [...groups.values()].flatMap((alike) => {
      const [first] = alike;
      if (first === undefined || !('market' in first.data)) return first ?? [];
      const markets = [...new Set(alike.map(({ data }) => String(data.market)))].map((name) => t().market.names[name] ?? name);
      return { ...first, data: { ...first.data, market: show.listed(markets) } };
    });
  };
  return (
    <For each={all()}>
      {(warning) => (
        <p role="alert" class="bg-warn-soft text-warn flex items-start gap-2 rounded-md px-3 py-2 text-sm">
          <Icon name="warning" class="mt-0.5 size-4" />
          <span>{t().market.warnings[warning.code]?.(warning.data) ?? warning.message}</span>
        </p>
      )}
    </For>
  );
}

function Lane(props: { readonly market: MarketToday; readonly span: Span; readonly nowMs: number }): JSX.Element {
  const words = () => t().market;
  const days = () => [props.market.today, ...(props.market.nextSession === null ? [] : [props.market.nextSession])];
  const parts = () => days().flatMap((day) => stretchesOf(day).flatMap((stretch) => { const place = clipped(props.span, stretch); return place === null ? [] : [{ ...stretch, place }]; }));
  const next = () => {
    const soon = props.market.next;
    if (soon !== null) return words().nextAnchor(words().anchors[soon.anchor] ?? soon.anchor, show.duration(Math.max(1, (Date.parse(soon.at) - props.nowMs) / 1000)));
    return words().noNext;
  };
  const session = () => words().sessionNames[props.market.session ?? ''] ?? props.market.session ?? words().sessionNames.session ?? '';
  return (
    <section aria-label={words().names[props.market.market] ?? props.market.title} data-market={props.market.market}>
      <div class="mb-1 flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <h3 class="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-semibold">
          {words().names[props.market.market] ?? props.market.title}
          <span class="text-faint font-normal">{show.hourMinute(new Date(props.nowMs).toISOString(), props.market.timeZone)} {props.market.timeZone}</span>
        </h3>
        <div class="text-muted flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
          <span>{next()}</span>
          <Show when={props.market.today.isAfterBreak}>
            <Badge tone="wait" title={words().afterBreakHint}>
              {words().afterBreak}
            </Badge>
          </Show>
          <Badge tone={props.market.isSession ? 'ok' : DAY_TONES[props.market.today.dayType] === 'ok' ? 'off' : DAY_TONES[props.market.today.dayType]}>{props.market.isSession ? words().openNow(session()) : props.market.today.dayType === 'trading' ? words().closedNow : words().dayTypes[props.market.today.dayType]}</Badge>
          <Show when={props.market.isSession && props.market.today.dayType === 'half'}>
            <Badge tone="wait">{words().dayTypes.half}</Badge>
          </Show>
        </div>
      </div>
      <div class="bg-sunken relative h-6 overflow-hidden rounded" aria-hidden="true">
        <For each={parts()}>{(part) => <span class={`absolute top-0 h-full ${FILLS[part.kind]} ${part.kind === 'session' && props.nowMs >= part.from && props.nowMs < part.to ? '' : part.kind === 'session' ? 'opacity-55' : ''}`} style={{ left: `${part.place.left}%`, width: `${Math.max(0.25, part.place.width)}%` }} title={words().segments[part.kind]} />}</For>
        <span class="bg-bad absolute top-0 h-full w-0.5" style={{ left: `${placeIn(props.span, props.nowMs)}%` }} />
      </div>
      <Show when={props.market.today.sessions.length === 0 && props.market.nextSession}>
        {(day) => <p class="text-faint mt-1 text-xs">{words().nextSession(show.when(day().sessions[0]?.open ?? day().date))}</p>}
      </Show>
    </section>
  );
}

/** The same to be read or heard: every named moment of the day that matters, in both zones. */
function Times(props: { readonly markets: MarketsToday }): JSX.Element {
  const words = () => t().market;
  const rows = () => props.markets.items.flatMap((market) => {
    const day = market.today.anchors.length > 0 ? market.today : market.nextSession;
    return (day?.anchors ?? []).map((anchor) => ({ market, anchor }));
  });
  return (
    <details class="text-sm">
      <summary class="text-faint hover:text-accent text-xs">{words().timesTable}</summary>
      <div class="border-line mt-2 rounded-md border">
        <Table
          label={words().timesTable}
          head={
            <>
              <Th>{words().title}</Th>
              <Th>{t().common.when}</Th>
              <Th>{words().there}</Th>
              <Th>{words().here(show.ownZone())}</Th>
            </>
          }
        >
          <For each={rows()}>
            {({ market, anchor }) => (
              <Tr>
                <Td>{words().names[market.market] ?? market.title}</Td>
                <Td>{words().anchors[anchor.name] ?? anchor.name}</Td>
                <Td class="whitespace-nowrap">
                  {show.whenIn(anchor.at, market.timeZone)}
                  <Show when={anchor.latest !== anchor.at}>
                    <span class="text-warn block text-xs">{words().unsure(show.whenIn(anchor.latest, market.timeZone))}</span>
                  </Show>
                </Td>
                <Td class="whitespace-nowrap">{show.when(anchor.at)}</Td>
              </Tr>
            )}
          </For>
        </Table>
      </div>
    </details>
  );
}
