// The scheduler's plan of a rollout before it starts: for each step how many replicas change, how many run beyond the number at once, on
// which hosts, and where there is no room why and what would help; with the quota and the money, which a rollout does not change.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { For, Show, type JSX } from 'solid-js';
import type { Preflight, ReleaseView } from '#server/http/contract/index.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { workloadName } from '../../format/rollout.ts';
import type { PreflightFeed } from '../../forms/preflight-feed.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Failure, Skeleton } from '../../ui/Loaded.tsx';
import { Fact, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

export interface PreflightViewProps {
  readonly feed: PreflightFeed;
  readonly release: ReleaseView;
  /** Why this person may not ask; null: they may. */
  readonly refused: string | null;
  /** The strategy that advice asks for. */
  readonly onStopFirst: () => void;
  readonly onSmallerSurge: () => void;
}

export function PreflightPanel(props: PreflightViewProps): JSX.Element {
  const words = () => t().rollouts.preflight;
  return (
    <Panel flush title={words().title} aside={<Show when={props.feed.answer()}>{(answer) => <Badge tone={answer().fits ? 'ok' : 'bad'}>{answer().fits ? words().fits : words().fitsNot}</Badge>}</Show>}>
      <Show
        when={props.feed.answer()}
        fallback={
          <Show when={props.refused === null} fallback={<p class="text-muted px-4 py-8 text-center">{props.refused}</p>}>
            <Show when={props.feed.error()} fallback={<Skeleton lines={4} />}>
              {(error) => <Failure error={error()} onRetry={() => props.feed.retry()} />}
            </Show>
          </Show>
        }
      >
        {(answer) => (
          <div class={`transition-opacity ${props.feed.isOld() ? 'opacity-50' : ''}`} data-testid="preflight">
            <p class="text-muted px-4 pt-3 text-sm">{words().lead}</p>
            <Steps preflight={answer()} />
            <Show when={answer().advice.length > 0}>
              <Advice preflight={answer()} onStopFirst={props.onStopFirst} onSmallerSurge={props.onSmallerSurge} />
            </Show>
            <Warnings warnings={answer().warnings} />
            <Money release={props.release} preflight={answer()} />
          </div>
        )}
      </Show>
    </Panel>
  );
}

function Steps(props: { readonly preflight: Preflight }): JSX.Element {
  const words = () => t().rollouts.preflight;
  return (
    <Table
      label={words().title}
      class="min-w-md"
      head={
        <>
          <Th>{words().columns.step}</Th>
          <Th>{words().columns.target}</Th>
          <Th>{words().columns.beside}</Th>
          <Th>{words().columns.hosts}</Th>
        </>
      }
    >
      <For each={props.preflight.steps}>
        {(step, at) => (
          <Tr>
            <Td>{show.number(at() + 1)}</Td>
            <Td class="whitespace-nowrap">{t().common.of(show.number(step.target), show.number(props.preflight.replicas))}</Td>
            <Td>{words().beside(step.beside)}</Td>
            <Td>
              <Show
                when={step.fits}
                fallback={
                  <>
                    <Badge tone="bad">{words().stepFitsNot}</Badge>
                    <p class="text-muted mt-1 text-sm">{step.sentence}</p>
                  </>
                }
              >
                <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
                  <For each={step.hosts} fallback={<span class="text-muted">{words().inPlace}</span>}>
                    {(host) => (
                      <span class="whitespace-nowrap">
                        <A href={paths.host(host.host)} class="hover:text-accent hover:underline">
                          {host.host}
                        </A>
                        <span class="text-faint"> ×{host.replicas}</span>
                      </span>
                    )}
                  </For>
                </span>
              </Show>
            </Td>
          </Tr>
        )}
      </For>
    </Table>
  );
}

function Advice(props: { readonly preflight: Preflight; readonly onStopFirst: () => void; readonly onSmallerSurge: () => void }): JSX.Element {
  const words = () => t().rollouts.preflight;
  return (
    <section class="border-line border-t px-4 py-3">
      <h3 class="mb-2 text-sm font-semibold">{words().advice}</h3>
      <ul class="flex flex-col gap-2">
        <For each={props.preflight.advice}>
          {(advice) => (
            <li class="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
              <span class="min-w-0 text-sm">
                <span class="font-medium">{words().adviceNames[advice.code]}</span>
                <span class="text-muted block">{advice.sentence}</span>
              </span>
              <Show when={advice.code === 'stop-first'}>
                <Button size="sm" onClick={() => props.onStopFirst()}>
                  {words().useStopFirst}
                </Button>
              </Show>
              <Show when={advice.code === 'smaller-surge'}>
                <Button size="sm" onClick={() => props.onSmallerSurge()}>
                  {words().useSmaller}
                </Button>
              </Show>
              <Show when={advice.code === 'buy'}>
                <A class="textlink text-sm" href={paths.simulate()}>
                  {words().openSimulate}
                </A>
              </Show>
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}

function Warnings(props: { readonly warnings: Preflight['warnings'] }): JSX.Element {
  return (
    <Show when={props.warnings.length > 0}>
      <section class="border-line border-t px-4 py-3">
        <h3 class="mb-1 text-sm font-semibold">{t().rollouts.preflight.warnings}</h3>
        <ul class="text-warn flex flex-col gap-1 text-sm">
          <For each={props.warnings}>{(warning) => <li>{warning.message}</li>}</For>
        </ul>
      </section>
    </Show>
  );
}

function Money(props: { readonly release: ReleaseView; readonly preflight: Preflight }): JSX.Element {
  const words = () => t().rollouts.preflight;
  const service = useQuery(() => queries.service(props.release.service));
  const quotas = useQuery(() => queries.quotas());
  const workload = () => dataOf(service)?.workloads.find(({ name }) => name === workloadName(props.release));
  const quota = () => dataOf(quotas)?.find(({ team, environment }) => team === props.release.team && environment === props.release.environment);
  return (
    <div class="border-line border-t px-4 py-3">
      <dl class="grid grid-cols-1 gap-x-4 gap-y-3 sm:grid-cols-2">
        <Show when={quota()}>{(of) => <Fact name={words().quota}>{words().quotaText(show.cores(of().used.cpuMilli), show.cores(of().limit.cpuMilli))}</Fact>}</Show>
        <Show when={workload()}>{(of) => <Fact name={words().cost}>{words().costText(show.money(of().costCentsPerHour))}</Fact>}</Show>
      </dl>
      <p class="text-faint mt-3 text-xs">
        {words().replicas(show.number(props.preflight.replicas))} · {words().at(show.clock(props.preflight.at), show.number(props.preflight.revision))}
      </p>
    </div>
  );
}
