// What may die now, one host, rack or site at a time: whether everything fits again, or the first workload that would not, with the way
// to see that loss played out.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { For, Match, Show, Switch, type JSX } from 'solid-js';
import type { Survival } from '#server/http/contract/index.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { writeChanges } from '../../forms/changes-link.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Dot } from '../../ui/State.tsx';

/** Yes, or the first whose loss would leave something without room. */
export function SurvivalMark(props: { readonly survival: Survival }): JSX.Element {
  return (
    <Switch
      fallback={
        <Dot tone="bad">
          <span class="inline-block max-w-44 truncate align-bottom">{t().survival.no(props.survival.failures[0]?.label ?? '')}</span>
        </Dot>
      }
    >
      <Match when={props.survival.tried === 0}>
        <Dot tone="off">{t().survival.none}</Dot>
      </Match>
      <Match when={props.survival.survives}>
        <Dot tone="ok">{t().survival.yes}</Dot>
      </Match>
    </Switch>
  );
}

export function SurvivalPanel(): JSX.Element {
  const report = useQuery(() => queries.survival());
  return (
    <Panel flush title={t().survival.title} aside={<Show when={dataOf(report)?.at}>{(at) => <span class="text-faint text-xs">{t().survival.at(show.ago(at()))}</span>}</Show>}>
      <Loaded query={report} skeleton={<Skeleton lines={3} />} isEmpty={(data) => data.domains.length === 0} empty={<p class="text-muted px-4 py-6 text-center text-sm">{t().survival.pending}</p>}>
        {(now) => (
          <ul class="divide-line divide-y" title={t().survival.lead}>
            <For each={now().domains}>{(domain) => <Domain survival={domain} />}</For>
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

function Domain(props: { readonly survival: Survival }): JSX.Element {
  const first = () => props.survival.failures[0];
  const link = (label: string) => {
    const changes = writeChanges([{ kind: 'lose', domain: props.survival.domain, name: label }]);
    return paths.simulate(changes === null ? {} : { changes });
  };
  return (
    <li class="px-4 py-2.5">
      <div class="flex flex-wrap items-center justify-between gap-x-3 gap-y-0.5">
        <span class="font-medium">{t().survival.any[props.survival.domain]}</span>
        <span class="flex items-center gap-3 text-sm">
          <span class="text-faint text-xs">{t().survival.all(show.number(props.survival.tried))}</span>
          <SurvivalMark survival={props.survival} />
        </span>
      </div>
      <Show when={first()}>
        {(failure) => (
          <p class="text-muted mt-0.5 text-sm">
            {t().survival.fails(failure().label, t().common.countReplicas(failure().workloads[0]?.missing ?? failure().missing), failure().workloads[0]?.workload ?? '')}{' '}
            <Show when={props.survival.failures.length > 1}>{t().survival.more(props.survival.failures.length - 1)} </Show>
            <A href={link(failure().label)} class="textlink whitespace-nowrap">
              {t().survival.simulate}
            </A>
          </p>
        )}
      </Show>
    </li>
  );
}
