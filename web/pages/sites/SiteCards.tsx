// Each site with its health and what that is judged by, the room that is left, who is near it, and what may be done with it.
import { A } from '@solidjs/router';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { SiteView } from '#server/http/contract/index.ts';
import { siteMutations } from '../../api/sites.ts';
import { toldText } from '../../format/said.ts';
import { siteTone } from '../../format/sites.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { Badge, Chip } from '../../ui/State.tsx';

export function SiteCards(props: { readonly sites: readonly SiteView[]; readonly refused: string | null; readonly onDeclare: (site: SiteView) => void }): JSX.Element {
  return (
    <ul class="divide-line grid grid-cols-1 divide-y md:grid-cols-2 md:divide-x md:divide-y-0">
      <For each={props.sites}>{(site) => <Card site={site} refused={props.refused} onDeclare={() => props.onDeclare(site)} />}</For>
    </ul>
  );
}

function Card(props: { readonly site: SiteView; readonly refused: string | null; readonly onDeclare: () => void }): JSX.Element {
  const words = () => t().sites;
  const site = () => props.site;
  return (
    <li class="flex min-w-0 flex-col gap-3 px-4 py-4">
      <div class="flex flex-wrap items-center justify-between gap-2">
        <div class="flex flex-wrap items-center gap-2">
          <A href={paths.hosts()} class="hover:text-accent font-semibold hover:underline">
            {site().name}
          </A>
          <Badge tone={siteTone(site().state)}>{words().states[site().state]}</Badge>
          <Show when={site().data === 'one-way'}>
            <Chip>{words().data['one-way']}</Chip>
          </Show>
          <Show when={!site().isDeclared}>
            <Chip>{words().undeclared}</Chip>
          </Show>
        </div>
        <Actions site={site()} refused={props.refused} onDeclare={() => props.onDeclare()} />
      </div>
      <Show when={site().state !== 'serving' && (site().reason || site().since)}>
        <p class="text-sm">
          {toldText(site().said, site().reason, words().said, language())} <span class="text-faint">{site().since === null ? site().stateBy : words().by(site().stateBy, show.ago(site().since!))}</span>
        </p>
      </Show>
      <div class="flex flex-col gap-1.5 text-sm">
        <Health whole={site().evidence.hosts} good={site().evidence.hostsUp} text={words().hostsUp(show.number(site().evidence.hostsUp), show.number(site().evidence.hosts))} />
        <Health whole={site().evidence.replicas} good={site().evidence.replicasHealthy} text={words().replicasHealthy(show.number(site().evidence.replicasHealthy), show.number(site().evidence.replicas))} />
        <Show when={site().evidence.contrarySince}>{(since) => <p class="text-warn">{words().contrary(show.ago(since()))}</p>}</Show>
      </div>
      <p class="text-muted text-sm">
        {words().free}: <span class="text-ink">{show.shape({ cpuMilli: site().freeCpuMilli, memoryMib: site().freeMemoryMib })}</span> · {words().namesHere(site().names)}
      </p>
      <p class="text-muted text-sm">
        {words().clients}:{' '}
        <Show when={site().clients.length > 0} fallback={words().noClients}>
          <span class="font-mono text-xs">{site().clients.slice(0, 4).join(', ')}</span>
          {site().clients.length > 4 ? ' …' : ''} {site().regions.length > 0 ? `(${site().regions.join(', ')})` : ''}
        </Show>
      </p>
      <Show when={site().links.length > 0}>
        <ul class="flex flex-wrap gap-1.5">
          <For each={site().links}>{(link) => <li><Chip>{`${words().link[link.data](link.to)}${link.mbps === null ? '' : `, ${words().mbps(show.number(link.mbps))}`}`}</Chip></li>}</For>
        </ul>
      </Show>
    </li>
  );
}

function Health(props: { readonly whole: number; readonly good: number; readonly text: string }): JSX.Element {
  return (
    <div class="flex flex-col gap-1">
      <span class="text-muted">{props.text}</span>
      <Meter thin label={props.text} whole={Math.max(1, props.whole)} parts={[{ amount: props.good, tone: 'used' }, { amount: props.whole - props.good, tone: 'over' }]} text={props.text} />
    </div>
  );
}

function Actions(props: { readonly site: SiteView; readonly refused: string | null; readonly onDeclare: () => void }): JSX.Element {
  const act = useAct();
  const [asking, setAsking] = createSignal<'fail' | 'restore' | null>(null);
  const words = () => t().sites;
  const name = () => props.site.name;
  const isFailed = () => props.site.may.restore === null;
  const judge = (verdict: 'failed' | 'automatic', reason: string) => act(siteMutations.judgeSite(name(), verdict, reason), { topics: ['sites', 'names'], done: verdict === 'failed' ? words().failed(name()) : words().restored(name()) });
  return (
    <div class="flex flex-wrap gap-1">
      <Button size="sm" tone="quiet" refused={props.refused} onClick={() => props.onDeclare()}>
        {words().verbs.edit}
      </Button>
      <Show when={!isFailed()} fallback={<Button size="sm" onClick={() => setAsking('restore')}>{words().verbs.restore}</Button>}>
        <Show when={props.site.may.drain === null}>
          <ButtonLink size="sm" href={paths.makeShift({ drain: name() })}>
            {words().verbs.drain}
          </ButtonLink>
        </Show>
        <Button size="sm" tone="danger" refused={props.site.may.fail === null ? null : toldText(props.site.maySaid?.fail, props.site.may.fail, words().said, language())} onClick={() => setAsking('fail')}>
          {words().verbs.fail}
        </Button>
      </Show>
      <ReasonDialog open={asking() === 'fail'} onClose={() => setAsking(null)} title={words().failTitle(name())} lead={words().failLead} confirm={words().verbs.fail} tone="danger" reason="required" onConfirm={(reason) => judge('failed', reason)} />
      <ReasonDialog open={asking() === 'restore'} onClose={() => setAsking(null)} title={words().restoreTitle(name())} lead={words().restoreLead} confirm={words().verbs.restore} reason="required" onConfirm={(reason) => judge('automatic', reason)} />
    </div>
  );
}
