// Why replicas find no room, and what would give them one: the rule that refuses first on each host as bars over the whole fleet, the host
// that comes closest and what it lacks, and the fixes, cheapest first, each with what one can do about it from here.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Match, Show, Switch, type JSX } from 'solid-js';
import type { Change, WhyNot } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { askChange, fixText, isOnlyForLooking, type AskChange, type Fix } from '../../format/fixes.ts';
import { writeChanges } from '../../forms/changes-link.ts';
import { ProposeDialog } from '../../forms/ProposeDialog.tsx';
import { paths } from '../../paths.ts';
import { language, t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { Failure } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';

/** Of one workload that has replicas without room; asks the server when it is shown. */
export function WhyNotPanel(props: { readonly workloadId: string; readonly workload: string }): JSX.Element {
  const query = useQuery(() => ({ ...queries.whyNot(props.workloadId), reconcile: false as const }));
  const at = () => props.workload.lastIndexOf('.');
  const toAsk = (change: AskChange) => paths.ask({ service: props.workload.slice(0, at()), environment: props.workload.slice(at() + 1), ...change });
  return (
    <Panel flush title={t().whyNot.title}>
      <Switch fallback={<Asking />}>
        <Match when={dataOf(query)}>
          {(answer) => (
            <div class="divide-line divide-y">
              <For each={answer().items} fallback={<p class="text-muted px-4 py-6 text-center text-sm">{t().services.allRun}</p>}>
                {(item) => <WhyNotView whyNot={item} toAsk={toAsk} />}
              </For>
            </div>
          )}
        </Match>
        <Match when={query.isError}>
          <Failure error={query.error} onRetry={() => void query.refetch()} />
        </Match>
      </Switch>
    </Panel>
  );
}

export function Asking(): JSX.Element {
  return (
    <p class="text-muted flex items-center gap-2 px-4 py-6 text-sm" role="status">
      <span class="border-accent size-3.5 animate-spin rounded-full border-2 border-r-transparent" />
      {t().whyNot.asking}
    </p>
  );
}

export interface WhyNotViewProps {
  readonly whyNot: WhyNot;
  /** Where the ask is changed: another page, or the form beside this. */
  readonly toAsk?: (change: AskChange) => string;
  readonly onAsk?: (change: AskChange) => void;
}

export function WhyNotView(props: WhyNotViewProps): JSX.Element {
  return (
    <div class="flex flex-col gap-5 p-4" data-testid="why-not">
      <Rules whyNot={props.whyNot} isQuote={props.onAsk !== undefined} />
      <section>
        <h3 class="text-sm font-semibold">{t().whyNot.fixes}</h3>
        <Show when={props.whyNot.fixes.length > 0} fallback={<p class="text-muted mt-1 text-sm">{t().whyNot.noFixes}</p>}>
          <p class="text-faint mt-0.5 mb-2 text-xs">{t().whyNot.fixesLead}</p>
          <ol class="border-line divide-line divide-y rounded-md border">
            <For each={props.whyNot.fixes}>{(fix) => <FixRow fix={fix} {...(props.toAsk === undefined ? {} : { toAsk: props.toAsk })} {...(props.onAsk === undefined ? {} : { onAsk: props.onAsk })} />}</For>
          </ol>
        </Show>
      </section>
    </div>
  );
}

/** `isQuote`: of an ask that may have no name yet. */
function Rules(props: { readonly whyNot: WhyNot; readonly isQuote: boolean }): JSX.Element {
  const most = () => Math.max(1, ...props.whyNot.rules.map(({ hosts }) => hosts));
  const lacks = () => {
    const shortfall = props.whyNot.shortfall;
    if (shortfall === null) return '';
    const { missing, addresses } = shortfall;
    return show.listed([missing.cpuMilli > 0 ? show.cores(missing.cpuMilli) : '', missing.memoryMib > 0 ? show.memory(missing.memoryMib) : '', addresses > 0 ? t().whyNot.addresses(addresses) : ''].filter((part) => part !== ''));
  };
  return (
    <section>
      <h3 class="text-sm font-semibold">{props.isQuote ? t().whyNot.titlePlain(t().common.countReplicas(props.whyNot.count)) : t().whyNot.titleOf(t().common.countReplicas(props.whyNot.count), props.whyNot.workload)}</h3>
      <p class="text-faint mt-0.5 mb-2 text-xs">{t().whyNot.rulesLead(t().common.countHosts(props.whyNot.hosts))}</p>
      <ul class="flex flex-col gap-1.5 text-sm">
        <For each={props.whyNot.rules.toSorted((one, other) => other.hosts - one.hosts)}>
          {(rule) => (
            <li class="grid grid-cols-[minmax(0,11rem)_minmax(0,1fr)_2.5rem] items-center gap-x-3" title={t().whyNot.ruleLine(show.number(rule.hosts), show.percent(rule.hosts, props.whyNot.hosts))}>
              <span class="text-muted truncate">{t().whyNot.rules[rule.rule] ?? rule.rule}</span>
              <span class="bg-sunken h-2.5 overflow-hidden rounded-full" aria-hidden="true">
                <span class="bg-warn block h-full rounded-full" style={{ width: `${(rule.hosts / most()) * 100}%` }} />
              </span>
              <span class="text-right font-medium">{show.number(rule.hosts)}</span>
            </li>
          )}
        </For>
      </ul>
      <Show when={props.whyNot.shortfall}>
        {(shortfall) => (
          <p class="mt-2.5 text-sm">
            <span class="text-muted">{t().whyNot.closest}:</span>{' '}
            <A href={paths.host(shortfall().host)} class="textlink font-medium">
              {shortfall().host}
            </A>{' '}
            {t().whyNot.lacks(lacks())}
          </p>
        )}
      </Show>
    </section>
  );
}

function FixRow(props: { readonly fix: Fix; readonly toAsk?: (change: AskChange) => string; readonly onAsk?: (change: AskChange) => void }): JSX.Element {
  const cost = () => (props.fix.addedCentsPerHour > 0 ? t().whyNot.adds(show.money(props.fix.addedCentsPerHour)) : props.fix.addedCentsPerHour < 0 ? t().whyNot.saves(show.money(-props.fix.addedCentsPerHour)) : t().whyNot.free);
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-4 gap-y-1.5 px-3 py-2">
      <div class="min-w-0 flex-1 basis-56">
        <p class="font-medium break-words">{fixText(props.fix, t(), language())}</p>
        <p class="text-faint text-xs">
          <span class={props.fix.addedCentsPerHour > 0 ? 'text-warn font-medium' : props.fix.addedCentsPerHour < 0 ? 'text-ok font-medium' : ''}>{cost()}</span>
          <Show when={props.fix.moves > 0}> · {t().whyNot.moves(props.fix.moves)}</Show>
        </p>
      </div>
      <FixAction {...props} />
    </li>
  );
}

/** What can be done about a fix from here: propose it, look at it, change the ask, or go where it is done. */
function FixAction(props: { readonly fix: Fix; readonly toAsk?: (change: AskChange) => string; readonly onAsk?: (change: AskChange) => void }): JSX.Element {
  const { me } = useSession();
  const [proposing, setProposing] = createSignal(false);
  const changes = (): readonly Change[] => props.fix.changes ?? [];
  const ask = () => askChange(props.fix);
  const link = () => writeChanges(changes());
  const host = () => props.fix.values.host;
  return (
    <Switch>
      <Match when={changes().length > 0 && isOnlyForLooking(changes()) && link()}>
        {(text) => (
          <ButtonLink size="sm" href={paths.simulate({ changes: text() })}>
            {t().whyNot.look}
          </ButtonLink>
        )}
      </Match>
      <Match when={changes().length > 0}>
        <Button size="sm" refused={because(can.makeProposal(me()))} onClick={() => setProposing(true)}>
          {t().whyNot.propose}
        </Button>
        <ProposeDialog open={proposing()} onClose={() => setProposing(false)} changes={changes()} suggested={fixText(props.fix, t(), language())} />
      </Match>
      <Match when={ask()}>
        {(change) => (
          <Show
            when={props.onAsk}
            fallback={
              <ButtonLink size="sm" href={props.toAsk?.(change()) ?? paths.ask()}>
                {t().whyNot.changeAsk}
              </ButtonLink>
            }
          >
            <Button size="sm" onClick={() => props.onAsk?.(change())}>
              {t().whyNot.useIt}
            </Button>
          </Show>
        )}
      </Match>
      <Match when={typeof host() === 'string'}>
        <ButtonLink size="sm" href={paths.host(String(host()))}>
          {t().whyNot.openHost}
        </ButtonLink>
      </Match>
      <Match when={props.fix.kind === 'kind'}>
        <ButtonLink size="sm" href={paths.policy()}>
          {t().whyNot.openPolicy}
        </ButtonLink>
      </Match>
    </Switch>
  );
}
