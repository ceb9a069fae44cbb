// What if: a list of changes that one composes, each with what it did under it, and what would follow from all of them beside it. The
// composition is in the address, so that a link restores it; it can be kept as a proposal.
import { useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createEffect, createMemo, createSignal, For, on, Show, type JSX } from 'solid-js';
import type { Change } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { changeText } from '../../format/changes.ts';
import { readChanges, writeChanges } from '../../forms/changes-link.ts';
import { COMPOSED, fromChange, moved, newDraft, toChange, type ChangeDraft, type ComposedKind } from '../../forms/change-draft.ts';
import { ProposeDialog } from '../../forms/ProposeDialog.tsx';
import { createSimulationFeed } from '../../forms/simulation-feed.ts';
import { language, t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { createStore, unwrap } from '../../solid.ts';
import { Button } from '../../ui/Button.tsx';
import { Empty } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { toast } from '../../ui/toast.ts';
import { ConsequenceLine, ConsequencePanel } from './ConsequencePanel.tsx';
import { FleetPair } from '../fleet/FleetPair.tsx';
import { SimulateStep } from './SimulateStep.tsx';
import { simulateCommand } from '../../forms/simulate-command.ts';

export default function SimulatePage(): JSX.Element {
  const { me } = useSession();
  const [search, setSearch] = useSearchParams<{ changes?: string }>();
  const hosts = useQuery(() => ({ ...queries.hosts(), reconcile: false as const }));
  const services = useQuery(() => queries.services());
  const pools = useQuery(() => queries.pools());
  const policy = useQuery(() => ({ ...queries.policy(), reconcile: false as const }));
  let key = 0;
  const opened = search.changes === undefined ? [] : readChanges(search.changes);
  const [steps, setSteps] = createStore<{ rows: ChangeDraft[] }>({ rows: (opened ?? []).map((change) => fromChange(change, key++)) });
  const [proposing, setProposing] = createSignal(false);
  if (opened === null) toast.failed(t().simulate.linkBroken);

  /** Where there is no pool nothing can be bought: the step waits, and does not take the others with it. */
  const cannotBuy = () => dataOf(pools)?.length === 0;
  const rows = createMemo(() => steps.rows.map((draft) => ({ draft, ...(draft.kind === 'buy' && cannotBuy() ? { change: null, faults: { pools: { code: 'needed' as const } } } : toChange({ ...draft })) })));
  const changes = createMemo((): readonly Change[] => rows().flatMap(({ change }) => (change === null ? [] : [change])));
  const feed = createSimulationFeed(changes, () => can.simulate(me()));
  /** The stage of a row: its place among the rows that were complete when the answer was asked. */
  const stageOf = (at: number) => {
    const answered = feed.answered();
    const change = rows()[at]?.change;
    if (answered === null || change === null || change === undefined) return undefined;
    const place = rows().slice(0, at).filter((row) => row.change !== null).length;
    return JSON.stringify(answered.changes[place]) === JSON.stringify(change) ? answered.simulation.stages[place] : undefined;
  };
  const known = () => ({
    hosts: unwrap(dataOf(hosts) ?? []),
    workloads: (dataOf(services) ?? []).flatMap(({ workloads }) => workloads.map(({ name }) => name)).toSorted(),
    pools: (dataOf(pools) ?? []).map(({ name }) => name),
  });
  createEffect(on(changes, (now) => setSearch({ changes: now.length === 0 ? undefined : (writeChanges(now) ?? undefined) }, { replace: true, scroll: false }), { defer: true }));

  const add = (kind: ComposedKind): void => setSteps('rows', steps.rows.length, newDraft(kind, key++));
  const set = (at: number, change: Partial<ChangeDraft>): void => setSteps('rows', at, change);
  const share = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href);
      toast.done(t().simulate.shared);
    } catch {
      toast.say(t().common.copyFailed);
    }
  };
  const nothing = () => (changes().length === 0 ? t().consequence.waiting : null);
  const suggested = () => changes().slice(0, 2).map((change) => changeText(change, t(), language(), show)).join('; ');

  return (
    <>
      <PageHead
        title={t().simulate.title}
        lead={t().simulate.lead}
        cli={simulateCommand(changes())}
        actions={
          <>
            <Button tone="quiet" icon="link" refused={nothing()} onClick={() => void share()}>
              {t().simulate.share}
            </Button>
            <Button tone="primary" icon="proposals" refused={because(can.makeProposal(me())) ?? nothing()} onClick={() => setProposing(true)}>
              {t().simulate.save}
            </Button>
          </>
        }
      />
      <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
        <div class="flex min-w-0 flex-col gap-4">
          <Show when={steps.rows.length > 0} fallback={<Panel flush><Empty icon="simulate" title={t().simulate.empty}>{t().simulate.emptyLead}</Empty></Panel>}>
            <ol class="flex flex-col gap-3" aria-label={t().simulate.steps}>
              <For each={steps.rows}>
                {(draft, at) => (
                  <SimulateStep
                    number={at() + 1}
                    isFirst={at() === 0}
                    isLast={at() === steps.rows.length - 1}
                    draft={draft}
                    faults={rows()[at()]?.faults ?? {}}
                    stage={stageOf(at())}
                    isOld={feed.isOld()}
                    policy={dataOf(policy)?.record}
                    known={known()}
                    set={(change) => set(at(), change)}
                    onMove={(by) => setSteps('rows', moved(steps.rows, at(), by))}
                    onRemove={() => setSteps('rows', steps.rows.toSpliced(at(), 1))}
                  />
                )}
              </For>
            </ol>
          </Show>
          <AddStep onAdd={add} />
        </div>
        <div class="min-w-0 lg:col-start-2 lg:row-span-2 lg:row-start-1 lg:h-full">
          <ConsequencePanel feed={feed} waiting={t().simulate.emptyLead} />
        </div>
        <Show when={feed.answered()}>
          {(answered) => <FleetPair hosts={known().hosts} simulation={answered().simulation} environments={dataOf(policy)?.record.environments ?? {}} isOld={feed.isOld()} />}
        </Show>
      </div>
      <ConsequenceLine feed={feed} />
      <ProposeDialog open={proposing()} onClose={() => setProposing(false)} changes={changes()} suggested={suggested()} />
    </>
  );
}

function AddStep(props: { readonly onAdd: (kind: ComposedKind) => void }): JSX.Element {
  return (
    <section class="border-line rounded-lg border border-dashed p-3" aria-label={t().simulate.addStep}>
      <ul class="grid grid-cols-1 gap-2 min-[26rem]:grid-cols-2 xl:grid-cols-3">
        <For each={COMPOSED}>
          {(kind) => (
            <li>
              <button type="button" class="border-line bg-panel hover:border-accent hover:bg-accent-soft/40 shadow-panel h-full w-full rounded-md border px-3 py-2 text-left transition-colors" onClick={() => props.onAdd(kind)}>
                <span class="block font-medium">{t().changes.kinds[kind]}</span>
                <span class="text-faint block text-xs">{t().changes.hints[kind]}</span>
              </button>
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}
