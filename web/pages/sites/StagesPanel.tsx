// How far every service is at each site, as a matrix: the stage, whether clients may be sent there, and why not.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { StagesView } from '#server/http/contract/index.ts';
import { siteQueries } from '../../api/sites.ts';
import { StagesDialog } from '../../forms/StagesDialog.tsx';
import { workloadName } from '../../format/rollout.ts';
import { toldText } from '../../format/said.ts';
import { paths } from '../../paths.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

export function StagesPanel(props: { readonly sites: readonly string[]; readonly refused: string | null }): JSX.Element {
  const stages = useQuery(() => ({ ...siteQueries.stages(), reconcile: false as const }));
  const [editing, setEditing] = createSignal<StagesView | null>(null);
  const words = () => t().sites.stages;
  return (
    <Panel flush title={words().title} aside={words().lead}>
      <Loaded query={stages} empty={<p class="text-muted px-4 py-6 text-center">{words().empty}</p>}>
        {(all) => (
          <Table
            label={words().title}
            head={
              <>
                <Th>{t().common.service}</Th>
                <For each={props.sites}>{(site) => <Th>{site}</Th>}</For>
                <Th right>
                  <span class="sr-only">{t().common.edit}</span>
                </Th>
              </>
            }
          >
            <For each={all()}>
              {(service) => (
                <Tr>
                  <Td class="align-top">
                    <A href={paths.service(service.service, { environment: service.environment })} class="hover:text-accent font-medium hover:underline">
                      {workloadName(service)}
                    </A>
                    <span class="text-faint block text-sm">
                      {words().layers[service.layer]}
                      {service.isReadOnly ? ` · ${words().readOnly}` : ''}
                    </span>
                  </Td>
                  <For each={props.sites}>{(site) => <Cell at={service.sites.find((each) => each.site === site)} />}</For>
                  <Td right class="align-top">
                    <Button size="sm" tone="quiet" refused={props.refused} onClick={() => setEditing(service)}>
                      {t().common.edit}
                    </Button>
                  </Td>
                </Tr>
              )}
            </For>
          </Table>
        )}
      </Loaded>
      <Show when={editing()} keyed>
        {(service) => <StagesDialog of={service} sites={props.sites} onClose={() => setEditing(null)} />}
      </Show>
    </Panel>
  );
}

function Cell(props: { readonly at: StagesView['sites'][number] | undefined }): JSX.Element {
  const words = () => t().sites.stages;
  const why = ({ said, why: sentence }: StagesView['sites'][number]) => toldText(said, sentence, t().sites.said, language());
  return (
    <Td class="min-w-32 align-top">
      <Show when={props.at} fallback={<span class="text-faint">{t().common.nothing}</span>}>
        {(at) => (
          <div class="flex flex-col items-start gap-1" title={why(at())}>
            <span class="flex flex-wrap items-center gap-1.5">
              <Badge tone={at().serves ? 'ok' : at().stage === 'none' ? 'off' : 'wait'}>{words().words[at().stage]}</Badge>
              <Show when={!at().isDeclared}>
                <Chip>{words().automatic}</Chip>
              </Show>
            </span>
            <span class="text-faint text-xs">
              {at().serves ? words().serves : words().refused}
              {at().replicas > 0 ? ` · ${words().healthy(show.number(at().replicasHealthy), show.number(at().replicas))}` : ''}
            </span>
            <Show when={!at().serves}>
              <span class="text-muted max-w-56 text-xs">{why(at())}</span>
            </Show>
          </div>
        )}
      </Show>
    </Td>
  );
}
