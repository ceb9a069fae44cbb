// The pools of cloud VMs that could be bought, with what one can do to each.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { PoolView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { PoolDialog } from '../../forms/PoolDialog.tsx';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty, Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

export function PoolsPanel(props: { readonly sites: readonly string[] }): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const pools = useQuery(() => queries.pools());
  const [editing, setEditing] = createSignal<PoolView | 'new' | null>(null);
  const [removing, setRemoving] = createSignal<PoolView | null>(null);
  const words = () => t().policy.pools;
  const refused = () => because(can.editPools(me()));
  const add = () => (
    <Button size="sm" icon="ask" refused={refused()} onClick={() => setEditing('new')}>
      {words().add}
    </Button>
  );
  return (
    <Panel flush title={words().title} aside={<Show when={(dataOf(pools)?.length ?? 0) > 0}>{add()}</Show>}>
      <Loaded query={pools} skeleton={<Skeleton lines={2} />} empty={<Empty icon="hosts" title={words().empty} action={add()}>{words().emptyLead}</Empty>}>
        {(all) => (
          <Table
            label={words().title}
            class="min-w-2xl"
            head={
              <>
                <Th>{t().common.name}</Th>
                <Th>{t().common.site}</Th>
                <Th>{words().size}</Th>
                <Th right>{words().price}</Th>
                <Th right>{words().limit}</Th>
                <Th>{words().environments}</Th>
                <Th right>
                  <span class="sr-only">{t().common.edit}</span>
                </Th>
              </>
            }
          >
            <For each={all()}>
              {(pool) => (
                <Tr>
                  <Td class="font-medium">{pool.name}</Td>
                  <Td class="text-muted">{pool.site}</Td>
                  <Td class="whitespace-nowrap">{show.shape(pool.capacity)}</Td>
                  <Td right>{show.money(pool.costCentsPerHour)}</Td>
                  <Td right>{show.number(pool.limit)}</Td>
                  <Td>
                    <span class="flex flex-wrap gap-1">
                      <For each={pool.environments} fallback={<span class="text-muted">{t().fleet.anyEnvironment}</span>}>
                        {(environment) => <Chip>{environment}</Chip>}
                      </For>
                    </span>
                  </Td>
                  <Td right class="whitespace-nowrap">
                    <Button size="sm" tone="quiet" refused={refused()} onClick={() => setEditing(pool)}>
                      {t().common.edit}
                    </Button>
                    <Button size="sm" tone="quiet" refused={refused()} onClick={() => setRemoving(pool)}>
                      {t().common.remove}
                    </Button>
                  </Td>
                </Tr>
              )}
            </For>
          </Table>
        )}
      </Loaded>
      <Show when={editing()} keyed>
        {(pool) => <PoolDialog pool={pool === 'new' ? null : pool} sites={props.sites} onClose={() => setEditing(null)} />}
      </Show>
      <Show when={removing()}>
        {(pool) => <ReasonDialog open onClose={() => setRemoving(null)} title={words().removeTitle(pool().name)} lead={words().removeLead} confirm={t().common.remove} tone="danger" reason="none" onConfirm={() => act(mutations.removePool(pool().name), { topics: ['pools'], done: words().removed(pool().name) })} />}
      </Show>
    </Panel>
  );
}
