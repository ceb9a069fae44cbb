// Image layers as a tree, from the base to what services stand on; which are stale, and which services to build again.
import { A, useNavigate } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { BuildView, LayerView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { layerTree, toRebuild } from '../../format/layer-tree.ts';
import { BuildDialog } from '../../forms/BuildDialog.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { CommandLine } from '../../ui/Cli.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

const PUSH = 'firn layer push ./layers/node-24';

export default function LayersPage(): JSX.Element {
  const layers = useQuery(() => queries.layers());
  return (
    <>
      <PageHead title={t().layers.title} lead={t().layers.lead} cli={['firn layer list', PUSH]} />
      <Loaded query={layers} empty={<Panel flush><Empty icon="layers" title={t().layers.empty} action={<CommandLine command={PUSH} />}>{t().layers.emptyLead}</Empty></Panel>}>
        {(all) => (
          <div class="flex flex-col gap-5">
            <Tree layers={all()} />
            <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-2">
              <ToRebuild layers={all()} />
              <Panel title={t().layers.send}>
                <p class="text-muted mb-3 text-sm">{t().layers.sendLead}</p>
                <CommandLine command={PUSH} />
              </Panel>
            </div>
          </div>
        )}
      </Loaded>
    </>
  );
}

function Tree(props: { readonly layers: readonly LayerView[] }): JSX.Element {
  return (
    <Panel flush>
      <Table
        label={t().layers.title}
        class="min-w-2xl"
        head={
          <>
            <Th>{t().common.name}</Th>
            <Th>{t().layers.current}</Th>
            <Th right>{t().builds.size}</Th>
            <Th>{t().layers.standsOnIt}</Th>
            <Th right>
              <span class="sr-only">{t().common.edit}</span>
            </Th>
          </>
        }
      >
        <For each={layerTree(props.layers)}>{({ layer, depth }) => <Row layer={layer} depth={depth} />}</For>
      </Table>
    </Panel>
  );
}

function Row(props: { readonly layer: LayerView; readonly depth: number }): JSX.Element {
  const current = () => props.layer.current;
  return (
    <Tr>
      <Td>
        <span class="flex items-center gap-2" style={{ 'padding-left': `${props.depth * 1.25}rem` }}>
          <Show when={props.depth > 0}>
            <span class="text-faint -mr-0.5 font-mono text-xs" aria-hidden="true">
              └
            </span>
          </Show>
          <Icon name="layers" class="text-faint size-4" />
          <A href={paths.layer(props.layer.name)} class="hover:text-accent font-medium whitespace-nowrap hover:underline">
            {props.layer.name}
          </A>
        </span>
      </Td>
      <Td class="whitespace-nowrap">
        <Show when={current()} fallback={<Badge tone="wait">{t().layers.none}</Badge>}>
          {(version) => (
            <>
              {t().layers.version(version().version)}{' '}
              <Show when={props.layer.isStale}>
                <Badge tone="wait" title={t().layers.staleLead}>
                  {t().layers.stale}
                </Badge>
              </Show>
              <span class="text-faint block text-xs">
                <Show when={version().from !== null && version().fromVersion !== null}>{t().layers.on(version().from ?? '', t().layers.version(version().fromVersion ?? 0))} · </Show>
                <span title={show.moment(version().createdAt)}>{show.ago(version().createdAt)}</span>
              </span>
            </>
          )}
        </Show>
      </Td>
      <Td right class="whitespace-nowrap">
        {props.layer.bytes === null ? t().common.nothing : show.bytes(props.layer.bytes)}
      </Td>
      <Td>
        <span class="flex flex-wrap gap-1">
          <For each={[...new Set(props.layer.services.map(({ service }) => service))]} fallback={<span class="text-faint">{t().common.nothing}</span>}>
            {(service) => (
              <A href={paths.service(service, { tab: 'builds' })} class="hover:text-accent">
                <Chip>{service}</Chip>
              </A>
            )}
          </For>
        </span>
      </Td>
      <Td right class="whitespace-nowrap">
        <Show when={props.layer.isStale || current() === null}>
          <RebuildButton layer={props.layer} size="sm" />
        </Show>
      </Td>
    </Tr>
  );
}

/** Builds a layer again on the newest version below it; where others stand on it, them too if wanted. */
export function RebuildButton(props: { readonly layer: LayerView; readonly size?: 'sm' | 'md'; readonly above?: boolean }): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const [asking, setAsking] = createSignal(false);
  const above = () => props.above === true;
  const text = () => (above() ? t().layers.rebuildAll : t().layers.rebuild);
  return (
    <>
      <Button size={props.size ?? 'md'} icon="retry" refused={because(can.manageLayers(me()))} onClick={() => setAsking(true)}>
        {text()}
      </Button>
      <ReasonDialog open={asking()} onClose={() => setAsking(false)} title={t().layers.rebuildTitle(props.layer.name)} lead={above() ? t().layers.rebuildAllLead : t().layers.rebuildLead} confirm={text()} reason="none" onConfirm={() => act(mutations.rebuildLayer(props.layer.name, above()), { topics: ['layers', 'builds'], done: t().layers.rebuilding })} />
    </>
  );
}

function ToRebuild(props: { readonly layers: readonly LayerView[] }): JSX.Element {
  const { me } = useSession();
  const navigate = useNavigate();
  const services = useQuery(() => queries.services());
  const builds = useQuery(() => queries.builds());
  const [starting, setStarting] = createSignal<BuildView | string | null>(null);
  const rows = () => toRebuild(props.layers);
  const teamOf = (service: string) => dataOf(services)?.find(({ name }) => name === service)?.team;
  const lastOf = (service: string) => dataOf(builds)?.find(({ subject, source }) => subject === service && source !== null);
  return (
    <Panel flush title={t().layers.toRebuild} aside={rows().length > 0 ? show.number(rows().length) : undefined}>
      <Show when={rows().length > 0} fallback={<p class="text-ok flex items-center gap-2 px-4 py-4 text-sm"><Icon name="check" />{t().layers.nothingToRebuild}</p>}>
        <p class="text-muted px-4 pt-3 text-sm">{t().layers.toRebuildLead}</p>
        <ul class="divide-line divide-y">
          <For each={rows()}>
            {(row) => (
              <li class="flex flex-wrap items-center justify-between gap-2 px-4 py-2.5">
                <span>
                  <A href={paths.service(row.service, { tab: 'builds' })} class="hover:text-accent font-medium hover:underline">
                    {row.service}
                  </A>
                  <span class="text-muted block text-sm">
                    {show.listed(row.environments)} · {show.listed(row.layers)}
                  </span>
                </span>
                <Button size="sm" icon="builds" refused={because(can.startBuild(me(), teamOf(row.service)))} onClick={() => setStarting(lastOf(row.service) ?? row.service)}>
                  {t().builds.again}
                </Button>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={starting()}>
        {(start) => {
          const from = () => start();
          const service = () => (typeof from() === 'string' ? (from() as string) : (from() as BuildView).subject);
          return <BuildDialog service={service()} team={teamOf(service()) ?? ''} {...(typeof from() === 'string' ? {} : { start: from() as BuildView })} onClose={() => setStarting(null)} onStarted={(build) => navigate(paths.build(build.id))} />;
        }}
      </Show>
    </Panel>
  );
}
