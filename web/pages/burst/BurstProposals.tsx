// What Firn would buy: the mix with its price, what it gives room for, what stays without, and the two answers to it.
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { BurstProposalView } from '#server/http/contract/index.ts';
import { burstMutations } from '../../api/burst.ts';
import { mixText, saidText } from '../../format/burst.ts';
import { useAct } from '../../shell/act.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Chip } from '../../ui/State.tsx';

export function BurstProposals(props: { readonly proposals: readonly BurstProposalView[] }): JSX.Element {
  const words = () => t().burst.proposals;
  return (
    <Panel flush title={words().title} aside={props.proposals.length === 0 ? undefined : show.number(props.proposals.length)}>
      <Show when={props.proposals.length > 0} fallback={<Empty icon="check" title={words().none}>{words().noneLead}</Empty>}>
        <ul class="divide-line divide-y">
          <For each={props.proposals}>{(proposal) => <Proposal proposal={proposal} />}</For>
        </ul>
      </Show>
    </Panel>
  );
}

function Proposal(props: { readonly proposal: BurstProposalView }): JSX.Element {
  const act = useAct();
  const [asking, setAsking] = createSignal<'approve' | 'dismiss' | null>(null);
  const words = () => t().burst.proposals;
  const mix = () => mixText(props.proposal.mix);
  const decide = (verb: 'approve' | 'dismiss', note: string) => act(burstMutations.decide(props.proposal.id, { verb, note }), { topics: ['burst', 'hosts'], done: verb === 'approve' ? words().approved : words().dismissed });
  return (
    <li class="px-4 py-4">
      <div class="flex flex-wrap items-start justify-between gap-3">
        <div class="min-w-0">
          <p class="text-lg font-semibold">{words().buys(mix())}</p>
          <p class="text-muted">
            {words().price(show.money(props.proposal.centsPerHour))}
            <Show when={props.proposal.expectedBackAt}>{(back) => <>, {words().until(show.money(props.proposal.predictedCents), show.when(back()))}</>}</Show>
          </p>
        </div>
        <div class="flex gap-2">
          <Button size="sm" tone="quiet" refused={props.proposal.whyNotApprove} onClick={() => setAsking('dismiss')}>
            {words().dismiss}
          </Button>
          <Button size="sm" tone="primary" icon="check" refused={props.proposal.mayApprove ? null : (props.proposal.whyNotApprove ?? '')} onClick={() => setAsking('approve')}>
            {words().approve}
          </Button>
        </div>
      </div>
      <ProposalBody proposal={props.proposal} />
      <ReasonDialog open={asking() === 'approve'} onClose={() => setAsking(null)} title={words().approveTitle(mix())} lead={words().approveLead(show.money(props.proposal.centsPerHour), show.money(props.proposal.predictedCents))} confirm={words().approve} reason="optional" onConfirm={(note) => decide('approve', note)} />
      <ReasonDialog open={asking() === 'dismiss'} onClose={() => setAsking(null)} title={words().dismissTitle} lead={words().dismissLead} confirm={words().dismiss} reason="optional" onConfirm={(note) => decide('dismiss', note)} />
    </li>
  );
}

/** Why it would be bought, for whom, what it leaves out and which bound cut it. */
export function ProposalBody(props: { readonly proposal: BurstProposalView }): JSX.Element {
  const words = () => t().burst.proposals;
  const said = (each: Parameters<typeof saidText>[0]) => saidText(each, t().burst.said, language());
  return (
    <dl class="mt-3 flex flex-col gap-2 text-sm">
      <Lines name={words().why} items={props.proposal.reasons.map(said)} />
      <Show when={props.proposal.givesRoomFor.length > 0}>
        <div>
          <dt class="text-faint text-xs">{words().gives}</dt>
          <dd class="mt-0.5 flex flex-wrap gap-1.5">
            <For each={props.proposal.givesRoomFor}>{(line) => <Chip>{`${show.number(line.replicas)} × ${line.workload}`}</Chip>}</For>
          </dd>
        </div>
      </Show>
      <Lines name={words().leaves} tone="text-warn" items={props.proposal.leaves.map((line) => `${show.number(line.replicas)} × ${line.workload}: ${said(line.reason)}`)} />
      <Lines name={words().bounded} tone="text-warn" items={[...props.proposal.bounded.map(said), ...(props.proposal.bounded.length > 0 && props.proposal.wouldBuy.length > 0 ? [words().wouldBuy(mixText(props.proposal.wouldBuy))] : [])]} />
    </dl>
  );
}

function Lines(props: { readonly name: string; readonly items: readonly string[]; readonly tone?: string }): JSX.Element {
  return (
    <Show when={props.items.length > 0}>
      <div>
        <dt class="text-faint text-xs">{props.name}</dt>
        <For each={props.items}>{(item) => <dd class={props.tone ?? ''}>{item}</dd>}</For>
      </div>
    </Show>
  );
}
