// The whole fleet: a heat map and the same hosts as a table. One filter holds for both.
import { useNavigate } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createMemo, createSignal, Show, type JSX } from 'solid-js';
import type { HostView } from '#server/http/contract/index.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { unwrap } from '../../solid.ts';
import { ButtonLink } from '../../ui/Button.tsx';
import { CommandLine } from '../../ui/Cli.tsx';
import { Segmented } from '../../ui/Field.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { HoldBanner } from './GovernorPage.tsx';
import { FleetMap, type Basis, type Measure } from './FleetMap.tsx';
import { HostTable } from './HostTable.tsx';
import { PoolsPanel } from '../burst/PoolsPanel.tsx';

export default function HostsPage(): JSX.Element {
  // Whole answers replace each other: comparing thousands of hosts field by field would cost more than drawing them.
  const hosts = useQuery(() => ({ ...queries.hosts(), reconcile: false as const }));
  return (
    <>
      <PageHead title={t().fleet.title} lead={t().fleet.lead} cli={['firn host list', 'firn pool list']} actions={<ButtonLink href={paths.networks()} icon="ask">{t().fleet.join}</ButtonLink>} />
      <HoldBanner />
      <Loaded
        query={hosts}
        empty={
          <Panel flush>
            <Empty icon="hosts" title={t().fleet.empty} action={<div class="flex flex-col items-center gap-3"><ButtonLink href={paths.networks()} tone="primary" icon="ask">{t().fleet.join}</ButtonLink><CommandLine command="firn host token create --kind physical --site SITE --rack RACK --mode flat --network NETWORK" /></div>}>
              {t().fleet.emptyLead}
            </Empty>
          </Panel>
        }
      >
        {(all) => <Fleet hosts={unwrap(all())} />}
      </Loaded>
      <div class="mt-5">
        <PoolsPanel sites={[...new Set((dataOf(hosts) ?? []).map(({ site }) => site))]} />
      </div>
    </>
  );
}

/** Taller for larger fleets, so that every host stays a shape one can point at. */
export function mapHeight(count: number): number {
  return count <= 6 ? 200 : count <= 60 ? 320 : count <= 1000 ? 440 : 620;
}

function Fleet(props: { readonly hosts: readonly HostView[] }): JSX.Element {
  const navigate = useNavigate();
  const [measure, setMeasure] = createSignal<Measure>('cpuMilli');
  const [basis, setBasis] = createSignal<Basis>('allocated');
  const [filter, setFilter] = createSignal('');
  const shown = createMemo(() => {
    const words = filter().toLowerCase().split(/\s+/).filter((word) => word !== '');
    return words.length === 0 ? props.hosts : props.hosts.filter((host) => matches(host, words));
  });
  return (
    <div class="flex flex-col gap-5">
      <Panel>
        <div class="mb-4 flex flex-wrap items-center justify-between gap-3">
          <div class="flex flex-wrap gap-2">
            <Segmented hideLabel label={t().fleet.measure} value={measure()} options={[{ value: 'cpuMilli', text: t().common.cpu }, { value: 'memoryMib', text: t().common.memory }]} onInput={(value) => setMeasure(value as Measure)} />
            <Segmented hideLabel label={t().fleet.colourBy} value={basis()} options={[{ value: 'allocated', text: t().fleet.allocated }, { value: 'used', text: t().fleet.used }]} onInput={(value) => setBasis(value as Basis)} />
          </div>
          <span class="text-faint text-sm">{t().fleet.shown(show.number(shown().length), show.number(props.hosts.length))}</span>
        </div>
        <FleetMap hosts={shown()} measure={measure()} basis={basis()} height={mapHeight(shown().length)} onOpen={(host) => navigate(paths.host(host.name))} />
      </Panel>
      <Panel flush>
        <div class="border-line border-b p-3">
          <input type="search" class="control max-w-md" placeholder={t().fleet.filter} aria-label={t().fleet.filter} value={filter()} onInput={(event) => setFilter(event.currentTarget.value)} />
        </div>
        <Show when={shown().length > 0} fallback={<p class="text-muted px-4 py-10 text-center">{t().services.noMatch}</p>}>
          <HostTable hosts={shown()} />
        </Show>
      </Panel>
    </div>
  );
}

function matches(host: HostView, words: readonly string[]): boolean {
  const text = [host.name, host.site, host.rack, host.kind, host.state, host.cordoned ? 'cordoned' : '', host.drain ? 'draining' : '', host.address, ...Object.entries(host.labels).map(([key, value]) => `${key}=${value}`)].join(' ').toLowerCase();
  return words.every((word) => text.includes(word));
}
