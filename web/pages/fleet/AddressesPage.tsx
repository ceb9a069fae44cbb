// The ledger of addresses: searched by anything that is known, at any moment; conflicts, what is kept back, and when networks run out.
import { A, useSearchParams } from '@solidjs/router';
import { keepPreviousData, useQuery } from '@tanstack/solid-query';
import { createEffect, createSignal, For, on, onCleanup, Show, untrack, type JSX } from 'solid-js';
import type { AddressHolding, Forecast } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { fleetMutations, fleetQueries } from '../../api/fleet.ts';
import { ReserveDialog } from '../../forms/ReserveDialog.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Input } from '../../ui/Field.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip, type Tone } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

const TYPED_MS = 300;
const STATES: Readonly<Record<AddressHolding['state'], Tone>> = { held: 'ok', leaving: 'busy', quarantined: 'wait', past: 'off' };
const LEVELS: Readonly<Record<Forecast['level'], Tone>> = { well: 'ok', soon: 'wait', short: 'bad', full: 'bad' };

export default function AddressesPage(): JSX.Element {
  const [search, setSearch] = useSearchParams<{ find?: string; at?: string }>();
  const [typed, setTyped] = createSignal(untrack(() => search.find ?? ''));
  createEffect(
    on(
      typed,
      (find) => {
        const pause = setTimeout(() => setSearch({ find: find.trim() }, { replace: true }), TYPED_MS);
        onCleanup(() => clearTimeout(pause));
      },
      { defer: true },
    ),
  );
  const query = (): Record<string, string> => ({ ...((search.find ?? '') === '' ? {} : { q: search.find! }), ...((search.at ?? '') === '' ? {} : { at: new Date(search.at!).toISOString() }) });
  const holdings = useQuery(() => ({ ...fleetQueries.addresses(query()), placeholderData: keepPreviousData<AddressHolding[]>, reconcile: 'id' }));
  return (
    <>
      <PageHead title={t().addresses.title} crumbs={[{ href: paths.networks(), text: t().shell.nav.networks }]} lead={t().addresses.lead} cli={['firn address find 10.0.0.5', 'firn network forecast']} />
      <div class="flex flex-col gap-5">
        <ConflictList />
        <Panel flush>
          <div class="border-line grid grid-cols-1 gap-3 border-b px-4 py-3 sm:grid-cols-[minmax(0,1fr)_16rem]">
            <Input type="search" label={t().addresses.find} value={typed()} onInput={setTyped} />
            <Input type="datetime-local" label={t().addresses.at} hint={t().addresses.atHint} value={search.at ?? ''} onInput={(at) => setSearch({ at }, { replace: true })} />
          </div>
          <Loaded query={holdings} empty={<Empty icon="search" title={t().addresses.nothing}>{t().addresses.nothingLead}</Empty>}>
            {(all) => <Holdings holdings={all()} />}
          </Loaded>
        </Panel>
        <Forecasts />
        <ReservationList />
      </div>
    </>
  );
}

function Holdings(props: { readonly holdings: readonly AddressHolding[] }): JSX.Element {
  return (
    <Table
      label={t().addresses.title}
      class="min-w-3xl"
      head={
        <>
          <Th>{t().addresses.columns.address}</Th>
          <Th>{t().addresses.columns.replica}</Th>
          <Th>{t().addresses.columns.host}</Th>
          <Th>{t().addresses.columns.state}</Th>
          <Th>{t().addresses.columns.from}</Th>
          <Th>{t().addresses.columns.until}</Th>
        </>
      }
    >
      <For each={props.holdings}>
        {(holding) => (
          <Tr>
            <Td mono>
              {holding.address}
              <span class="text-faint block">{holding.mac}</span>
            </Td>
            <Td>
              <A href={paths.replica(holding.replicaId)} class="text-accent font-medium whitespace-nowrap hover:underline">
                {holding.replica}
              </A>
              <span class="text-muted block text-sm">{holding.workload}</span>
            </Td>
            <Td>
              <A href={paths.host(holding.host)} class="text-accent hover:underline">
                {holding.host}
              </A>
            </Td>
            <Td>
              <Badge tone={STATES[holding.state]}>{t().addresses.states[holding.state]}</Badge>
              <Show when={holding.state === 'quarantined' && holding.quarantinedUntil}>{(until) => <span class="text-faint block text-xs">{t().addresses.restsUntil(show.clock(until()))}</span>}</Show>
            </Td>
            <Td class="text-muted text-sm whitespace-nowrap">
              <span title={show.moment(holding.heldFrom)}>{show.when(holding.heldFrom)}</span>
            </Td>
            <Td class="text-muted text-sm whitespace-nowrap">{holding.heldUntil === null ? t().common.now : show.when(holding.heldUntil)}</Td>
          </Tr>
        )}
      </For>
    </Table>
  );
}

function ConflictList(): JSX.Element {
  const conflicts = useQuery(() => fleetQueries.conflicts());
  const open = () => (dataOf(conflicts) ?? []).filter(({ state }) => state === 'open');
  return (
    <Show when={open().length > 0}>
      <Panel flush title={t().addresses.conflicts} aside={t().addresses.conflictsLead}>
        <ul class="divide-line divide-y">
          <For each={open()}>
            {(conflict) => (
              <li class="flex items-start gap-2 px-4 py-3">
                <Icon name="warning" class="text-bad mt-0.5 size-4" />
                <div class="min-w-0">
                  <p class="font-medium break-words">{t().addresses.conflict(conflict.address, conflict.otherMac)}</p>
                  <p class="text-muted text-sm">
                    {conflict.workload} · {t().addresses.actions[conflict.action]}. {conflict.outcome}
                  </p>
                  <p class="text-faint text-xs">{t().addresses.foundBy(conflict.host, show.ago(conflict.foundAt))}</p>
                </div>
              </li>
            )}
          </For>
        </ul>
      </Panel>
    </Show>
  );
}

function Forecasts(): JSX.Element {
  const forecasts = useQuery(() => fleetQueries.forecasts());
  const days = (count: number) => t().addresses.days(Math.round(count));
  return (
    <Panel flush title={t().addresses.forecasts}>
      <Loaded query={forecasts} empty={<Empty icon="networks" title={t().fleet.networks.empty}>{t().fleet.networks.emptyLead}</Empty>}>
        {(all) => (
          <ul class="divide-line divide-y">
            <For each={all()}>
              {(each) => (
                <li class="grid grid-cols-1 items-center gap-x-4 gap-y-2 px-4 py-3 md:grid-cols-[12rem_10rem_minmax(0,1fr)]">
                  <span>
                    <span class="font-medium">{each.network}</span>
                    <span class="text-muted block text-sm">{t().addresses.free(show.number(each.free), show.number(each.usable))}</span>
                  </span>
                  <Trend days={each.days.map(({ held }) => held)} whole={each.usable} />
                  <span class="text-sm">
                    <Badge tone={LEVELS[each.level]}>{t().addresses.levels[each.level]}</Badge>{' '}
                    {each.runsOutInDays === null || each.runsOutAt === null ? t().addresses.never : t().addresses.runsOut(days(each.runsOutInDays), show.shortDay(each.runsOutAt))}
                    <Show when={each.atMaximum}>
                      {(most) => <span class="text-muted block">{most().short > 0 ? t().addresses.atMaximum(show.number(most().more), show.number(most().short)) : t().addresses.fits(show.number(most().more))}</span>}
                    </Show>
                  </span>
                </li>
              )}
            </For>
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

const TREND_HEIGHT = 32;
const BAR_WIDTH = 8;
/** A day alone is a bar and not a wall. */
const LEAST_BARS = 14;

/** Held addresses day by day as bars; the figures are in its name for whoever hears them. */
function Trend(props: { readonly days: readonly number[]; readonly whole: number }): JSX.Element {
  const most = () => Math.max(1, ...props.days);
  const width = () => Math.max(LEAST_BARS, props.days.length) * BAR_WIDTH;
  const height = (held: number) => Math.max(1, (held / most()) * TREND_HEIGHT);
  return (
    <svg role="img" aria-label={`${t().addresses.trend}: ${props.days.map((held) => show.number(held)).join(', ')}`} viewBox={`0 0 ${width()} ${TREND_HEIGHT}`} preserveAspectRatio="xMinYMax meet" class="text-accent h-8 w-full max-w-40">
      <For each={props.days}>{(held, at) => <rect x={at() * BAR_WIDTH + 1} y={TREND_HEIGHT - height(held)} width={BAR_WIDTH - 2} height={height(held)} rx="1" fill="currentColor" />}</For>
    </svg>
  );
}

function ReservationList(): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const reservations = useQuery(() => fleetQueries.reservations());
  const [adding, setAdding] = createSignal(false);
  return (
    <Panel
      flush
      title={t().addresses.reservations}
      aside={
        <Button size="sm" icon="lock" refused={because(can.addNetwork(me()))} onClick={() => setAdding(true)}>
          {t().addresses.reserve}
        </Button>
      }
    >
      <Loaded query={reservations} empty={<p class="text-muted px-4 py-6 text-center text-sm">{t().addresses.noReservations}</p>}>
        {(all) => (
          <ul class="divide-line divide-y">
            <For each={all()}>
              {(each) => (
                <li class="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
                  <code class="code">{each.first === each.last ? each.first : `${each.first} – ${each.last}`}</code>
                  <Chip>{t().addresses.kinds[each.kind]}</Chip>
                  <span class="text-muted text-sm">{each.network}</span>
                  <span class="min-w-0 flex-1 break-words">{each.note}</span>
                  <span class="text-faint text-xs">
                    {each.createdBy}, {show.ago(each.createdAt)}
                  </span>
                  <Button size="sm" tone="quiet" refused={because(can.addNetwork(me()))} onClick={() => void act(fleetMutations.unreserve(each.id), { topics: ['networks'], done: t().addresses.unreserved })}>
                    {t().addresses.unreserve}
                  </Button>
                </li>
              )}
            </For>
          </ul>
        )}
      </Loaded>
      <Show when={adding()}>
        <ReserveDialog onClose={() => setAdding(false)} />
      </Show>
    </Panel>
  );
}
