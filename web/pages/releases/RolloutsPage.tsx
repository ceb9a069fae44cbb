// Rollouts: those under way first, and of them those that wait for a person.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { RolloutView } from '#server/http/contract/index.ts';
import { queries } from '../../api/queries.ts';
import { isEnded, WAITS_FOR_PERSON, workloadName } from '../../format/rollout.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { ButtonLink } from '../../ui/Button.tsx';
import { Segmented } from '../../ui/Field.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { ownerText } from './RolloutWait.tsx';

type Tab = 'active' | 'ended' | 'all';

export default function RolloutsPage(): JSX.Element {
  const rollouts = useQuery(() => queries.rollouts());
  const [chosen, setChosen] = createSignal<Tab | null>(null);
  const inTab = (all: readonly RolloutView[], which: Tab) => (which === 'all' ? all : all.filter((each) => isEnded(each) === (which === 'ended')));
  /** Until somebody chooses: what is under way, if there is anything. */
  const tab = (all: readonly RolloutView[]): Tab => chosen() ?? (inTab(all, 'active').length > 0 ? 'active' : 'all');
  const rank = (each: RolloutView) => (isEnded(each) ? 2 : WAITS_FOR_PERSON.has(each.phase) ? 0 : 1);
  const shown = (all: readonly RolloutView[]) => inTab(all, tab(all)).toSorted((one, other) => rank(one) - rank(other) || other.startedAt.localeCompare(one.startedAt));
  return (
    <>
      <PageHead title={t().rollouts.title} lead={t().rollouts.lead} cli={['firn rollout list', 'firn rollout start SERVICE -e ENVIRONMENT']} />
      <Loaded query={rollouts} empty={<Panel flush><Empty icon="rollouts" title={t().rollouts.empty} action={<ButtonLink href={paths.services()} icon="services">{t().services.title}</ButtonLink>}>{t().rollouts.emptyLead}</Empty></Panel>}>
        {(all) => (
          <Panel flush>
            <div class="border-line overflow-x-auto border-b p-3">
              <Segmented hideLabel label={t().common.state} value={tab(all())} options={(['active', 'ended', 'all'] as const).map((value) => ({ value, text: `${t().rollouts.tabs[value]} ${show.number(inTab(all(), value).length)}` }))} onInput={(value) => setChosen(value as Tab)} />
            </div>
            <Show when={shown(all()).length > 0} fallback={<p class="text-muted px-4 py-10 text-center">{t().rollouts.nothingHere}</p>}>
              <RolloutTable rollouts={shown(all())} />
            </Show>
          </Panel>
        )}
      </Loaded>
    </>
  );
}

export function RolloutTable(props: { readonly rollouts: readonly RolloutView[] }): JSX.Element {
  return (
    <Table
      label={t().rollouts.title}
      class="min-w-3xl"
      head={
        <>
          <Th>{t().rollouts.columns.what}</Th>
          <Th>{t().common.state}</Th>
          <Th class="w-44">{t().rollouts.columns.progress}</Th>
          <Th>{t().rollouts.columns.waits}</Th>
          <Th>{t().rollouts.columns.by}</Th>
        </>
      }
    >
      <For each={props.rollouts}>{(rollout) => <Row rollout={rollout} />}</For>
    </Table>
  );
}

function Row(props: { readonly rollout: RolloutView }): JSX.Element {
  const replicas = () => props.rollout.replicas;
  const text = () => t().common.of(show.number(replicas().onNew), show.number(replicas().wanted));
  return (
    <Tr>
      <Td>
        <A href={paths.rollout(props.rollout.id)} class="hover:text-accent font-medium hover:underline">
          {workloadName(props.rollout)}{' '}
          <span class="whitespace-nowrap">
            {t().releases.version(props.rollout.from.version)} → {t().releases.version(props.rollout.to.version)}
          </span>
        </A>{' '}
        <Show when={props.rollout.kind === 'rollback'}>
          <Chip>{t().rollouts.kinds.rollback}</Chip>
        </Show>
        <Show when={props.rollout.why}>{(why) => <p class="text-muted max-w-80 truncate text-sm">{why()}</p>}</Show>
      </Td>
      <Td>
        <Badge tone={toneOf.rollout(props.rollout.phase)} title={props.rollout.trouble ?? undefined}>
          {t().rollouts.phases[props.rollout.phase]}
        </Badge>
        <Show when={!isEnded(props.rollout) && props.rollout.kind === 'release'}>
          <span class="text-faint mt-1 block text-xs whitespace-nowrap">{t().rollouts.stepOf(show.number(props.rollout.step + 1), show.number(props.rollout.steps))}</span>
        </Show>
      </Td>
      <Td>
        <div class="flex flex-col gap-1">
          <span class="text-xs">{text()}</span>
          <Meter thin label={t().rollouts.columns.progress} text={text()} whole={Math.max(1, replicas().wanted)} parts={[{ amount: replicas().onNew, tone: 'allocated' }]} />
        </div>
      </Td>
      <Td>
        <Show when={props.rollout.wait} fallback={<span class="text-faint">{t().common.nothing}</span>}>
          {(wait) => (
            <>
              {ownerText(wait().owner)}
              <span class="text-muted block max-w-64 truncate text-sm" title={wait().reason}>
                {wait().reason}
              </span>
            </>
          )}
        </Show>
      </Td>
      <Td class="whitespace-nowrap">
        {props.rollout.startedBy}
        <span class="text-faint block text-sm" title={show.moment(props.rollout.startedAt)}>
          {show.ago(props.rollout.startedAt)}
        </span>
      </Td>
    </Tr>
  );
}
