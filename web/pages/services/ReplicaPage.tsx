// One replica, also one that is gone: its life story, what it wrote, and a terminal in it.
import { A, useParams, useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { For, lazy, Match, Show, Suspense, Switch, type JSX } from 'solid-js';
import type { Story } from '#server/http/contract/index.ts';
import { replicaQueries } from '../../api/replicas.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Fact, PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, type Tone } from '../../ui/State.tsx';
import { ReplicaLogs } from './ReplicaLogs.tsx';
import { ReplicaScore } from './ReplicaScore.tsx';
import { ReplicaStory } from './ReplicaStory.tsx';

/** The terminal's code is large, and few open one. */
const ReplicaShell = lazy(async () => ({ default: (await import('./ReplicaShell.tsx')).ReplicaShell }));

type Tab = 'story' | 'logs' | 'shell';
const TABS: readonly Tab[] = ['story', 'logs', 'shell'];
const TONES: Readonly<Record<Story['state'], Tone>> = { placed: 'ok', pending: 'wait', gone: 'off' };

export default function ReplicaPage(): JSX.Element {
  const params = useParams<{ id: string }>();
  const [search] = useSearchParams<{ tab?: string }>();
  const story = useQuery(() => replicaQueries.story(params.id));
  const tab = () => TABS.find((each) => each === search.tab) ?? 'story';
  return (
    <Loaded query={story}>
      {(now) => (
        <>
          <PageHead
            title={now().name}
            crumbs={[
              { href: paths.services(), text: t().services.title },
              { href: serviceOf(now()), text: now().workload },
            ]}
            lead={
              <span class="flex flex-wrap items-center gap-2">
                <Badge tone={TONES[now().state]}>{t().replica.states[now().state]}</Badge>
                <Show when={now().host}>
                  {(host) => (
                    <A href={paths.host(host())} class="text-accent hover:underline">
                      {host()}
                    </A>
                  )}
                </Show>
                <Show when={now().address}>
                  <code class="code">{now().address}</code>
                </Show>
              </span>
            }
            cli={[`firn story ${now().name}`, `firn logs ${now().name} -f`, `firn shell ${now().name}`]}
          />
          <Tabs id={now().id} tab={tab()} />
          <Switch>
            <Match when={tab() === 'story'}>
              <div class="grid grid-cols-1 gap-5 min-[72rem]:grid-cols-[minmax(0,1fr)_22rem]">
                <ReplicaStory story={now()} />
                <div class="flex min-w-0 flex-col gap-5">
                  <Facts story={now()} />
                  <Line story={now()} />
                  <Show when={now().score}>{(score) => <ReplicaScore score={score()} />}</Show>
                </div>
              </div>
            </Match>
            <Match when={tab() === 'logs'}>
              <ReplicaLogs id={now().id} isGone={now().state === 'gone'} />
            </Match>
            <Match when={tab() === 'shell'}>
              <Suspense fallback={<Skeleton />}>
                <ReplicaShell id={now().id} />
              </Suspense>
            </Match>
          </Switch>
        </>
      )}
    </Loaded>
  );
}

/** `quote.production`: the page of its service, at its environment. */
function serviceOf({ workload }: Story): string {
  const dot = workload.lastIndexOf('.');
  return dot < 1 ? paths.services() : paths.service(workload.slice(0, dot), { environment: workload.slice(dot + 1) });
}

function Tabs(props: { readonly id: string; readonly tab: Tab }): JSX.Element {
  return (
    <nav aria-label={t().replica.tabs.label} class="mb-5 flex gap-1 overflow-x-auto">
      <For each={TABS}>
        {(tab) => (
          <A
            href={paths.replica(props.id, tab === 'story' ? {} : { tab })}
            aria-current={tab === props.tab ? 'page' : undefined}
            class={`rounded-md px-3 py-1.5 whitespace-nowrap ${tab === props.tab ? 'bg-accent-soft text-accent font-medium' : 'text-muted hover:bg-sunken hover:text-ink'}`}
          >
            {t().replica.tabs[tab]}
          </A>
        )}
      </For>
    </nav>
  );
}

function Facts(props: { readonly story: Story }): JSX.Element {
  const text = (value: string | null) => value ?? t().common.nothing;
  return (
    <Panel title={t().replica.facts}>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
        <Fact name={t().replica.fact.workload}>
          <A href={serviceOf(props.story)} class="text-accent hover:underline">
            {props.story.workload}
          </A>
        </Fact>
        <Fact name={t().replica.fact.team}>{text(props.story.team)}</Fact>
        <Fact name={t().replica.fact.host}>{text(props.story.host)}</Fact>
        <Fact name={t().replica.fact.release}>
          <Show when={props.story.release} fallback={t().common.nothing}>
            {(release) => (
              <A href={paths.release(release())} class="text-accent hover:underline">
                {t().replica.fact.release}
              </A>
            )}
          </Show>
        </Fact>
        <Fact name={t().replica.fact.address}>
          <code class="code">{text(props.story.address)}</code>
        </Fact>
        <Fact name={t().replica.fact.mac}>
          <code class="code">{text(props.story.mac)}</code>
        </Fact>
        <Show when={props.story.request}>
          {(request) => (
            <>
              <Fact name={t().replica.fact.asked}>
                <A href={paths.request(request().id)} class="text-accent hover:underline">
                  {request().submittedBy}
                </A>
                <span class="text-faint block text-xs">{show.ago(request().submittedAt)}</span>
              </Fact>
              <Fact name={t().replica.fact.approved}>{text(request().decidedBy)}</Fact>
              <Fact wide name={t().replica.fact.peak}>
                {t().services.qps(show.number(request().peakQps))}
                <Show when={request().why}>
                  <span class="text-muted block text-sm">“{request().why}”</span>
                </Show>
              </Fact>
            </>
          )}
        </Show>
      </dl>
    </Panel>
  );
}

/** Those that it replaced, and those that replaced it. */
function Line(props: { readonly story: Story }): JSX.Element {
  const list = (title: string, relatives: Story['before']) => (
    <Show when={relatives.length > 0}>
      <div>
        <p class="text-faint text-xs">{title}</p>
        <ul class="mt-1 flex flex-col gap-1">
          <For each={relatives}>
            {(each) => (
              <li>
                <A href={paths.replica(each.id)} class="textlink">
                  {each.name}
                </A>
                <Show when={each.host}>{(host) => <span class="text-muted text-sm"> {t().replica.onHost(host())}</span>}</Show>
              </li>
            )}
          </For>
        </ul>
      </div>
    </Show>
  );
  return (
    <Show when={props.story.before.length + props.story.after.length > 0}>
      <Panel title={t().replica.line}>
        <div class="flex flex-col gap-3">
          {list(t().replica.before, props.story.before)}
          {list(t().replica.after, props.story.after)}
        </div>
      </Panel>
    </Show>
  );
}
