// What is different between two releases: the commits between them, the configuration, the layers of the image.
import { For, Show, type JSX } from 'solid-js';
import type { ReleaseDiff } from '#server/http/contract/index.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Part } from '../../ui/Panel.tsx';
import { PolicyDiff } from '../placement/PolicyDiff.tsx';
import { CommitId, ShortDigest } from './Digest.tsx';

export function ReleaseDiffView(props: { readonly diff: ReleaseDiff }): JSX.Element {
  const words = () => t().releases.page;
  const isSameImage = () => props.diff.image.before === props.diff.image.after;
  const rows = () => props.diff.config.map(({ name, before, after }) => ({ field: name, before, after }));
  const changed = () => props.diff.layers.filter(({ change }) => change !== 'same');
  const travels = () => changed().reduce((sum, { change, bytes }) => sum + (change === 'added' ? bytes : 0), 0);
  return (
    <div class="divide-line divide-y" data-testid="release-diff">
      <Show when={props.diff.before === null}>
        <p class="text-muted px-4 py-3">{words().againstNothing}</p>
      </Show>
      <Part title={words().commits}>
        <Show when={props.diff.commits.length > 0} fallback={<p class="text-muted text-sm">{isSameImage() ? words().sameImage : words().noCommits}</p>}>
          <ol class="flex flex-col gap-2">
            <For each={props.diff.commits}>
              {(commit) => (
                <li class="flex items-start gap-2.5 text-sm">
                  <Icon name="commit" class="text-faint mt-0.5 size-4" />
                  <span class="min-w-0">
                    <span class="break-words">{commit.subject}</span>
                    <span class="text-muted block text-xs">
                      <CommitId id={commit.id} /> {commit.author}
                      <Show when={commit.at}>{(at) => <span title={show.moment(at())}> · {show.ago(at())}</span>}</Show>
                    </span>
                  </span>
                </li>
              )}
            </For>
          </ol>
        </Show>
      </Part>
      <section class="pt-4">
        <h3 class="mb-1 px-4 text-sm font-semibold">{words().config}</h3>
        <Show when={rows().length > 0} fallback={<p class="text-muted px-4 pb-4 text-sm">{words().noConfigChange}</p>}>
          <PolicyDiff rows={rows()} />
        </Show>
      </section>
      <Show when={props.diff.layers.length > 0 && !isSameImage()}>
        <Part title={words().layers} aside={words().travels(show.bytes(travels()))}>
          <ul class="flex flex-col gap-1 text-sm">
            <For each={changed()}>
              {(layer) => (
                <li class="flex items-center gap-2">
                  <span class={`w-4 text-center font-mono ${layer.change === 'added' ? 'text-accent' : 'text-faint'}`} aria-hidden="true">
                    {layer.change === 'added' ? '+' : '−'}
                  </span>
                  <span class="sr-only">{words().layersChange[layer.change]}</span>
                  <ShortDigest digest={layer.digest} />
                  <span class="text-muted ml-auto">{show.bytes(layer.bytes)}</span>
                </li>
              )}
            </For>
          </ul>
          <p class="text-faint mt-1.5 text-xs">{words().layersSame(props.diff.layers.length - changed().length)}</p>
        </Part>
      </Show>
    </div>
  );
}
