// Freezes: when no rollout may start, which hold now, and when each holds next.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { FreezeView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { freezeText } from '../../format/freeze.ts';
import { FreezeDialog } from '../../forms/FreezeDialog.tsx';
import { useAct } from '../../shell/act.ts';
import { language, t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

export default function FreezesPage(): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const freezes = useQuery(() => queries.freezes());
  const [adding, setAdding] = createSignal(false);
  const [removing, setRemoving] = createSignal<FreezeView | null>(null);
  const add = () => (
    <Button tone="primary" icon="ask" refused={because(can.manageFreezes(me()))} onClick={() => setAdding(true)}>
      {t().freezes.add}
    </Button>
  );
  /** What holds now first, then what holds soonest. */
  const sorted = (all: readonly FreezeView[]) => all.toSorted((one, other) => Number(other.isActive) - Number(one.isActive) || (one.next?.from ?? '9').localeCompare(other.next?.from ?? '9'));
  return (
    <>
      <PageHead title={t().freezes.title} lead={t().freezes.lead} cli={['firn freeze list', 'firn freeze add --help']} actions={add()} />
      <Loaded query={freezes} empty={<Panel flush><Empty icon="freezes" title={t().freezes.empty} action={add()}>{t().freezes.emptyLead}</Empty></Panel>}>
        {(all) => (
          <Panel flush>
            <Table
              label={t().freezes.title}
              class="min-w-2xl"
              head={
                <>
                  <Th>{t().common.name}</Th>
                  <Th>{t().common.environment}</Th>
                  <Th>{t().freezes.columns.rule}</Th>
                  <Th>{t().freezes.columns.next}</Th>
                  <Th right>
                    <span class="sr-only">{t().common.remove}</span>
                  </Th>
                </>
              }
            >
              <For each={sorted(all())}>{(freeze) => <Row freeze={freeze} onRemove={() => setRemoving(freeze)} />}</For>
            </Table>
          </Panel>
        )}
      </Loaded>
      <Show when={adding()}>
        <FreezeDialog onClose={() => setAdding(false)} />
      </Show>
      <Show when={removing()}>
        {(freeze) => <ReasonDialog open onClose={() => setRemoving(null)} title={t().freezes.removeTitle(freeze().name)} lead={t().freezes.removeLead} confirm={t().common.remove} tone="danger" reason="none" onConfirm={() => act(mutations.removeFreeze(freeze().id), { topics: ['freezes'], done: t().freezes.removed(freeze().name) })} />}
      </Show>
    </>
  );
}

function Row(props: { readonly freeze: FreezeView; readonly onRemove: () => void }): JSX.Element {
  const { me } = useSession();
  const next = () => props.freeze.next;
  return (
    <Tr>
      <Td>
        <span class="font-medium">{props.freeze.name}</span>
        <Show when={props.freeze.reason}>
          <span class="text-muted block max-w-72 text-sm">{props.freeze.reason}</span>
        </Show>
      </Td>
      <Td>
        <Chip>{props.freeze.environment}</Chip>
      </Td>
      <Td>{freezeText(props.freeze.rule, t(), language())}</Td>
      <Td>
        <Show when={props.freeze.isActive} fallback={<Show when={next()} fallback={<span class="text-faint">{t().freezes.noNext}</span>}>{(window) => t().freezes.next(show.when(window().from), show.when(window().to))}</Show>}>
          <Badge tone="wait">{t().freezes.active}</Badge>
          <Show when={next()}>{(window) => <span class="text-muted mt-0.5 block text-sm">{t().freezes.until(show.when(window().to))}</span>}</Show>
        </Show>
        <Show when={props.freeze.warning}>
          <span class="text-warn mt-0.5 block max-w-72 text-xs">{props.freeze.warning}</span>
        </Show>
      </Td>
      <Td right>
        <Button size="sm" tone="quiet" refused={because(can.manageFreezes(me()))} onClick={() => props.onRemove()}>
          {t().common.remove}
        </Button>
      </Td>
    </Tr>
  );
}
