// Replicas as rows: state, where, address and MAC, what they take now of what they have. Used on a service's page and on a host's.
import { A } from '@solidjs/router';
import { For, Show, type JSX } from 'solid-js';
import type { ReplicaView } from '#server/http/contract/index.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Meter } from '../../ui/Meter.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

/** `of`: a service's replicas name their hosts; of a host every row would say the same. */
export function ReplicaTable(props: { readonly replicas: readonly ReplicaView[]; readonly of?: 'service' | 'host' }): JSX.Element {
  const isHost = () => props.of === 'host';
  return (
    <Table
      label={t().common.replicas}
      class="min-w-3xl"
      head={
        <>
          <Th>{t().common.name}</Th>
          <Th>{t().common.state}</Th>
          <Show when={!isHost()}>
            <Th>{t().common.host}</Th>
          </Show>
          <Th>
            {t().common.address} / {t().services.mac}
          </Th>
          <Th class="w-32">{t().services.cpuNow}</Th>
          <Th class="w-32">{t().services.memoryNow}</Th>
          <Th right>{t().services.since}</Th>
        </>
      }
    >
      <For each={props.replicas}>
        {(replica) => (
          <Tr>
            <Td class="font-medium whitespace-nowrap">
              <A href={paths.replica(replica.id)} class="text-accent hover:underline">
                {replica.name}
              </A>
            </Td>
            <Td>
              <Badge tone={toneOf.replica(replica.state)}>{t().states.replica[replica.state]}</Badge>
              <Show when={replica.replaces}>{(id) => <span class="text-info block text-xs">{t().fleet.replaces(props.replicas.find((each) => each.id === id())?.name ?? t().fleet.anotherHost)}</span>}</Show>
              <Show when={replica.leaving}>{(leaving) => <span class="text-info block text-xs">{leaving().until === null ? t().services.leaving : t().services.leavingUntil(show.clock(leaving().until!))}</span>}</Show>
              <Show when={replica.restarts > 0}>
                <span class="text-faint ml-1.5 text-xs whitespace-nowrap">{t().services.restarts(replica.restarts)}</span>
              </Show>
              <Show when={replica.reason}>
                <p class="text-muted mt-1 max-w-64 text-xs">{replica.reason}</p>
              </Show>
            </Td>
            <Show when={!isHost()}>
              <Td>
                <Show when={replica.host} fallback={<span class="text-faint">{t().common.nothing}</span>}>
                  {(host) => (
                    <A href={paths.host(host())} class="text-accent whitespace-nowrap hover:underline">
                      {host()}
                    </A>
                  )}
                </Show>
              </Td>
            </Show>
            <Td mono class="whitespace-nowrap">
              <Show when={replica.address} fallback={<span class="text-faint">{t().common.nothing}</span>}>
                {replica.address}
                <span class="text-faint block">{replica.mac}</span>
              </Show>
            </Td>
            <Td>
              <Now name={t().services.cpuNow} value={replica.cpuMilliNow} whole={replica.shape.cpuMilli} text={`${show.coreCount(replica.cpuMilliNow ?? 0)} / ${show.cores(replica.shape.cpuMilli)}`} />
            </Td>
            <Td>
              <Now name={t().services.memoryNow} value={replica.memoryMibNow} whole={replica.shape.memoryMib} text={`${show.memory(replica.memoryMibNow ?? 0)} / ${show.memory(replica.shape.memoryMib)}`} />
            </Td>
            <Td right class="text-muted text-sm whitespace-nowrap">
              {replica.startedAt === null ? t().common.nothing : show.ago(replica.startedAt)}
            </Td>
          </Tr>
        )}
      </For>
    </Table>
  );
}

function Now(props: { readonly name: string; readonly value: number | null; readonly whole: number; readonly text: string }): JSX.Element {
  return (
    <Show when={props.value !== null} fallback={<span class="text-faint">{t().common.nothing}</span>}>
      <div class="flex flex-col gap-1">
        <span class="text-xs whitespace-nowrap">{props.text}</span>
        <Meter thin label={props.name} text={props.text} whole={props.whole} parts={[{ amount: props.value ?? 0, tone: 'used' }]} />
      </div>
    </Show>
  );
}
