// The registry: its disk, its images with why each is kept, cleaning with a look at what would go, and the disks of the hosts.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { Cleaned, RegistryView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { CommandLine } from '../../ui/Cli.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Empty, Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Meter, MeterLine } from '../../ui/Meter.tsx';
import { Fact, PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { CleanDialog } from './CleanDialog.tsx';
import { CommitId, ShortDigest } from './Digest.tsx';

const MOST_SHOWN = 100;

export default function RegistryPage(): JSX.Element {
  const registry = useQuery(() => ({ ...queries.registry(), reconcile: false as const }));
  return (
    <>
      <Loaded
        query={registry}
        skeleton={
          <>
            <PageHead title={t().registry.title} lead={t().registry.lead} />
            <Skeleton lines={6} />
          </>
        }
      >
        {(now) => (
          <>
            <PageHead title={t().registry.title} lead={t().registry.lead} cli={['firn registry show', 'firn registry clean --dry-run']} actions={<CleanButton registry={now()} />} />
            <Trouble registry={now()} />
            <Show when={now().kind !== 'none'} fallback={<Panel flush><Empty icon="registry" title={t().registry.noRegistry} action={<CommandLine command="FIRN_REGISTRY_LISTEN=ADDRESS:7072" />}>{t().registry.noRegistryLead}</Empty></Panel>}>
              <div class="flex flex-col gap-5">
                <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-2">
                  <Disk registry={now()} />
                  <Hosts registry={now()} />
                </div>
                <Images registry={now()} />
              </div>
            </Show>
          </>
        )}
      </Loaded>
    </>
  );
}

function CleanButton(props: { readonly registry: RegistryView }): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const [found, setFound] = createSignal<Cleaned | null>(null);
  const [busy, setBusy] = createSignal(false);
  const refused = () => because(can.manageRegistry(me())) ?? (props.registry.mayClean ? null : t().proposals.refused(props.registry.whyNotClean ?? ''));
  const look = async (): Promise<void> => {
    setBusy(true);
    await act(mutations.cleanRegistry(true), { topics: [], onDone: setFound });
    setBusy(false);
  };
  return (
    <Show when={props.registry.kind !== 'none'}>
      <Button icon="registry" busy={busy()} refused={refused()} onClick={() => void look()}>
        {t().registry.clean}
      </Button>
      <Show when={found()}>{(would) => <CleanDialog would={would()} onClose={() => setFound(null)} />}</Show>
    </Show>
  );
}

/** What to do where it does not answer. */
function Trouble(props: { readonly registry: RegistryView }): JSX.Element {
  const state = () => props.registry.state;
  return (
    <Show when={state() !== 'up' && props.registry.kind !== 'none'}>
      <div role="status" class={`mb-5 flex items-start gap-2.5 rounded-md px-4 py-3 ${state() === 'down' ? 'bg-bad-soft text-bad' : state() === 'cleaning' ? 'bg-info-soft text-info' : 'bg-warn-soft text-warn'}`}>
        <Icon name={state() === 'cleaning' ? 'clock' : 'warning'} class="mt-0.5 size-4" />
        <p class="min-w-0 break-words">
          <span class="font-semibold">{t().registry.states[state()]}.</span> {t().registry.stateLeads[state()]}
          <Show when={props.registry.reason}>
            <span class="block text-sm">{props.registry.reason}</span>
          </Show>
        </p>
      </div>
    </Show>
  );
}

function Disk(props: { readonly registry: RegistryView }): JSX.Element {
  const words = () => t().registry;
  const used = () => props.registry.usedBytes;
  /** What only deleting images that nothing needs would give back. */
  const freeable = () => Math.min(used() ?? 0, props.registry.images.filter(({ keptFor }) => keptFor.length === 0).reduce((sum, { ownBytes }) => sum + ownBytes, 0));
  const other = () => Math.max(0, (props.registry.diskBytes ?? 0) - (props.registry.freeBytes ?? 0) - (used() ?? 0));
  const key = (tint: string, text: string, amount: number) => (
    <span class="inline-flex items-center gap-1.5">
      <span class={`size-2.5 rounded-sm ${tint}`} aria-hidden="true" />
      {text} <span class="text-ink">{show.bytes(amount)}</span>
    </span>
  );
  return (
    <Panel title={words().disk} aside={<Badge tone={toneOf.registry(props.registry.state)}>{words().states[props.registry.state]}</Badge>}>
      <div class="flex flex-col gap-4">
        <Show when={used() !== null && props.registry.diskBytes !== null} fallback={<p class="text-muted text-sm">{words().diskUnknown}</p>}>
          <div class="flex flex-col gap-2">
            <Meter
              label={words().disk}
              text={words().diskText(show.bytes(used() ?? 0), show.bytes(props.registry.diskBytes ?? 0))}
              whole={props.registry.diskBytes ?? 1}
              parts={[{ amount: (used() ?? 0) - freeable(), tone: 'allocated' }, { amount: freeable(), tone: 'added' }, { amount: other(), tone: 'reserved' }]}
            />
            <p class="text-muted flex flex-wrap gap-x-4 gap-y-1 text-sm">
              {key('bg-accent', words().used, used() ?? 0)}
              {key('bg-accent/45 text-accent hatched', words().freeable, freeable())}
              {key('text-faint hatched', words().other, other())}
              {key('bg-sunken border-line border', words().free, props.registry.freeBytes ?? 0)}
            </p>
          </div>
        </Show>
        <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
          <Fact name={t().common.kind}>{words().kinds[props.registry.kind]}</Fact>
          <Fact name={t().common.address}>
            <code class="code break-all">{props.registry.address ?? t().common.nothing}</code>
          </Fact>
          <Fact wide name={words().retention}>
            {words().retentionText(props.registry.retention.keepReleases, props.registry.retention.keepDays)}
          </Fact>
          <Fact wide name={words().lastCleaned}>
            <Show when={props.registry.lastCleaned} fallback={words().neverCleaned}>
              {(last) => (
                <>
                  {words().cleanedText(show.ago(last().at), last().deletedImages, show.bytes(last().freedBytes))}
                  <span class="text-muted block text-sm">{last().reason}</span>
                </>
              )}
            </Show>
          </Fact>
        </dl>
      </div>
    </Panel>
  );
}

function Hosts(props: { readonly registry: RegistryView }): JSX.Element {
  const known = () => props.registry.hosts.filter(({ usedBytes }) => usedBytes !== null).toSorted((one, other) => (other.usedBytes ?? 0) - (one.usedBytes ?? 0));
  return (
    <Panel flush title={t().registry.hosts} aside={show.number(known().length)}>
      <p class="text-muted px-4 pt-3 text-sm">{t().registry.hostsLead}</p>
      <Show when={known().length > 0} fallback={<p class="text-muted px-4 py-4 text-sm">{t().registry.hostsNone}</p>}>
        <ul class="flex max-h-80 flex-col gap-3 overflow-auto px-4 py-3" tabindex="0" role="region" aria-label={t().registry.hosts}>
          <For each={known()}>
            {(host) => (
              <li>
                <MeterLine name={host.host} whole={host.totalBytes ?? host.usedBytes ?? 1} text={host.totalBytes === null ? show.bytes(host.usedBytes ?? 0) : t().registry.hostText(show.bytes(host.usedBytes ?? 0), show.bytes(host.totalBytes))} parts={[{ amount: host.usedBytes ?? 0, tone: 'allocated' }]} />
              </li>
            )}
          </For>
        </ul>
      </Show>
    </Panel>
  );
}

function Images(props: { readonly registry: RegistryView }): JSX.Element {
  const [filter, setFilter] = createSignal('');
  const [all, setAll] = createSignal(false);
  const words = () => t().registry;
  const found = () => {
    const wanted = filter().trim().toLowerCase();
    return props.registry.images.filter(({ repository, digest, commit, keptFor }) => [repository, digest, commit ?? '', ...keptFor.map(({ subject }) => subject)].some((text) => text.toLowerCase().includes(wanted)));
  };
  const shown = () => (all() ? found() : found().slice(0, MOST_SHOWN));
  return (
    <Panel flush title={words().images} aside={show.number(props.registry.images.length)}>
      <Show when={props.registry.images.length > 0} fallback={<Empty icon="registry" title={words().noImages}>{words().noImagesLead}</Empty>}>
        <div class="border-line border-b p-3">
          <input type="search" class="control max-w-sm" placeholder={words().filter} aria-label={words().filter} value={filter()} onInput={(event) => setFilter(event.currentTarget.value)} />
        </div>
        <Table
          label={words().images}
          class="min-w-3xl"
          head={
            <>
              <Th>{words().columns.image}</Th>
              <Th>{words().columns.keptFor}</Th>
              <Th>{words().columns.commit}</Th>
              <Th right>{words().columns.size}</Th>
              <Th right>
                <span title={words().ownHint}>{words().columns.own}</span>
              </Th>
              <Th>{words().columns.pushed}</Th>
            </>
          }
        >
          <For each={shown()}>{(image) => <ImageRow image={image} />}</For>
        </Table>
        <Show when={shown().length < found().length}>
          <div class="border-line flex justify-center border-t p-3">
            <Button size="sm" onClick={() => setAll(true)}>
              {t().common.showAll} ({show.number(found().length)})
            </Button>
          </div>
        </Show>
      </Show>
    </Panel>
  );
}

function ImageRow(props: { readonly image: RegistryView['images'][number] }): JSX.Element {
  return (
    <Tr>
      <Td>
        <span class="block font-medium break-all">{props.image.repository}</span>
        <ShortDigest digest={props.image.digest} /> <span class="text-faint text-xs">{props.image.architecture}</span>
      </Td>
      <Td>
        <span class="flex flex-wrap gap-1">
          <For each={props.image.keptFor} fallback={<span class="text-muted text-sm">{t().registry.notKept}</span>}>
            {({ why, subject }) => (
              <Chip title={subject}>
                {t().registry.why[why]} {subject}
              </Chip>
            )}
          </For>
        </span>
      </Td>
      <Td>
        <Show when={props.image.commit} fallback={<span class="text-faint">{t().common.nothing}</span>}>
          {(commit) => (
            <Show when={props.image.buildId} fallback={<CommitId id={commit()} />}>
              {(id) => (
                <A class="textlink" href={paths.build(id())}>
                  <CommitId id={commit()} />
                </A>
              )}
            </Show>
          )}
        </Show>
      </Td>
      <Td right class="whitespace-nowrap">
        {show.bytes(props.image.bytes)}
      </Td>
      <Td right class="text-muted whitespace-nowrap">
        {show.bytes(props.image.ownBytes)}
      </Td>
      <Td class="text-muted whitespace-nowrap">
        <span title={show.moment(props.image.pushedAt)}>{show.ago(props.image.pushedAt)}</span>
      </Td>
    </Tr>
  );
}
