// One build: its live log, its phases with their seconds, what it was made from and what came out, and what can be done with it.
import { A, useNavigate, useParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { BuildView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { BuildDialog } from '../../forms/BuildDialog.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Fact, PageHead, Panel } from '../../ui/Panel.tsx';
import { BuildState, Repeatable, tookSeconds } from './BuildBadges.tsx';
import { BuildLog } from './BuildLog.tsx';
import { CommitId, ShortDigest } from './Digest.tsx';

const LIVE = new Set<BuildView['state']>(['queued', 'running']);

export default function BuildPage(): JSX.Element {
  const params = useParams<{ id: string }>();
  const build = useQuery(() => ({ ...queries.build(params.id), reconcile: false as const }));
  return (
    <Loaded query={build} skeleton={<Skeleton lines={8} />}>
      {(now) => (
        <>
          <PageHead
            title={t().builds.of(now().subject)}
            crumbs={[{ href: paths.builds(), text: t().builds.title }]}
            lead={
              <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
                <BuildState build={now()} />
                <Repeatable build={now()} />
                <span class="min-w-0 break-words">{now().commit?.subject ?? now().phase}</span>
              </span>
            }
            cli={[`firn build show ${now().id}`, `firn build log ${now().id}`, ...(now().mayCancel ? [`firn build cancel ${now().id}`] : [])]}
            actions={<Actions build={now()} />}
          />
          <Show when={now().reason !== '' && now().state !== 'succeeded'}>
            <p role="status" class={`mb-5 flex items-start gap-2.5 rounded-md px-4 py-2.5 ${now().state === 'failed' ? 'bg-bad-soft text-bad' : 'bg-warn-soft text-warn'}`}>
              <Icon name={now().state === 'failed' ? 'warning' : 'clock'} class="mt-0.5 size-4" />
              <span class="min-w-0 break-words whitespace-pre-line">{now().reason}</span>
            </p>
          </Show>
          <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
            <div class="flex min-w-0 flex-col gap-5">
              <Phases build={now()} />
              <BuildLog buildId={now().id} isLive={LIVE.has(now().state)} />
            </div>
            <div class="flex min-w-0 flex-col gap-5">
              <Facts build={now()} />
              <ImageLayers build={now()} />
            </div>
          </div>
        </>
      )}
    </Loaded>
  );
}

function Actions(props: { readonly build: BuildView }): JSX.Element {
  const { me, status } = useSession();
  const act = useAct();
  const navigate = useNavigate();
  const [asking, setAsking] = createSignal<'cancel' | 'again' | null>(null);
  const environment = () => (status()?.environments ?? [])[0] ?? 'dev';
  return (
    <>
      <Show when={LIVE.has(props.build.state)}>
        <Button tone="danger" icon="stop" refused={props.build.mayCancel ? null : t().builds.mayNotCancel} onClick={() => setAsking('cancel')}>
          {t().builds.cancel}
        </Button>
      </Show>
      <Show when={props.build.kind === 'service' && !LIVE.has(props.build.state)}>
        <Button icon="retry" refused={because(can.startBuild(me(), props.build.team ?? undefined))} onClick={() => setAsking('again')}>
          {t().builds.again}
        </Button>
      </Show>
      <Show when={props.build.kind === 'service' && props.build.state === 'succeeded'}>
        <ReleaseLink build={props.build} fallback={environment()} />
      </Show>
      <Show when={asking() === 'again'}>
        <BuildDialog start={props.build} onClose={() => setAsking(null)} onStarted={(build) => navigate(paths.build(build.id))} />
      </Show>
      <ReasonDialog open={asking() === 'cancel'} onClose={() => setAsking(null)} title={t().builds.cancelTitle} lead={t().builds.cancelLead} confirm={t().builds.cancel} tone="danger" reason="none" onConfirm={() => act(mutations.cancelBuild(props.build.id), { topics: ['builds'], done: t().builds.cancelled })} />
    </>
  );
}

/** To the page that composes a release from this build, in an environment where the service runs. */
function ReleaseLink(props: { readonly build: BuildView; readonly fallback: string }): JSX.Element {
  const service = useQuery(() => queries.service(props.build.subject));
  const environment = () => {
    const all = (dataOf(service)?.workloads ?? []).map((workload) => workload.environment);
    // What was just built usually begins where mistakes are cheap.
    return ['dev', 'staging', 'gray', 'production'].find((each) => all.includes(each)) ?? all[0] ?? props.fallback;
  };
  return (
    <ButtonLink tone="primary" icon="rollouts" href={paths.makeRelease(props.build.subject, { environment: environment(), from: 'build', build: props.build.id })}>
      {t().builds.release}
    </ButtonLink>
  );
}

/** Seconds of each phase, as bars of one scale. */
function Phases(props: { readonly build: BuildView }): JSX.Element {
  const phases = () => Object.entries(props.build.seconds);
  const longest = () => Math.max(...phases().map(([, seconds]) => seconds), 0.1);
  const took = () => tookSeconds(props.build);
  return (
    <Panel title={t().builds.phases} aside={took() === null ? t().builds.waits : t().builds.took(show.duration(took()!))}>
      <Show when={phases().length > 0} fallback={<p class="text-muted text-sm">{props.build.phase || t().builds.waits}</p>}>
        <dl class="grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1.5 text-sm">
          <For each={phases()}>
            {([name, seconds]) => (
              <>
                <dt class={name === props.build.phase ? 'text-accent font-medium' : 'text-muted'}>{name}</dt>
                <dd class="contents">
                  <span class="bg-sunken h-2 overflow-hidden rounded-full" aria-hidden="true">
                    <span class="bg-accent block h-full rounded-full" style={{ width: `${Math.max(1, (seconds / longest()) * 100)}%` }} />
                  </span>
                  <span class="text-right">{show.number(Math.round(seconds * 10) / 10)} s</span>
                </dd>
              </>
            )}
          </For>
        </dl>
      </Show>
    </Panel>
  );
}

function Facts(props: { readonly build: BuildView }): JSX.Element {
  const words = () => t().builds;
  return (
    <Panel title={words().facts}>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
        <Show when={props.build.source}>
          {(source) => (
            <Fact wide name={words().source}>
              <code class="code break-all">{source().url}</code>
              <span class="text-muted block text-sm">{[source().ref, source().path].filter((each) => each !== '').join(' · ')}</span>
            </Fact>
          )}
        </Show>
        <Show when={props.build.commit}>
          {(commit) => (
            <>
              <Fact name={words().commit}>
                <CommitId id={commit().id} />
              </Fact>
              <Fact name={words().author}>{commit().author ?? t().common.nothing}</Fact>
            </>
          )}
        </Show>
        <Show when={props.build.layer}>{(layer) => <Fact name={words().standsOn}>{layer()}</Fact>}</Show>
        <Show when={props.build.digest}>
          {(digest) => (
            <Fact name={words().digest}>
              <ShortDigest digest={digest()} copy />
            </Fact>
          )}
        </Show>
        <Show when={props.build.architecture}>{(architecture) => <Fact name={words().architecture}>{architecture()}</Fact>}</Show>
        <Show when={props.build.bytes}>{(size) => <Fact name={words().size}>{props.build.pushedBytes === null ? show.bytes(size()) : words().sizeText(show.bytes(size()), show.bytes(props.build.pushedBytes))}</Fact>}</Show>
        <Fact name={words().tests}>{props.build.testsPassed === null ? words().testsNone : props.build.testsPassed ? words().testsPassed : words().testsFailed}</Fact>
        <Fact name={words().host}>
          <Show when={props.build.host} fallback={<span class="text-muted">{words().waits}</span>}>
            {(host) => (
              <A class="textlink" href={paths.host(host())}>
                {host()}
              </A>
            )}
          </Show>
        </Fact>
        <Show when={props.build.attempt > 1}>
          <Fact name={words().attempt}>{show.number(props.build.attempt)}</Fact>
        </Show>
        <Fact name={words().columns.by}>
          {props.build.createdBy}{' '}
          <span class="text-faint text-sm" title={show.moment(props.build.createdAt)}>
            {show.ago(props.build.createdAt)}
          </span>
        </Fact>
      </dl>
    </Panel>
  );
}

function ImageLayers(props: { readonly build: BuildView }): JSX.Element {
  return (
    <Panel title={t().builds.layers} aside={props.build.layers.length > 0 ? show.number(props.build.layers.length) : undefined}>
      <Show when={props.build.layers.length > 0} fallback={<p class="text-muted text-sm">{t().builds.noLayers}</p>}>
        <ol class="flex flex-col gap-1 text-sm">
          <For each={props.build.layers}>
            {(layer) => (
              <li class="flex items-center justify-between gap-3">
                <ShortDigest digest={layer.digest} />
                <span class="text-muted">{show.bytes(layer.bytes)}</span>
              </li>
            )}
          </For>
        </ol>
      </Show>
    </Panel>
  );
}
