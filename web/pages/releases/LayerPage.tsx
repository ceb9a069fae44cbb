// One layer: its versions with what each was built on, its scripts and files, and which services stand on it.
import { A, useParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { For, Show, type JSX } from 'solid-js';
import type { LayerDetail } from '#server/http/contract/index.ts';
import { queries } from '../../api/queries.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { ShortDigest } from './Digest.tsx';
import { RebuildButton } from './LayersPage.tsx';

export default function LayerPage(): JSX.Element {
  const params = useParams<{ name: string }>();
  const layer = useQuery(() => ({ ...queries.layer(params.name), reconcile: false as const }));
  return (
    <Loaded query={layer} skeleton={<Skeleton lines={8} />}>
      {(now) => (
        <>
          <PageHead
            title={now().name}
            crumbs={[{ href: paths.layers(), text: t().layers.title }]}
            lead={
              <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
                <Show when={now().current} fallback={<Badge tone="wait">{t().layers.none}</Badge>}>
                  {(current) => <Badge tone={now().isStale ? 'wait' : 'ok'}>{now().isStale ? t().layers.stale : t().layers.version(current().version)}</Badge>}
                </Show>
                <span>
                  {t().layers.from}{' '}
                  <Show when={now().from} fallback={t().layers.nothing}>
                    {(from) => (
                      <A class="textlink" href={paths.layer(from())}>
                        {from()}
                      </A>
                    )}
                  </Show>
                </span>
                <Show when={now().isStale}>
                  <span>{t().layers.staleLead}</span>
                </Show>
              </span>
            }
            cli={[`firn layer show ${now().name}`, `firn layer rebuild ${now().name}${now().children.length > 0 ? ' --all-above' : ''}`, `firn layer push DIR`]}
            actions={
              <>
                <Show when={now().children.length > 0}>
                  <RebuildButton layer={now()} above />
                </Show>
                <RebuildButton layer={now()} />
              </>
            }
          />
          <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
            <div class="flex min-w-0 flex-col gap-5">
              <Versions layer={now()} />
              <Script title={t().layers.staticScript} text={now().staticScript} />
              <Script title={t().layers.runtimeScript} text={now().runtimeScript} />
            </div>
            <div class="flex min-w-0 flex-col gap-5">
              <Services layer={now()} />
              <Script title={t().layers.definition} text={JSON.stringify(now().definition, null, 2)} />
              <Files layer={now()} />
            </div>
          </div>
        </>
      )}
    </Loaded>
  );
}

function Versions(props: { readonly layer: LayerDetail }): JSX.Element {
  return (
    <Panel flush title={t().layers.versions}>
      <Table
        label={t().layers.versions}
        class="min-w-lg"
        head={
          <>
            <Th>{t().releases.secrets.version}</Th>
            <Th>{t().common.state}</Th>
            <Th>{t().layers.from}</Th>
            <Th>{t().builds.digest}</Th>
            <Th>{t().builds.columns.by}</Th>
          </>
        }
      >
        <For each={props.layer.versions}>
          {(version) => (
            <Tr>
              <Td class="font-medium whitespace-nowrap">
                <Show when={version.buildId} fallback={t().layers.version(version.version)}>
                  {(id) => (
                    <A href={paths.build(id())} class="hover:text-accent hover:underline">
                      {t().layers.version(version.version)}
                    </A>
                  )}
                </Show>
                <Show when={version.note}>
                  <span class="text-muted block text-sm font-normal">{version.note}</span>
                </Show>
              </Td>
              <Td>
                <Badge tone={toneOf.layer(version.state)}>{t().layers.states[version.state]}</Badge>
              </Td>
              <Td class="text-muted whitespace-nowrap">{version.from === null ? t().layers.nothing : version.fromVersion === null ? version.from : `${version.from} ${t().layers.version(version.fromVersion)}`}</Td>
              <Td>
                <Show when={version.imageId} fallback={<span class="text-faint">{t().common.nothing}</span>}>
                  {(id) => <ShortDigest digest={id()} />}
                </Show>
              </Td>
              <Td class="whitespace-nowrap">
                {version.createdBy}
                <span class="text-faint block text-sm" title={show.moment(version.createdAt)}>
                  {show.ago(version.createdAt)}
                </span>
              </Td>
            </Tr>
          )}
        </For>
      </Table>
    </Panel>
  );
}

function Script(props: { readonly title: string; readonly text: string | null }): JSX.Element {
  return (
    <Panel flush title={props.title}>
      <Show when={props.text} fallback={<p class="text-muted px-4 py-3 text-sm">{t().layers.noScript}</p>}>
        <pre class="code max-h-96 overflow-auto p-4" tabindex="0" role="region" aria-label={props.title}>
          {props.text}
        </pre>
      </Show>
    </Panel>
  );
}

function Services(props: { readonly layer: LayerDetail }): JSX.Element {
  return (
    <Panel flush title={t().layers.standsOnIt} aside={t().layers.services(new Set(props.layer.services.map(({ service }) => service)).size)}>
      <Show when={props.layer.services.length > 0} fallback={<p class="text-muted px-4 py-3 text-sm">{t().layers.noServices}</p>}>
        <ul class="divide-line divide-y">
          <For each={props.layer.services}>
            {(each) => (
              <li class="flex flex-wrap items-center justify-between gap-2 px-4 py-2">
                <span>
                  <A href={paths.service(each.service, { environment: each.environment, tab: 'builds' })} class="hover:text-accent font-medium hover:underline">
                    {each.service}
                  </A>{' '}
                  <Chip>{each.environment}</Chip>
                </span>
                <span class="flex items-center gap-2 text-sm">
                  <span class="text-muted">{t().layers.serviceVersion(each.layerVersion)}</span>
                  <Show when={each.toRebuild}>
                    <Badge tone="wait">{t().layers.toRebuild}</Badge>
                  </Show>
                </span>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </Panel>
  );
}

function Files(props: { readonly layer: LayerDetail }): JSX.Element {
  return (
    <Panel flush title={t().layers.files} aside={show.number(props.layer.files.length)}>
      <Show when={props.layer.files.length > 0} fallback={<p class="text-muted px-4 py-3 text-sm">{t().layers.noFiles}</p>}>
        <ul class="flex max-h-80 flex-col gap-1 overflow-auto px-4 py-3 text-sm" tabindex="0" role="region" aria-label={t().layers.files}>
          <For each={props.layer.files}>
            {(file) => (
              <li class="flex items-baseline justify-between gap-3">
                <code class="code min-w-0 break-all">{file.path}</code>
                <span class="text-muted whitespace-nowrap">{show.bytes(file.bytes)}</span>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </Panel>
  );
}
