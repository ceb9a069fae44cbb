// What a release is: its image and where that comes from, and its whole configuration. Values of secrets are not in it, only their versions.
import { A } from '@solidjs/router';
import { For, Show, type JSX } from 'solid-js';
import type { ReleaseView } from '#server/http/contract/index.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Fact, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { CommitId, ShortDigest } from './Digest.tsx';

export function ReleaseFacts(props: { readonly release: ReleaseView }): JSX.Element {
  const words = () => t().releases.page;
  return (
    <div class="flex min-w-0 flex-col gap-5">
      <Panel title={words().facts} aside={<Badge tone={toneOf.image(props.release.imageState)}>{words().imageState[props.release.imageState]}</Badge>}>
        <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
          <Show when={props.release.commit}>
            {(commit) => (
              <Fact wide name={words().commit}>
                <CommitId id={commit().id} /> {commit().subject}
                <span class="text-muted block text-sm">{commit().author}</span>
              </Fact>
            )}
          </Show>
          <Fact wide name={words().image}>
            <code class="code break-all">{props.release.image}</code>
          </Fact>
          <Fact wide={props.release.digest === null} name={words().digest}>
            <Show when={props.release.digest} fallback={<span class="text-warn text-sm">{words().noDigest}</span>}>
              {(digest) => <ShortDigest digest={digest()} copy />}
            </Show>
          </Fact>
          <Show when={props.release.layer}>{(layer) => <Fact name={words().layer}>{layer()}</Fact>}</Show>
          <Show when={props.release.buildId}>
            {(id) => (
              <Fact name={words().build}>
                <A class="textlink" href={paths.build(id())}>
                  <code class="code">{id().slice(-8)}</code>
                </A>
              </Fact>
            )}
          </Show>
          <Show when={props.release.promotedFrom}>
            {(from) => (
              <Fact name={words().promotedFrom}>
                <A class="textlink" href={paths.release(from().releaseId)}>
                  {from().environment} {t().releases.version(from().version)}
                </A>
              </Fact>
            )}
          </Show>
          <Fact wide name={words().learnt}>
            <Show when={props.release.learnt} fallback={<span class="text-muted">{words().learntNone}</span>}>
              {(learnt) => words().learntText(show.number(learnt().cpuMsPerRequest), show.number(learnt().requests))}
            </Show>
          </Fact>
        </dl>
      </Panel>
      <Panel flush title={words().configuration}>
        <ReleaseConfig release={props.release} />
      </Panel>
    </div>
  );
}

/** Variables, secrets by version, files, and how it starts. */
export function ReleaseConfig(props: { readonly release: ReleaseView }): JSX.Element {
  const words = () => t().releases.config;
  const env = () => Object.entries(props.release.env);
  const secretEnv = () => Object.entries(props.release.secretEnv);
  const files = () => Object.entries(props.release.files);
  const isEmpty = () => env().length + secretEnv().length + files().length === 0;
  return (
    <div class="divide-line divide-y">
      <Show when={!isEmpty()} fallback={<p class="text-muted px-4 py-3 text-sm">{t().releases.page.noConfiguration}</p>}>
        <Show when={env().length + secretEnv().length > 0}>
          <dl class="px-4 py-3 text-sm">
            <For each={env()}>
              {([name, value]) => (
                <div class="grid grid-cols-[minmax(0,1fr)_minmax(0,1.4fr)] gap-x-3 py-1">
                  <dt class="code text-muted break-all">{name}</dt>
                  <dd class="code break-all">{value}</dd>
                </div>
              )}
            </For>
            <For each={secretEnv()}>
              {([name, { secret, version }]) => (
                <div class="grid grid-cols-[minmax(0,1fr)_minmax(0,1.4fr)] gap-x-3 py-1">
                  <dt class="code text-muted break-all">{name}</dt>
                  <dd>
                    <Chip>{words().secretVersion(secret, version)}</Chip>
                  </dd>
                </div>
              )}
            </For>
          </dl>
        </Show>
        <For each={files()}>
          {([path, file]) => (
            <details class="px-4 py-2.5 text-sm">
              <summary class="flex flex-wrap items-baseline justify-between gap-x-3">
                <code class="code break-all">{path}</code>
                <span class="text-muted text-xs">{file.secret === null ? words().fileText(show.bytes(new TextEncoder().encode(file.content ?? '').length), file.mode.toString(8)) : words().secretVersion(file.secret.secret, file.secret.version)}</span>
              </summary>
              <Show when={file.content !== null}>
                <pre class="code border-line bg-sunken mt-2 max-h-64 overflow-auto rounded-md border p-2.5" tabindex="0" role="region" aria-label={path}>
                  {file.content}
                </pre>
              </Show>
            </details>
          )}
        </For>
      </Show>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-3 px-4 py-3">
        <Fact wide name={words().command}>
          <Show when={props.release.command.length > 0} fallback={<span class="text-muted">{t().services.ownCommand}</span>}>
            <code class="code break-all">{props.release.command.join(' ')}</code>
          </Show>
        </Fact>
        <Fact name={words().port}>{props.release.port}</Fact>
        <Fact name={words().stopSeconds}>{show.number(props.release.stopSeconds)}</Fact>
        <Fact name={words().healthPath}>
          <code class="code">{props.release.healthPath ?? t().common.nothing}</code>
        </Fact>
        <Fact name={words().metricsPath}>
          <code class="code">{props.release.metricsPath ?? t().common.nothing}</code>
        </Fact>
      </dl>
    </div>
  );
}
