// Where replicas would go: hosts in their sites and racks, each replica a block; new ones are drawn apart from those that are there.
import { A } from '@solidjs/router';
import { For, Show, type JSX } from 'solid-js';
import type { Quote } from '#server/http/contract/index.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';

type QuotedHost = Quote['hosts'][number];

/** More blocks than fit a card are told as a number. */
const MOST_BLOCKS = 12;
/** More hosts than this are told as a number: nobody reads a hundred cards. */
const MOST_HOSTS = 36;

export function HostStrip(props: { readonly hosts: readonly QuotedHost[] }): JSX.Element {
  const shown = () => props.hosts.toSorted((one, other) => `${one.site}/${one.rack}/${one.host}`.localeCompare(`${other.site}/${other.rack}/${other.host}`)).slice(0, MOST_HOSTS);
  const groups = () => Map.groupBy(shown(), ({ site, rack }) => `${site} / ${rack}`);
  const added = () => props.hosts.reduce((sum, host) => sum + host.added, 0);
  const kept = () => props.hosts.reduce((sum, host) => sum + host.replicas - Math.max(0, host.added), 0);
  return (
    <Show when={props.hosts.length > 0} fallback={<p class="text-muted text-sm">{t().ask.quote.whereNone}</p>}>
      <div class="flex flex-wrap gap-x-4 gap-y-3">
        <For each={[...groups()]}>
          {([place, hosts]) => (
            <div class="min-w-0">
              <p class="text-faint mb-1 text-xs">{place}</p>
              <ul class="flex flex-wrap gap-1.5">
                <For each={hosts}>{(host) => <HostCard host={host} />}</For>
              </ul>
            </div>
          )}
        </For>
      </div>
      <div class="text-faint mt-3 flex flex-wrap gap-x-4 gap-y-1 text-xs">
        <Show when={added() > 0}>
          <span class="flex items-center gap-1.5">
            <Block kind="added" />
            {show.number(added())} {t().ask.quote.added}
          </span>
        </Show>
        <Show when={kept() > 0}>
          <span class="flex items-center gap-1.5">
            <Block kind="kept" />
            {show.number(kept())} {t().ask.quote.kept}
          </span>
        </Show>
        <Show when={props.hosts.length > MOST_HOSTS}>
          <span>+ {t().common.countHosts(props.hosts.length - MOST_HOSTS)}</span>
        </Show>
      </div>
    </Show>
  );
}

function HostCard(props: { readonly host: QuotedHost }): JSX.Element {
  const added = () => Math.max(0, props.host.added);
  const blocks = (): ('added' | 'kept')[] => {
    const kept = Math.min(props.host.replicas - added(), MOST_BLOCKS);
    return Array.from({ length: Math.min(kept + added(), MOST_BLOCKS) }, (_, at) => (at < kept ? 'kept' : 'added'));
  };
  return (
    <li class="border-line bg-sunken min-w-24 rounded-md border px-2 py-1.5">
      <div class="flex items-baseline justify-between gap-2">
        <A href={paths.host(props.host.host)} class="hover:text-accent truncate text-xs font-medium hover:underline" title={t().states.kind[props.host.kind as 'physical'] ?? props.host.kind}>
          {props.host.host}
        </A>
        <span class="text-muted text-xs">{show.number(props.host.replicas)}</span>
      </div>
      <div class="mt-1 flex flex-wrap gap-1" aria-hidden="true">
        <For each={blocks()}>{(kind) => <Block kind={kind} />}</For>
        <Show when={props.host.replicas > MOST_BLOCKS}>
          <span class="text-faint text-2xs leading-3">+{show.number(props.host.replicas - MOST_BLOCKS)}</span>
        </Show>
      </div>
    </li>
  );
}

function Block(props: { readonly kind: 'added' | 'kept' }): JSX.Element {
  return <span class={`inline-block size-3 rounded-sm ${props.kind === 'added' ? 'bg-accent' : 'border-edge bg-line border'}`} />;
}
