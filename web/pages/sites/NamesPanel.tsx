// Names that lead clients to services: the weight of each site and its share, what is healthy there, what a client would be told, who asked.
import { useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { NameView } from '#server/http/contract/index.ts';
import { dataOf } from '../../api/data.ts';
import { siteMutations, siteQueries } from '../../api/sites.ts';
import { workloadName } from '../../format/rollout.ts';
import { toldText } from '../../format/said.ts';
import { nameTone, sharesOf } from '../../format/sites.ts';
import { NameDialog } from '../../forms/SiteDialogs.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty, Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { NameAnswer } from './NameAnswer.tsx';

export function NamesPanel(props: { readonly sites: readonly string[]; readonly refused: string | null }): JSX.Element {
  const names = useQuery(() => ({ ...siteQueries.names(), reconcile: 'name' as const }));
  const [editing, setEditing] = createSignal<NameView | 'new' | null>(null);
  const words = () => t().sites.names;
  const add = () => (
    <Button size="sm" icon="ask" refused={props.refused} onClick={() => setEditing('new')}>
      {words().add}
    </Button>
  );
  return (
    <Panel flush title={words().title} aside={<Show when={(dataOf(names)?.length ?? 0) > 0}>{add()}</Show>}>
      <Loaded query={names} skeleton={<Skeleton lines={3} />} empty={<Empty icon="link" title={words().empty} action={add()}>{words().emptyLead}</Empty>}>
        {(all) => (
          <ul class="divide-line divide-y">
            <For each={all()}>{(name) => <NameRow name={name} refused={props.refused} onEdit={() => setEditing(name)} />}</For>
          </ul>
        )}
      </Loaded>
      <Responders />
      <Show when={editing()} keyed>
        {(name) => <NameDialog name={name === 'new' ? null : name} onClose={() => setEditing(null)} />}
      </Show>
    </Panel>
  );
}

function NameRow(props: { readonly name: NameView; readonly refused: string | null; readonly onEdit: () => void }): JSX.Element {
  const [search, setSearch] = useSearchParams<{ name?: string }>();
  const act = useAct();
  const [removing, setRemoving] = createSignal(false);
  const words = () => t().sites.names;
  const name = () => props.name;
  const reason = () => toldText(name().said, name().reason, t().sites.said, language());
  const isOpen = () => search.name === name().name;
  return (
    <li class="flex flex-col gap-3 px-4 py-4">
      <div class="flex flex-wrap items-start justify-between gap-2">
        <div class="flex min-w-0 flex-wrap items-center gap-x-2.5 gap-y-1">
          <span class="font-mono text-sm font-semibold break-all">{name().name}</span>
          <Badge tone={nameTone(name().state)} title={reason()}>
            {words().states[name().state]}
          </Badge>
          <Chip>{workloadName(name())}</Chip>
          <Chip title={words().preferenceNotes[name().preference]}>{words().preferences[name().preference]}</Chip>
          <Show when={name().isInZone}>
            <Chip title={words().inZoneHint}>{words().inZone}</Chip>
          </Show>
          <span class="text-faint text-sm">
            {words().ttl(show.duration(name().ttlSeconds))} · {words().qps(show.number(name().queriesPerSecond))}
          </span>
        </div>
        <div class="flex flex-wrap gap-1">
          <Button size="sm" tone="quiet" icon="search" onClick={() => setSearch({ name: isOpen() ? undefined : name().name }, { replace: true, scroll: false })}>
            {words().tryIt}
          </Button>
          <Button size="sm" tone="quiet" refused={props.refused} onClick={() => props.onEdit()}>
            {t().common.edit}
          </Button>
          <Button size="sm" tone="quiet" refused={props.refused} onClick={() => setRemoving(true)}>
            {t().common.remove}
          </Button>
          <ButtonLink size="sm" href={name().shiftId === null ? paths.makeShift({ name: name().name }) : paths.shift(name().shiftId!)}>
            {words().shift}
          </ButtonLink>
        </div>
      </div>
      <Show when={name().state !== 'healthy'}>
        <p class="text-warn text-sm">{reason()}</p>
      </Show>
      <SiteWeights name={name()} />
      <Show when={isOpen()}>
        <NameAnswer name={name().name} />
      </Show>
      <Show when={removing()}>
        <ReasonDialog open onClose={() => setRemoving(false)} title={words().removeTitle(name().name)} lead={words().removeLead} confirm={t().common.remove} tone="danger" reason="none" onConfirm={() => act(siteMutations.removeName(name().name), { topics: ['names', 'sites'], done: words().removed(name().name) })} />
      </Show>
    </li>
  );
}

function SiteWeights(props: { readonly name: NameView }): JSX.Element {
  const words = () => t().sites.names;
  const shareOf = (site: string) => sharesOf(props.name.sites).find((each) => each.site === site)?.permille ?? 0;
  /** Weights are shares of all clients only where clients are divided by them. */
  const isDivided = () => props.name.preference === 'weights';
  return (
    <ul class="grid grid-cols-1 gap-x-6 gap-y-2 sm:grid-cols-2" aria-label={words().shares}>
      <For each={props.name.sites}>
        {(site) => (
          <li class="flex flex-col gap-1 text-sm" title={toldText(site.said, site.why, t().sites.said, language())}>
            <span class="flex flex-wrap items-baseline justify-between gap-x-3">
              <span>
                <span class="font-medium">{site.site}</span> <span class={site.serves ? 'text-ok' : 'text-warn'}>{words().codes[site.code]}</span>
              </span>
              <span>{isDivided() ? show.permille(shareOf(site.site)) : words().weightText(show.permille(site.weight), show.permille(site.setWeight))}</span>
            </span>
            <Meter thin label={`${site.site}: ${words().shares}`} whole={1000} parts={[{ amount: site.serves ? (isDivided() ? shareOf(site.site) : site.weight) : 0, tone: 'allocated' }]} text={show.permille(isDivided() ? shareOf(site.site) : site.weight)} />
            <span class="text-faint text-xs">
              {words().addresses(show.number(site.healthy), show.number(site.addresses))}
              {site.leaving > 0 ? ` · ${words().leaving(show.number(site.leaving))}` : ''} · {words().qps(show.number(site.queriesPerSecond))}
            </span>
          </li>
        )}
      </For>
    </ul>
  );
}

/** How the two responders do; nothing where they cannot be asked. */
function Responders(): JSX.Element {
  const dns = useQuery(() => ({ ...siteQueries.dns(), reconcile: false as const, retry: false }));
  const words = () => t().sites.dns;
  return (
    <Show when={dataOf(dns)}>
      {(now) => (
        <p class="border-line text-muted flex flex-wrap gap-x-4 gap-y-1 border-t px-4 py-3 text-sm">
          <span class="font-medium">{words().title}</span>
          <span>
            {words().http} <span class="font-mono text-xs">{now().http.listen ?? words().here}</span>, {words().queries(show.number(now().http.queries))}
          </span>
          <span>
            {words().dns} <span class="font-mono text-xs">{now().dns.listen ?? words().off}</span>
            {now().zone === null ? '' : ` (${now().zone})`}, {words().queries(show.number(now().dns.queries))}
            {now().dns.limited > 0 ? `, ${words().limited(show.number(now().dns.limited))}` : ''}
            {now().dns.malformed > 0 ? `, ${words().malformed(show.number(now().dns.malformed))}` : ''}
          </span>
          <Show when={now().refreshedAt}>{(at) => <span class="text-faint">{words().fresh(show.ago(at()))}</span>}</Show>
        </p>
      )}
    </Show>
  );
}
