// The twin of the map: every host as a row, filtered, sorted, and drawn only where the window looks, so that ten thousand scroll smoothly.
import { A } from '@solidjs/router';
import { createVirtualizer } from '@tanstack/solid-virtual';
import { createMemo, createSignal, For, Show, type JSX } from 'solid-js';
import type { HostView } from '#server/http/contract/index.ts';
import { hostState, toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Meter } from '../../ui/Meter.tsx';
import { Badge } from '../../ui/State.tsx';
import { Th } from '../../ui/Table.tsx';

type Column = 'name' | 'where' | 'kind' | 'state' | 'cpu' | 'memory' | 'used' | 'replicas' | 'cost';

const ROW_PX = 44;
/** Rows beyond the window that are drawn ahead of scrolling. */
const AHEAD = 8;

const KEYS: Readonly<Record<Column, (host: HostView) => string | number>> = {
  name: ({ name }) => name,
  where: ({ site, rack }) => `${site}/${rack}`,
  kind: ({ kind }) => kind,
  state: (host) => hostState(host),
  cpu: ({ allocated, capacity }) => allocated.cpuMilli / capacity.cpuMilli,
  memory: ({ allocated, capacity }) => allocated.memoryMib / capacity.memoryMib,
  used: ({ usedNow, capacity }) => (usedNow === null ? -1 : usedNow.cpuMilli / capacity.cpuMilli),
  replicas: ({ replicas }) => replicas,
  cost: ({ costCentsPerHour }) => costCentsPerHour,
};

export function HostTable(props: { readonly hosts: readonly HostView[] }): JSX.Element {
  let scroller!: HTMLDivElement;
  const [sort, setSort] = createSignal<{ readonly column: Column; readonly down: boolean }>({ column: 'name', down: false });
  const rows = createMemo(() => {
    const key = KEYS[sort().column];
    const sign = sort().down ? -1 : 1;
    return props.hosts.toSorted((one, other) => {
      const [left, right] = [key(one), key(other)];
      return sign * (left < right ? -1 : left > right ? 1 : one.name < other.name ? -1 : 1);
    });
  });
  const virtual = createVirtualizer({
    get count() {
      return rows().length;
    },
    getScrollElement: () => scroller,
    estimateSize: () => ROW_PX,
    overscan: AHEAD,
  });
  const before = () => virtual.getVirtualItems()[0]?.start ?? 0;
  const after = () => virtual.getTotalSize() - (virtual.getVirtualItems().at(-1)?.end ?? 0);
  const head = (column: Column, right = false) => (
    <Th right={right} class="bg-panel sticky top-0 z-1" sort={sort().column === column ? (sort().down ? 'descending' : 'ascending') : 'none'} onSort={() => setSort((now) => ({ column, down: now.column === column ? !now.down : right }))}>
      {t().fleet.columns[column]}
    </Th>
  );
  return (
    <div ref={scroller} class="max-h-[34rem] overflow-auto" tabindex="0" role="region" aria-label={t().fleet.table}>
      <table class="w-full min-w-4xl border-collapse text-left" aria-rowcount={rows().length + 1}>
        <thead>
          <tr class="border-line border-b">
            {head('name')}
            {head('where')}
            {head('kind')}
            {head('state')}
            {head('cpu')}
            {head('memory')}
            {head('used', true)}
            {head('replicas', true)}
            {head('cost', true)}
          </tr>
        </thead>
        <tbody>
          <Show when={before() > 0}>
            <tr aria-hidden="true">
              <td colspan="9" style={{ height: `${before()}px` }} />
            </tr>
          </Show>
          <For each={virtual.getVirtualItems()}>
            {(item) => <Show when={rows()[item.index]}>{(host) => <Row host={host()} index={item.index} />}</Show>}
          </For>
          <Show when={after() > 0}>
            <tr aria-hidden="true">
              <td colspan="9" style={{ height: `${after()}px` }} />
            </tr>
          </Show>
        </tbody>
      </table>
    </div>
  );
}

function Row(props: { readonly host: HostView; readonly index: number }): JSX.Element {
  return (
    <tr aria-rowindex={props.index + 2} class="border-line hover:bg-sunken/60 h-11 border-b last:border-0">
      <td class="py-1 pr-3 pl-4 whitespace-nowrap">
        <A href={paths.host(props.host.name)} class="hover:text-accent font-medium hover:underline">
          {props.host.name}
        </A>
      </td>
      <td class="text-muted px-3 whitespace-nowrap">
        {props.host.site} / {props.host.rack}
      </td>
      <td class="text-muted px-3 whitespace-nowrap">{t().states.kind[props.host.kind]}</td>
      <td class="px-3">
        <Badge tone={toneOf.host(props.host)} title={props.host.drain?.reason ?? props.host.cordonReason ?? props.host.stateReason}>
          {t().states.host[hostState(props.host)]}
        </Badge>
      </td>
      <td class="w-36 px-3">
        <Share name={t().fleet.columns.cpu} taken={props.host.allocated.cpuMilli} reserved={props.host.reserved.cpuMilli} whole={props.host.capacity.cpuMilli} text={`${show.coreCount(props.host.allocated.cpuMilli)} / ${show.coreCount(props.host.capacity.cpuMilli)}`} />
      </td>
      <td class="w-36 px-3">
        <Share name={t().fleet.columns.memory} taken={props.host.allocated.memoryMib} reserved={props.host.reserved.memoryMib} whole={props.host.capacity.memoryMib} text={`${show.memory(props.host.allocated.memoryMib)} / ${show.memory(props.host.capacity.memoryMib)}`} />
      </td>
      <td class="px-3 text-right">{props.host.usedNow === null ? t().common.nothing : show.percent(props.host.usedNow.cpuMilli, props.host.capacity.cpuMilli)}</td>
      <td class="px-3 text-right">{show.number(props.host.replicas)}</td>
      <td class="py-1 pr-4 pl-3 text-right">{show.money(props.host.costCentsPerHour)}</td>
    </tr>
  );
}

function Share(props: { readonly name: string; readonly taken: number; readonly reserved: number; readonly whole: number; readonly text: string }): JSX.Element {
  return (
    <div class="flex flex-col gap-1">
      <span class="text-xs whitespace-nowrap">{props.text}</span>
      <Meter thin label={props.name} text={props.text} whole={props.whole} parts={[{ amount: props.reserved, tone: 'reserved' }, { amount: props.taken, tone: 'allocated' }]} />
    </div>
  );
}
