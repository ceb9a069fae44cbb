// Signals from outside with what they say now and who listens to them, and surges that somebody announced.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { SignalView, SurgeView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { marketMutations } from '../../api/market.ts';
import { queries } from '../../api/queries.ts';
import { SignalDialog, SurgeDialog } from '../../forms/SignalDialogs.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty, Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip, type Tone } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

const SURGE_TONES: Readonly<Record<SurgeView['state'], Tone>> = { announced: 'wait', active: 'busy', over: 'off' };
const STATE_ORDER: readonly SurgeView['state'][] = ['active', 'announced', 'over'];
const MOST_SURGES = 20;

export default function SignalsPage(): JSX.Element {
  const { me } = useSession();
  const signals = useQuery(() => queries.signals());
  const [adding, setAdding] = createSignal(false);
  const words = () => t().signals;
  const refused = () => because(can.manageMarket(me()));
  const add = () => (
    <Button tone="primary" icon="ask" refused={refused()} onClick={() => setAdding(true)}>
      {words().add}
    </Button>
  );
  return (
    <>
      <PageHead title={words().title} lead={words().lead} cli={['firn signal list', 'firn signal push NAME VALUE', 'firn calendar surge --help']} actions={add()} />
      <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
        <Panel flush title={words().title}>
          <Loaded query={signals} skeleton={<Skeleton lines={3} />} empty={<Empty icon="signal" title={words().empty} action={add()}>{words().emptyLead}</Empty>}>
            {(all) => <SignalTable signals={all()} />}
          </Loaded>
        </Panel>
        <Surges refused={refused()} />
      </div>
      <Show when={adding()}>
        <SignalDialog signal={null} onClose={() => setAdding(false)} />
      </Show>
    </>
  );
}

function SignalTable(props: { readonly signals: readonly SignalView[] }): JSX.Element {
  const words = () => t().signals;
  return (
    <Table
      label={words().title}
      class="min-w-xl"
      head={
        <>
          <Th>{words().columns.signal}</Th>
          <Th right>{words().columns.now}</Th>
          <Th right>{words().columns.usual}</Th>
          <Th>{words().columns.rules}</Th>
        </>
      }
    >
      <For each={props.signals}>
        {(signal) => (
          <Tr>
            <Td>
              <A href={paths.signal(signal.name)} class="hover:text-accent font-medium hover:underline">
                {signal.title || signal.name}
              </A>
              <span class="text-faint code block">{signal.name}</span>
            </Td>
            <Td right class="whitespace-nowrap">
              <Show when={signal.last} fallback={<span class="text-faint">{words().noValue}</span>}>
                {(last) => (
                  <>
                    {show.number(last().value)} {signal.unit}
                    <span class="text-faint block text-xs" title={show.moment(last().at)}>
                      {show.ago(last().at)}
                    </span>
                  </>
                )}
              </Show>
            </Td>
            <Td right class="whitespace-nowrap">{signal.usual === null ? t().common.nothing : `${show.number(signal.usual)} ${signal.unit}`}</Td>
            <Td>
              <span class="flex flex-wrap gap-1.5">
                <Show when={signal.isSilent}>
                  <Badge tone="wait" title={words().silentHint}>
                    {words().silent}
                  </Badge>
                </Show>
                <For each={signal.rules} fallback={<span class="text-faint">{words().nobody}</span>}>
                  {(rule) => (rule.isActive ? <Badge tone="busy" title={words().active}>{rule.workload}</Badge> : <Chip>{rule.workload}</Chip>)}
                </For>
              </span>
            </Td>
          </Tr>
        )}
      </For>
    </Table>
  );
}

function Surges(props: { readonly refused: string | null }): JSX.Element {
  const act = useAct();
  const surges = useQuery(() => queries.surges());
  const [adding, setAdding] = createSignal(false);
  const [ending, setEnding] = createSignal<SurgeView | null>(null);
  const words = () => t().signals.surges;
  const sorted = (all: readonly SurgeView[]) => all.toSorted((one, other) => STATE_ORDER.indexOf(one.state) - STATE_ORDER.indexOf(other.state) || one.from.localeCompare(other.from)).slice(0, MOST_SURGES);
  const add = () => (
    <Button size="sm" icon="ask" refused={props.refused} onClick={() => setAdding(true)}>
      {words().add}
    </Button>
  );
  return (
    <Panel flush title={words().title} aside={<Show when={(dataOf(surges)?.length ?? 0) > 0}>{add()}</Show>}>
      <Loaded query={surges} skeleton={<Skeleton lines={2} />} empty={<Empty icon="rollouts" title={words().empty} action={add()}>{words().lead}</Empty>}>
        {(all) => (
          <ul class="divide-line divide-y">
            <For each={sorted(all())}>
              {(surge) => (
                <li class={`flex flex-col gap-1 px-4 py-3 ${surge.state === 'over' ? 'opacity-70' : ''}`}>
                  <span class="flex flex-wrap items-center justify-between gap-2">
                    <span class="min-w-0 font-medium break-words">{surge.reason}</span>
                    <Badge tone={SURGE_TONES[surge.state]}>{words().states[surge.state]}</Badge>
                  </span>
                  <span class="text-sm">{words().line(show.number(surge.factor), show.when(surge.from), show.when(surge.to))}</span>
                  <span class="flex flex-wrap items-center justify-between gap-2 text-sm">
                    <span class="text-muted">
                      {surge.services.length + surge.environments.length === 0 ? words().everywhere : show.listed([...surge.services, ...surge.environments])} · {surge.createdBy}
                    </span>
                    <Show when={surge.state !== 'over'}>
                      <Button size="sm" tone="quiet" refused={props.refused} onClick={() => setEnding(surge)}>
                        {words().end}
                      </Button>
                    </Show>
                  </span>
                </li>
              )}
            </For>
          </ul>
        )}
      </Loaded>
      <Show when={adding()}>
        <SurgeDialog onClose={() => setAdding(false)} />
      </Show>
      <Show when={ending()}>
        {(surge) => <ReasonDialog open onClose={() => setEnding(null)} title={words().endTitle} lead={words().endLead} confirm={words().end} tone="danger" reason="none" onConfirm={() => act(marketMutations.endSurge(surge().id), { topics: ['surges'], done: words().ended })} />}
      </Show>
    </Panel>
  );
}
