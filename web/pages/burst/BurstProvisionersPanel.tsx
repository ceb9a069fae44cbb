// How VMs of each pool are made: which hook, its ranges and times, whether it can be used now; and the hooks with their last call.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { BurstProvisioners, ProvisionerView } from '#server/http/contract/index.ts';
import { burstMutations, burstQueries } from '../../api/burst.ts';
import { saidText } from '../../format/burst.ts';
import { ProvisionerDialog } from '../../forms/ProvisionerDialog.tsx';
import { useAct } from '../../shell/act.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty, Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Panel, Part } from '../../ui/Panel.tsx';
import { Badge, Chip, Dot } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

export function BurstProvisionersPanel(props: { readonly refused: string | null }): JSX.Element {
  const provisioners = useQuery(() => ({ ...burstQueries.provisioners(), reconcile: false as const }));
  const act = useAct();
  const [editing, setEditing] = createSignal<{ readonly pool: string; readonly present: ProvisionerView | null; readonly hooks: readonly string[] } | null>(null);
  const [removing, setRemoving] = createSignal<string | null>(null);
  const words = () => t().burst.provisioners;
  const edit = (now: BurstProvisioners, pool: string) => setEditing({ pool, present: now.items.find((each) => each.pool === pool) ?? null, hooks: now.hooks.map(({ name }) => name) });
  return (
    <Panel flush title={words().title} aside={words().lead}>
      <Loaded query={provisioners} skeleton={<Skeleton lines={2} />} isEmpty={({ items, withoutProvisioner, hooks }) => items.length + withoutProvisioner.length + hooks.length === 0} empty={<Empty icon="terminal" title={words().empty}>{words().emptyLead}</Empty>}>
        {(now) => (
          <div class="divide-line divide-y">
            <Show when={now().items.length > 0}>
              <Rows items={now().items} refused={props.refused} onEdit={(pool) => edit(now(), pool)} onRemove={setRemoving} />
            </Show>
            <Show when={now().withoutProvisioner.length > 0}>
              <div class="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
                <p class="text-warn">{words().without(show.listed(now().withoutProvisioner))}</p>
                <div class="flex flex-wrap gap-2">
                  <For each={now().withoutProvisioner}>
                    {(pool) => (
                      <Button size="sm" refused={props.refused ?? (now().hooks.length === 0 ? words().noHooks : null)} onClick={() => edit(now(), pool)}>
                        {words().set}: {pool}
                      </Button>
                    )}
                  </For>
                </div>
              </div>
            </Show>
            <Part title={words().hooks}>
              <ul class="flex flex-col gap-1.5">
                <For each={now().hooks} fallback={<li class="text-muted">{words().emptyLead}</li>}>
                  {(hook) => (
                    <li class="flex flex-wrap items-baseline gap-x-3 text-sm">
                      <Dot tone={hook.problem === null ? 'ok' : 'bad'}>
                        <span class="font-mono text-xs">{hook.name}</span>
                      </Dot>
                      <span class={hook.problem === null ? 'text-muted' : 'text-bad'}>{hook.problem ?? (hook.lastCall === null ? words().never : words().lastCall(hook.lastCall.action, show.ago(hook.lastCall.at), show.duration(hook.lastCall.seconds), hook.lastCall.outcome))}</span>
                    </li>
                  )}
                </For>
              </ul>
            </Part>
          </div>
        )}
      </Loaded>
      <Show when={editing()} keyed>
        {(open) => <ProvisionerDialog pool={open.pool} present={open.present} hooks={open.hooks} onClose={() => setEditing(null)} />}
      </Show>
      <Show when={removing()}>
        {(pool) => <ReasonDialog open onClose={() => setRemoving(null)} title={words().removeTitle(pool())} lead={words().removeLead} confirm={t().common.remove} tone="danger" reason="none" onConfirm={() => act(burstMutations.removeProvisioner(pool()), { topics: ['burst'], done: words().removed(pool()) })} />}
      </Show>
    </Panel>
  );
}

function Rows(props: { readonly items: readonly ProvisionerView[]; readonly refused: string | null; readonly onEdit: (pool: string) => void; readonly onRemove: (pool: string) => void }): JSX.Element {
  const words = () => t().burst.provisioners;
  return (
    <Table
      label={words().title}
      class="min-w-2xl"
      head={
        <>
          <Th>{words().columns.pool}</Th>
          <Th>{words().columns.hook}</Th>
          <Th>{words().columns.range}</Th>
          <Th>{words().columns.speed}</Th>
          <Th>{words().columns.state}</Th>
          <Th right>
            <span class="sr-only">{t().common.edit}</span>
          </Th>
        </>
      }
    >
      <For each={props.items}>
        {(each) => (
          <Tr>
            <Td>
              <span class="font-medium">{each.pool}</span>
              <span class="text-faint block text-sm">
                {show.shape(each.capacity)}, {t().burst.perHour(show.money(each.costCentsPerHour))}
              </span>
            </Td>
            <Td>
              <Chip mono>{each.hook}</Chip>
            </Td>
            <Td>
              <span class="font-mono text-xs">{each.rangeSupernet}</span>
              <span class={`block text-sm ${each.rangesLeft === 0 ? 'text-bad' : 'text-faint'}`}>{words().ranges(show.number(each.rangesLeft))}</span>
            </Td>
            <Td>
              {each.startP50Seconds === null ? words().noStart : words().start(show.duration(each.startP50Seconds))}
              <span class="text-faint block text-sm">{words().outOf(show.number(each.out), show.number(each.limit))}</span>
            </Td>
            <Td>
              <Show when={each.problem} fallback={<Badge tone={each.isEnabled ? 'ok' : 'off'}>{each.isEnabled ? words().healthy : words().disabled}</Badge>}>
                {(problem) => <span class="text-bad text-sm">{saidText(problem(), t().burst.said, language())}</span>}
              </Show>
            </Td>
            <Td right class="whitespace-nowrap">
              <Button size="sm" tone="quiet" refused={props.refused} onClick={() => props.onEdit(each.pool)}>
                {t().common.edit}
              </Button>
              <Button size="sm" tone="quiet" refused={props.refused} onClick={() => props.onRemove(each.pool)}>
                {t().common.remove}
              </Button>
            </Td>
          </Tr>
        )}
      </For>
    </Table>
  );
}
