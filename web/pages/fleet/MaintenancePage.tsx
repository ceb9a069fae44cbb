// One maintenance: how far it is replica by replica, when it is done, what stands in the way, and what forcing it would cost.
import { A, useParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { MaintenanceDetail } from '#server/http/contract/index.ts';
import { fleetQueries } from '../../api/fleet.ts';
import { MAINTENANCE, MAINTENANCE_REPLICA } from '../../format/tone.ts';
import { EndMaintenanceDialog } from '../../forms/EndMaintenanceDialog.tsx';
import { ForceDialog } from '../../forms/ForceDialog.tsx';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { MeterLine } from '../../ui/Meter.tsx';
import { Fact, PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { BlockerList } from './MaintenanceBlockers.tsx';
import { EtaText } from './MaintenanceEta.tsx';
import { goneOf } from './MaintenancesPage.tsx';

export default function MaintenancePage(): JSX.Element {
  const params = useParams<{ id: string }>();
  const maintenance = useQuery(() => fleetQueries.maintenance(params.id));
  return (
    <Loaded query={maintenance}>
      {(now) => (
        <>
          <PageHead
            title={now().scope}
            crumbs={[{ href: paths.maintenances(), text: t().maintenance.title }]}
            lead={
              <span class="flex flex-wrap items-center gap-2">
                <Badge tone={MAINTENANCE[now().state]}>{t().maintenance.states[now().state]}</Badge>
                <span>{now().stateReason}</span>
              </span>
            }
            cli={[`firn maintenance show ${now().id}`, `firn maintenance end ${now().id}`]}
            actions={<Actions maintenance={now()} />}
          />
          <div class="grid grid-cols-1 gap-5 min-[80rem]:grid-cols-[minmax(0,1fr)_22rem]">
            <div class="flex min-w-0 flex-col gap-5">
              <Panel title={t().maintenance.eta.title}>
                <div class="flex flex-col gap-4">
                  <EtaText eta={now().eta} />
                  <MeterLine
                    name={t().maintenance.columns.progress}
                    whole={Math.max(1, now().progress.total)}
                    parts={[
                      { amount: goneOf(now()), tone: 'used' },
                      { amount: now().progress.starting, tone: 'allocated' },
                    ]}
                    text={t().maintenance.progress(show.number(goneOf(now())), show.number(now().progress.total))}
                    {...(now().progress.reserved > 0 ? { note: t().maintenance.reserved(show.number(now().progress.reserved)) } : {})}
                  />
                </div>
              </Panel>
              <Show when={now().blockers.length > 0}>
                <Panel title={t().maintenance.blockers.title}>
                  <BlockerList blockers={now().blockers} />
                </Panel>
              </Show>
              <Replicas maintenance={now()} />
            </div>
            <div class="flex min-w-0 flex-col gap-5">
              <Facts maintenance={now()} />
            </div>
          </div>
        </>
      )}
    </Loaded>
  );
}

function Actions(props: { readonly maintenance: MaintenanceDetail }): JSX.Element {
  const [asking, setAsking] = createSignal<'end' | 'force' | null>(null);
  const isOver = () => props.maintenance.state === 'ended' || props.maintenance.state === 'cancelled';
  return (
    <Show when={!isOver()}>
      <Button tone="danger" refused={props.maintenance.may.force} onClick={() => setAsking('force')}>
        {t().maintenance.force}
      </Button>
      <Show when={props.maintenance.state === 'drained'} fallback={<Button refused={props.maintenance.may.cancel} onClick={() => setAsking('end')}>{t().maintenance.cancel}</Button>}>
        <Button tone="primary" refused={props.maintenance.may.end} onClick={() => setAsking('end')}>
          {t().maintenance.end}
        </Button>
      </Show>
      <Show when={asking() === 'end'}>
        <EndMaintenanceDialog maintenance={props.maintenance} onClose={() => setAsking(null)} />
      </Show>
      <Show when={asking() === 'force'}>
        <ForceDialog maintenance={props.maintenance} onClose={() => setAsking(null)} />
      </Show>
    </Show>
  );
}

function Facts(props: { readonly maintenance: MaintenanceDetail }): JSX.Element {
  return (
    <Panel title={t().maintenance.kinds[props.maintenance.kind]}>
      <dl class="grid grid-cols-1 gap-y-3">
        <Fact name={t().common.why}>“{props.maintenance.why}”</Fact>
        <Fact name={t().maintenance.columns.by}>
          {props.maintenance.createdBy}, <span title={show.moment(props.maintenance.createdAt)}>{show.ago(props.maintenance.createdAt)}</span>
        </Fact>
        <Fact name={t().common.when}>{t().maintenance.window(show.when(props.maintenance.startsAt ?? props.maintenance.createdAt), props.maintenance.endsAt === null ? null : show.when(props.maintenance.endsAt))}</Fact>
        <Fact name={t().maintenance.hosts}>
          <ul class="flex flex-col gap-1">
            <For each={props.maintenance.hosts}>
              {(host) => (
                <li>
                  <A href={paths.host(host.host)} class="textlink">
                    {host.host}
                  </A>{' '}
                  <span class="text-muted text-sm">
                    {t().maintenance.hostStates[host.state]}
                    <Show when={host.left > 0}> · {t().maintenance.left(host.left)}</Show>
                  </span>
                </li>
              )}
            </For>
          </ul>
        </Fact>
        <Show when={props.maintenance.forced}>
          {(forced) => (
            <Fact name={t().maintenance.force}>
              {t().maintenance.forcedBy(forced().by, show.ago(forced().at))}: “{forced().why}”
            </Fact>
          )}
        </Show>
      </dl>
    </Panel>
  );
}

function Replicas(props: { readonly maintenance: MaintenanceDetail }): JSX.Element {
  return (
    <Panel flush title={t().maintenance.replicas} aside={show.number(props.maintenance.replicas.length)}>
      <Table
        label={t().maintenance.replicas}
        class="min-w-2xl"
        head={
          <>
            <Th>{t().maintenance.columns.replica}</Th>
            <Th>{t().maintenance.columns.state}</Th>
            <Th>{t().maintenance.columns.from}</Th>
            <Th>{t().maintenance.columns.to}</Th>
            <Th right>{t().maintenance.columns.took}</Th>
          </>
        }
      >
        <For each={props.maintenance.replicas}>
          {(replica) => (
            <Tr>
              <Td>
                <A href={paths.replica(replica.successorId ?? replica.replicaId)} class="text-accent font-medium whitespace-nowrap hover:underline">
                  {replica.replica}
                </A>
              </Td>
              <Td>
                <Badge tone={MAINTENANCE_REPLICA[replica.state]}>{t().maintenance.replicaStates[replica.state]}</Badge>
                <Show when={replica.reason}>
                  <p class="text-muted mt-1 max-w-80 text-xs">{replica.reason}</p>
                </Show>
              </Td>
              <Td>{replica.fromHost}</Td>
              <Td>
                {replica.toHost ?? replica.reservedHost ?? t().common.nothing}
                <Show when={replica.toHost === null && replica.reservedHost !== null}>
                  <span class="text-faint block text-xs">{t().maintenance.reserved('1')}</span>
                </Show>
              </Td>
              <Td right class="text-muted text-sm">
                {replica.seconds === null ? t().common.nothing : show.duration(replica.seconds)}
              </Td>
            </Tr>
          )}
        </For>
      </Table>
    </Panel>
  );
}
