// Proposals: those that somebody must still do something about first, then the rest.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { Change, ProposalState, ProposalView } from '#server/http/contract/index.ts';
import { queries } from '../../api/queries.ts';
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

type Tab = 'open' | 'done' | 'dropped' | 'all';

const TAB_OF: Readonly<Record<ProposalState, Exclude<Tab, 'all'>>> = { draft: 'open', approved: 'open', stale: 'open', applying: 'open', paused: 'open', undoing: 'open', done: 'done', undone: 'done', rejected: 'dropped', withdrawn: 'dropped' };
/** What waits for a person comes before what goes on by itself. */
const URGENCY: readonly ProposalState[] = ['draft', 'approved', 'paused', 'stale', 'applying', 'undoing'];

export default function ProposalsPage(): JSX.Element {
  const proposals = useQuery(() => queries.proposals());
  const [tab, setTab] = createSignal<Tab>('open');
  const inTab = (all: readonly ProposalView[], which: Tab) => (which === 'all' ? all : all.filter(({ state }) => TAB_OF[state] === which));
  const rank = ({ state }: ProposalView) => (URGENCY.includes(state) ? URGENCY.indexOf(state) : URGENCY.length);
  const shown = (all: readonly ProposalView[]) => inTab(all, tab()).toSorted((one, other) => rank(one) - rank(other) || other.createdAt.localeCompare(one.createdAt));
  const starts = () => (
    <>
      <ButtonLink href={paths.policy()}>{t().shell.nav.policy}</ButtonLink>
      <ButtonLink href={paths.defragment()}>{t().shell.nav.defragment}</ButtonLink>
      <ButtonLink href={paths.simulate()} tone="primary" icon="simulate">
        {t().shell.nav.simulate}
      </ButtonLink>
    </>
  );
  return (
    <>
      <PageHead title={t().proposals.title} lead={t().proposals.lead} cli="firn proposal list" actions={starts()} />
      <Loaded query={proposals} empty={<Panel flush><Empty icon="proposals" title={t().proposals.empty}>{t().proposals.emptyLead}</Empty></Panel>}>
        {(all) => (
          <Panel flush>
            <div class="border-line overflow-x-auto border-b p-3">
              <Segmented hideLabel label={t().common.state} value={tab()} options={(['open', 'done', 'dropped', 'all'] as const).map((value) => ({ value, text: `${t().proposals.tabs[value]} ${show.number(inTab(all(), value).length)}` }))} onInput={(value) => setTab(value as Tab)} />
            </div>
            <Show when={shown(all()).length > 0} fallback={<p class="text-muted px-4 py-10 text-center">{t().proposals.nothingHere}</p>}>
              <Table
                label={t().proposals.title}
                class="min-w-3xl"
                head={
                  <>
                    <Th>{t().proposals.columns.title}</Th>
                    <Th>{t().common.state}</Th>
                    <Th>{t().proposals.columns.kinds}</Th>
                    <Th class="w-40">{t().proposals.columns.moves}</Th>
                    <Th>{t().proposals.columns.by}</Th>
                  </>
                }
              >
                <For each={shown(all())}>{(proposal) => <Row proposal={proposal} />}</For>
              </Table>
            </Show>
          </Panel>
        )}
      </Loaded>
    </>
  );
}

function Row(props: { readonly proposal: ProposalView }): JSX.Element {
  const moves = () => props.proposal.moves;
  return (
    <Tr>
      <Td>
        <A href={paths.proposal(props.proposal.id)} class="hover:text-accent font-medium hover:underline">
          {props.proposal.title}
        </A>
        <Show when={props.proposal.note}>{(note) => <p class="text-muted max-w-96 truncate text-sm">{note()}</p>}</Show>
      </Td>
      <Td>
        <Badge tone={toneOf.proposal(props.proposal.state)} title={props.proposal.stateReason}>
          {t().proposals.states[props.proposal.state]}
        </Badge>
      </Td>
      <Td>
        <span class="flex flex-wrap gap-1">
          <For each={[...new Set(props.proposal.kinds)]}>{(kind) => <Chip>{t().changes.kinds[kind as Change['kind']] ?? kind}</Chip>}</For>
        </span>
      </Td>
      <Td>
        <Show when={moves().planned > 0} fallback={<span class="text-faint">{t().common.nothing}</span>}>
          <div class="flex flex-col gap-1">
            <span class="text-xs">{TAB_OF[props.proposal.state] === 'dropped' || moves().done + moves().underWay === 0 ? show.number(moves().planned) : t().proposals.progressText(show.number(moves().done), show.number(moves().planned))}</span>
            <Show when={moves().done + moves().underWay > 0}>
              <Meter thin label={t().proposals.progress} text={t().proposals.progressText(show.number(moves().done), show.number(moves().planned))} whole={moves().planned} parts={[{ amount: moves().done, tone: 'used' }, { amount: moves().underWay, tone: 'added' }]} />
            </Show>
          </div>
        </Show>
      </Td>
      <Td class="whitespace-nowrap">
        {props.proposal.createdBy}
        <span class="text-faint block text-sm" title={show.moment(props.proposal.createdAt)}>
          {show.ago(props.proposal.createdAt)}
        </span>
      </Td>
    </Tr>
  );
}
