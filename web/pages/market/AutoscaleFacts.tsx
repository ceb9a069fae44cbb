// What surrounds a workload's decisions now: alerts, floors, bounds, how long a start takes, what a request costs, and settings of before.
import { useQuery } from '@tanstack/solid-query';
import { For, Show, type JSX } from 'solid-js';
import type { AutoscaleView } from '#server/http/contract/index.ts';
import { queries } from '../../api/queries.ts';
import { floorReason } from '../../format/decision.ts';
import { paths } from '../../paths.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { ButtonLink } from '../../ui/Button.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Fact, Panel } from '../../ui/Panel.tsx';
import { AlertList } from './AutoscaleMarks.tsx';

const MOST_VERSIONS = 6;

export function AutoscaleFacts(props: { readonly autoscale: AutoscaleView }): JSX.Element {
  const words = () => t().autoscale;
  return (
    <>
      <Show when={props.autoscale.alerts.length > 0}>
        <Panel title={words().alerts}>
          <AlertList alerts={props.autoscale.alerts} />
        </Panel>
      </Show>
      <Panel title={words().bounds} aside={words().boundsText(show.number(props.autoscale.bounds.min), show.number(props.autoscale.bounds.max))}>
        <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
          <Fact wide name={words().minFrom(words().boundFrom[props.autoscale.bounds.minFrom] ?? '')}>{t().common.countReplicas(props.autoscale.bounds.min)}</Fact>
          <Fact wide name={words().maxFrom(words().boundFrom[props.autoscale.bounds.maxFrom] ?? '')}>{t().common.countReplicas(props.autoscale.bounds.max)}</Fact>
          <Fact name={words().granted}>{show.number(props.autoscale.bounds.granted)}</Fact>
          <Fact name={words().quotaLeaves}>{props.autoscale.bounds.quota === null ? words().unlimited : show.number(props.autoscale.bounds.quota)}</Fact>
        </dl>
      </Panel>
      <FloorsNow autoscale={props.autoscale} />
      <StartDelay start={props.autoscale.startDelay} />
      <Cost autoscale={props.autoscale} />
      <Versions workloadId={props.autoscale.workloadId} />
    </>
  );
}

function FloorsNow(props: { readonly autoscale: AutoscaleView }): JSX.Element {
  const words = () => t().autoscale;
  return (
    <Panel title={words().floorsNow}>
      <Show when={props.autoscale.floors.length > 0} fallback={<p class="text-muted text-sm">{words().floorsNone}</p>}>
        <ul class="flex flex-col gap-2 text-sm">
          <For each={props.autoscale.floors}>
            {(floor) => (
              <li>
                <span class="flex justify-between gap-3">
                  <span class="font-medium">{words().floorKinds[floor.kind] ?? floor.kind}</span>
                  <span>{t().common.countReplicas(floor.replicas)}</span>
                </span>
                <span class="text-muted text-xs break-words">{floorReason(floor, words(), language() === 'en')}</span>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </Panel>
  );
}

function StartDelay(props: { readonly start: AutoscaleView['startDelay'] }): JSX.Element {
  const words = () => t().autoscale;
  return (
    <Panel title={words().start}>
      <dl class="flex flex-col gap-3">
        <Fact name={`${words().startUsed}, ${words().startFrom[props.start.from]}`}>{props.start.usedSeconds === null ? t().common.nothing : show.duration(props.start.usedSeconds)}</Fact>
        <For each={props.start.classes}>{(each) => <Fact name={words().startClasses[each.class]}>{words().startP95(show.duration(each.p95Seconds), each.samples)}</Fact>}</For>
        <Show when={props.start.classes.length === 0}>
          <p class="text-muted text-sm">{words().startUnknown}</p>
        </Show>
      </dl>
    </Panel>
  );
}

function Cost(props: { readonly autoscale: AutoscaleView }): JSX.Element {
  const words = () => t().autoscale;
  const cost = () => props.autoscale.cost;
  const ms = (value: number) => words().costMs(show.number(Math.round(value * 100) / 100));
  return (
    <Panel title={words().cost}>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
        <Fact name={words().costDeclared}>{ms(cost().declaredMsPerRequest)}</Fact>
        <Fact name={words().costLearnt}>
          <Show when={cost().learntMsPerRequest !== null} fallback={<span class="text-muted">{words().costNotLearnt}</span>}>
            {ms(cost().learntMsPerRequest ?? 0)}
            <span class="text-faint block text-xs">{words().costFrom(show.number(Math.round(cost().requests)))}</span>
          </Show>
        </Fact>
        <Fact wide name={words().costUsed}>{ms(cost().usedMsPerRequest)}</Fact>
      </dl>
      <Show when={cost().warning}>
        <div class="bg-warn-soft text-warn mt-3 flex flex-col items-start gap-2 rounded-md px-3 py-2 text-sm">
          <p>{words().costWarning(show.percent(cost().learntMsPerRequest ?? cost().usedMsPerRequest, cost().declaredMsPerRequest))}</p>
          <ButtonLink size="sm" href={paths.ask({ service: props.autoscale.service, environment: props.autoscale.environment })}>
            {t().services.resize}
          </ButtonLink>
        </div>
      </Show>
      <Show when={cost().keptUntil}>{(until) => <p class="text-muted mt-2 text-sm">{words().costKept(show.when(until()))}</p>}</Show>
    </Panel>
  );
}

function Versions(props: { readonly workloadId: string }): JSX.Element {
  const words = () => t().autoscale;
  const versions = useQuery(() => queries.autoscaleVersions(props.workloadId));
  return (
    <Panel flush title={words().versions}>
      <Loaded query={versions} empty={<p class="text-muted px-4 py-4 text-sm">{t().common.none}</p>}>
        {(all) => (
          <ol class="divide-line divide-y">
            <For each={all().slice(0, MOST_VERSIONS)}>
              {(version) => (
                <li class="px-4 py-2.5 text-sm">
                  <span class="flex flex-wrap items-baseline justify-between gap-x-3">
                    <span class="font-medium">{words().modes[version.settings.mode]}</span>
                    <span class="text-faint text-xs">{words().versionLine(show.number(version.version), version.changedBy, show.ago(version.changedAt))}</span>
                  </span>
                  <span class="text-muted break-words">“{version.why}”</span>
                </li>
              )}
            </For>
          </ol>
        )}
      </Loaded>
    </Panel>
  );
}
