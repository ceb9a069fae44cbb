// Every workload with what is asked of it: heat, demand, forecast, replicas, what it would want. Those with alerts and the hottest stand first.
import { A } from '@solidjs/router';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { AutoscaleOverview, AutoscaleRow } from '#server/http/contract/index.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { ButtonLink } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Field.tsx';
import { Empty } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { AutoscaleBadge, Heat, PreviewMark } from './AutoscaleMarks.tsx';
import { alertText } from '../../format/decision.ts';

export function MarketWorkloads(props: { readonly overview: AutoscaleOverview }): JSX.Element {
  const words = () => t().market;
  const [onlyFollowed, setOnlyFollowed] = createSignal(true);
  const followed = () => props.overview.items.filter(({ mode }) => mode !== 'off');
  const rows = () => (onlyFollowed() ? followed() : props.overview.items).toSorted((one, other) => other.alerts.length - one.alerts.length || (other.heat ?? -1) - (one.heat ?? -1) || (other.qps ?? -1) - (one.qps ?? -1) || one.workload.localeCompare(other.workload));
  return (
    <Panel flush title={words().workloads} aside={<Checkbox label={<span class="font-normal">{words().onlyFollowed}</span>} checked={onlyFollowed()} onInput={setOnlyFollowed} />}>
      <Show
        when={rows().length > 0}
        fallback={
          <Empty icon="market" title={words().empty} action={<ButtonLink href={paths.services()}>{words().toServices}</ButtonLink>}>
            {words().emptyLead}
          </Empty>
        }
      >
        <Table
          label={words().workloads}
          class="min-w-3xl"
          head={
            <>
              <Th>{words().columns.workload}</Th>
              <Th right>{words().columns.heat}</Th>
              <Th right>{words().columns.demand}</Th>
              <Th right>{words().columns.forecast}</Th>
              <Th right>{words().columns.replicas}</Th>
              <Th right>{words().columns.used}</Th>
              <Th>{words().columns.state}</Th>
            </>
          }
        >
          <For each={rows()}>{(row) => <Row row={row} />}</For>
        </Table>
      </Show>
    </Panel>
  );
}

const qps = (value: number | null) => (value === null ? t().common.nothing : show.number(Math.round(value)));

function Row(props: { readonly row: AutoscaleRow }): JSX.Element {
  const words = () => t().market;
  return (
    <Tr>
      <Td>
        <A href={paths.service(props.row.service, { environment: props.row.environment, tab: 'autoscale' })} class="hover:text-accent font-medium hover:underline">
          {props.row.workload}
        </A>
        <span class="text-faint block text-xs">{props.row.team}</span>
      </Td>
      <Td right>
        <Heat heat={props.row.heat} />
      </Td>
      <Td right>
        {qps(props.row.qps)}
        <Show when={props.row.usualQps !== null}>
          <span class="text-faint block text-xs">{words().usual(qps(props.row.usualQps))}</span>
        </Show>
      </Td>
      <Td right>
        {qps(props.row.forecast)}
        <Show when={props.row.bound !== null}>
          <span class="text-faint block text-xs">{words().bound(qps(props.row.bound))}</span>
        </Show>
      </Td>
      <Td right>
        {words().readyOf(show.number(props.row.ready), show.number(props.row.wanted))}
        <Show when={props.row.pending > 0}>
          <span class="text-info block text-xs">{words().coming(show.number(props.row.pending))}</span>
        </Show>
      </Td>
      <Td right>{props.row.usedPermille === null ? t().common.nothing : show.permille(props.row.usedPermille)}</Td>
      <Td>
        <span class="flex items-center gap-1.5">
          <AutoscaleBadge state={props.row.state} />
          <PreviewMark mode={props.row.mode} state={props.row.state} />
        </span>
        <Show when={props.row.wouldWant !== null && props.row.wouldWant > props.row.wanted}>
          <span class="text-bad mt-0.5 block text-xs">{t().autoscale.wouldWant(show.number(props.row.wouldWant ?? 0))}</span>
        </Show>
        <For each={props.row.alerts.filter(({ kind }) => kind !== 'atMax' && kind !== 'atQuota')}>{(alert) => <span class="text-bad mt-0.5 block text-xs" title={alert.message}>{alertText(alert, t().autoscale, show).title}</span>}</For>
      </Td>
    </Tr>
  );
}
