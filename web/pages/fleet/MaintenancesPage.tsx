// Everything that is or was emptied: what, how far, when it is done. Starting one shows first what would follow.
import { A, useNavigate } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { Maintenance } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { fleetQueries } from '../../api/fleet.ts';
import { MAINTENANCE } from '../../format/tone.ts';
import { MaintenanceDialog } from '../../forms/MaintenanceDialog.tsx';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { MeterLine } from '../../ui/Meter.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

export default function MaintenancesPage(): JSX.Element {
  const { me } = useSession();
  const navigate = useNavigate();
  const [starting, setStarting] = createSignal(false);
  const all = useQuery(() => fleetQueries.maintenances());
  const start = () => (
    <Button tone="primary" icon="defragment" refused={because(can.editHost(me()))} onClick={() => setStarting(true)}>
      {t().maintenance.start}
    </Button>
  );
  return (
    <>
      <PageHead title={t().maintenance.title} crumbs={[{ href: paths.hosts(), text: t().fleet.title }]} lead={t().maintenance.lead} cli={["firn maintenance start --host HOST --why '…'", 'firn maintenance list']} actions={start()} />
      <Panel flush>
        <Loaded query={all} empty={<Empty icon="defragment" title={t().maintenance.empty} action={start()}>{t().maintenance.emptyLead}</Empty>}>
          {(list) => (
            <Table
              label={t().maintenance.title}
              class="min-w-3xl"
              head={
                <>
                  <Th>{t().maintenance.columns.what}</Th>
                  <Th>{t().maintenance.columns.state}</Th>
                  <Th class="w-64">{t().maintenance.columns.progress}</Th>
                  <Th>{t().maintenance.columns.eta}</Th>
                  <Th right>{t().maintenance.columns.by}</Th>
                </>
              }
            >
              <For each={list()}>{(each) => <Row maintenance={each} />}</For>
            </Table>
          )}
        </Loaded>
      </Panel>
      <Show when={starting()}>
        <MaintenanceDialog onClose={() => setStarting(false)} onStarted={(id) => navigate(paths.maintenance(id))} />
      </Show>
    </>
  );
}

/** Replicas that have left, by whichever way. */
export function goneOf({ progress }: Pick<Maintenance, 'progress'>): number {
  return progress.moved + progress.stopped + progress.returning + progress.returned;
}

function Row(props: { readonly maintenance: Maintenance }): JSX.Element {
  return (
    <Tr>
      <Td>
        <A href={paths.maintenance(props.maintenance.id)} class="text-accent font-medium hover:underline">
          {props.maintenance.scope}
        </A>
        <span class="text-muted block max-w-80 truncate text-sm">“{props.maintenance.why}”</span>
      </Td>
      <Td>
        <Badge tone={MAINTENANCE[props.maintenance.state]} title={props.maintenance.stateReason}>
          {t().maintenance.states[props.maintenance.state]}
        </Badge>
      </Td>
      <Td>
        <MeterLine
          name={t().maintenance.kinds[props.maintenance.kind]}
          whole={Math.max(1, props.maintenance.progress.total)}
          parts={[{ amount: goneOf(props.maintenance), tone: 'used' }]}
          text={t().maintenance.progress(show.number(goneOf(props.maintenance)), show.number(props.maintenance.progress.total))}
        />
      </Td>
      <Td class="text-sm">
        <Show when={props.maintenance.eta} fallback={<span class="text-faint">{props.maintenance.finishedAt === null ? t().common.nothing : show.ago(props.maintenance.finishedAt)}</span>}>
          {(eta) => t().maintenance.eta.range(show.duration(eta().earliestSeconds), show.duration(eta().latestSeconds))}
        </Show>
      </Td>
      <Td right class="text-muted text-sm">
        {props.maintenance.createdBy}
        <span class="text-faint block text-xs">{show.ago(props.maintenance.createdAt)}</span>
      </Td>
    </Tr>
  );
}
