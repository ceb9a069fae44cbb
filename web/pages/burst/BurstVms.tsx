// VMs that are out, in the order in which they go back: where each is in its life, what it waits for, what it costs, what may be done.
import { A } from '@solidjs/router';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { BurstVmView } from '#server/http/contract/index.ts';
import { burstMutations } from '../../api/burst.ts';
import { lifeOf, saidText, vmTone } from '../../format/burst.ts';
import { toldText } from '../../format/said.ts';
import { KeepDialog } from '../../forms/BurstDialogs.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { LifeRail } from '../../ui/LifeRail.tsx';
import { Empty } from '../../ui/Loaded.tsx';
import { Fact, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';

/** More cards than anybody reads at once; the rest opens with a button. */
const MOST_CARDS = 8;

export function BurstVms(props: { readonly vms: readonly BurstVmView[] }): JSX.Element {
  const [all, setAll] = createSignal(false);
  const words = () => t().burst.vm;
  const shown = () => (all() ? props.vms : props.vms.slice(0, MOST_CARDS));
  return (
    <Panel flush title={words().title} aside={props.vms.length === 0 ? undefined : t().burst.vms(props.vms.length)}>
      <Show when={props.vms.length > 0} fallback={<Empty icon="hosts" title={words().none}>{words().noneLead}</Empty>}>
        <ul class="divide-line divide-y">
          <For each={shown()}>{(vm) => <Vm vm={vm} />}</For>
        </ul>
        <Show when={shown().length < props.vms.length}>
          <div class="border-line flex justify-center border-t p-3">
            <Button size="sm" onClick={() => setAll(true)}>
              {words().all(props.vms.length)}
            </Button>
          </div>
        </Show>
      </Show>
    </Panel>
  );
}

function Vm(props: { readonly vm: BurstVmView }): JSX.Element {
  const words = () => t().burst.vm;
  const vm = () => props.vm;
  const pips = () => lifeOf(vm()).map((pip) => ({ text: words().stops[pip.stop], state: pip.state, word: words().pip[pip.state] }));
  return (
    <li class="flex flex-col gap-3 px-4 py-4">
      <div class="flex flex-wrap items-center justify-between gap-x-3 gap-y-2">
        <div class="flex min-w-0 flex-wrap items-center gap-2">
          <Show when={vm().host} fallback={<span class="font-semibold">{vm().name}</span>}>
            {(host) => (
              <A href={paths.host(host())} class="hover:text-accent font-semibold hover:underline">
                {vm().name}
              </A>
            )}
          </Show>
          <Badge tone={vmTone(vm().state)}>{words().states[vm().state]}</Badge>
          <Chip>{vm().pool}</Chip>
          <Show when={vm().keepUntil}>{(until) => <Chip title={words().keptUntil(show.moment(until()), vm().keptBy ?? '')}>{words().kept}</Chip>}</Show>
          <Show when={vm().retreatRank}>{(rank) => <span class="text-faint text-sm">{words().rank(rank())}</span>}</Show>
        </div>
        <VmActions vm={vm()} />
      </div>
      <LifeRail label={`${words().life}: ${vm().name}`} pips={pips()} />
      <Show when={vm().wait}>
        {(wait) => (
          <p class="text-sm">
            <span class="font-medium">{words().waitsFor(words().owners[wait().owner])}</span>: {saidText(wait().reason, t().burst.said, language())}{' '}
            <span class="text-faint">({wait().deadline === null ? words().noDeadline : words().deadline(show.ago(wait().deadline!))})</span>
          </p>
        )}
      </Show>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-2 sm:grid-cols-4">
        <Fact name={words().paidUntil}>
          <Show when={vm().paidUntil} fallback={<span class="text-faint">{words().unknown}</span>}>
            {(until) => <span title={show.moment(until())}>{show.when(until())}</span>}
          </Show>
        </Fact>
        <Fact name={words().comesBack}>
          <Show when={vm().comesBackAt} fallback={<span class="text-faint">{words().unknown}</span>}>
            {(at) => <span title={show.moment(at())}>{show.ago(at())}</span>}
          </Show>
        </Fact>
        <Fact name={words().spent}>{words().spentText(show.money(vm().spentCents), show.money(vm().predictedCents))}</Fact>
        <Fact name={words().replicas}>{show.number(vm().replicas)}</Fact>
      </dl>
      <p class="text-muted text-sm">
        {saidText(vm().why, t().burst.said, language())}
        <Show when={vm().forWorkloads.length > 0}> · {show.listed(vm().forWorkloads.map(({ workload, replicas }) => `${show.number(replicas)} × ${workload}`))}</Show>
        <span class="text-faint"> · {words().boughtBy(vm().boughtBy, show.ago(vm().askedAt))}</span>
        <Show when={vm().isSmaller ? vm().delivered : null}>{(delivered) => <span class="text-warn"> · {words().smaller(show.shape(delivered()))}</span>}</Show>
      </p>
    </li>
  );
}

function VmActions(props: { readonly vm: BurstVmView }): JSX.Element {
  const act = useAct();
  const [asking, setAsking] = createSignal<'retreat' | 'keep' | 'abandon' | null>(null);
  const words = () => t().burst.vm;
  const may = (verb: 'retreat' | 'keep' | 'abandon') => (props.vm.may[verb].allowed ? null : toldText(props.vm.may[verb].said, props.vm.may[verb].why ?? '', t().burst.said, language()));
  const run = (verb: 'retreat' | 'abandon', reason: string) => act(burstMutations.actOnVm(props.vm.id, { verb, reason }), { topics: ['burst', 'hosts'], done: words().did[verb] });
  return (
    <div class="flex flex-wrap gap-1">
      <Button size="sm" tone="quiet" refused={may('keep')} onClick={() => setAsking('keep')}>
        {words().verbs.keep}
      </Button>
      <Button size="sm" tone="quiet" refused={may('abandon')} onClick={() => setAsking('abandon')}>
        {words().verbs.abandon}
      </Button>
      <Button size="sm" icon="undo" refused={may('retreat')} onClick={() => setAsking('retreat')}>
        {words().verbs.retreat}
      </Button>
      <ReasonDialog open={asking() === 'retreat'} onClose={() => setAsking(null)} title={words().retreatTitle(props.vm.name)} lead={words().retreatLead} confirm={words().verbs.retreat} reason="required" onConfirm={(reason) => run('retreat', reason)} />
      <ReasonDialog open={asking() === 'abandon'} onClose={() => setAsking(null)} title={words().abandonTitle(props.vm.name)} lead={words().abandonLead} confirm={words().verbs.abandon} tone="danger" reason="required" onConfirm={(reason) => run('abandon', reason)} />
      <Show when={asking() === 'keep'}>
        <KeepDialog vm={props.vm} onClose={() => setAsking(null)} />
      </Show>
    </div>
  );
}
