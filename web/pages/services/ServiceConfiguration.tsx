// The configuration that runs, with the release that carries it, and the secrets of the workload and of its team.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { SecretView, WorkloadView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { SecretDialog, type SecretStart } from '../../forms/SecretDialog.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { CommandLine } from '../../ui/Cli.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty, Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { ReleaseConfig } from '../releases/ReleaseFacts.tsx';

export function ServiceConfiguration(props: { readonly workload: WorkloadView }): JSX.Element {
  const releases = useQuery(() => ({ ...queries.releases(props.workload.service, props.workload.environment), reconcile: false as const }));
  return (
    <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-2">
      <Panel flush title={t().releases.config.title} aside={<ButtonLink size="sm" icon="edit" href={paths.makeRelease(props.workload.service, { environment: props.workload.environment, from: 'current' })}>{t().common.edit}</ButtonLink>}>
        <Loaded query={releases} skeleton={<Skeleton lines={5} />} isEmpty={(all) => !all.some(({ isCurrent }) => isCurrent)} empty={<Empty icon="file" title={t().releases.list.empty}>{t().releases.list.emptyLead}</Empty>}>
          {(all) => (
            <Show when={all().find(({ isCurrent }) => isCurrent)}>
              {(current) => (
                <>
                  <p class="border-line text-muted border-b px-4 py-2 text-sm">
                    <A class="textlink" href={paths.release(current().id)}>
                      {t().releases.make.currentIs(t().releases.version(current().version))}
                    </A>
                  </p>
                  <ReleaseConfig release={current()} />
                </>
              )}
            </Show>
          )}
        </Loaded>
      </Panel>
      <Secrets workload={props.workload} />
    </div>
  );
}

/** Versions of one secret, newest first. */
interface Named {
  readonly name: string;
  readonly newest: SecretView;
  readonly versions: readonly SecretView[];
}

function named(secrets: readonly SecretView[]): Named[] {
  const groups = new Map<string, SecretView[]>();
  for (const secret of secrets) groups.set(secret.name, [...(groups.get(secret.name) ?? []), secret]);
  return [...groups].map(([name, versions]) => {
    const sorted = versions.toSorted((one, other) => other.version - one.version);
    return { name, newest: sorted[0]!, versions: sorted };
  });
}

function Secrets(props: { readonly workload: WorkloadView }): JSX.Element {
  const { me } = useSession();
  const secrets = useQuery(() => ({ ...queries.secrets(props.workload.team), reconcile: false as const }));
  const [setting, setSetting] = createSignal<SecretStart | null>(null);
  const own = (all: readonly SecretView[]) => named(all.filter(({ service, environment }) => service === props.workload.service && environment === props.workload.environment));
  const ofTeam = (all: readonly SecretView[]) => named(all.filter(({ service }) => service === null));
  const words = () => t().releases.secrets;
  const add = () => (
    <Button size="sm" icon="key" refused={because(can.manageSecrets(me(), props.workload.team))} onClick={() => setSetting({ name: null, isTeam: false })}>
      {words().add}
    </Button>
  );
  return (
    <Panel flush title={words().title} aside={add()}>
      <p class="text-muted px-4 pt-3 pb-2 text-sm">{words().lead}</p>
      <Loaded query={secrets} skeleton={<Skeleton lines={3} />}>
        {(all) => (
          <Show
            when={own(all()).length + ofTeam(all()).length > 0}
            fallback={
              <Empty icon="key" title={words().empty} action={<CommandLine command={`firn secret set NAME --team ${props.workload.team} --service ${props.workload.service} -e ${props.workload.environment}`} />}>
                {words().emptyLead}
              </Empty>
            }
          >
            <Show when={own(all()).length > 0}>
              <SecretTable label={words().title} secrets={own(all())} team={props.workload.team} onSet={(name) => setSetting({ name, isTeam: false })} />
            </Show>
            <Show when={ofTeam(all()).length > 0}>
              <h3 class="border-line border-t px-4 pt-4 pb-1 text-sm font-semibold">{words().teamTitle}</h3>
              <SecretTable label={words().teamTitle} secrets={ofTeam(all())} team={props.workload.team} onSet={(name) => setSetting({ name, isTeam: true })} />
            </Show>
          </Show>
        )}
      </Loaded>
      <Show when={setting()}>{(start) => <SecretDialog start={start()} workload={props.workload} onClose={() => setSetting(null)} />}</Show>
    </Panel>
  );
}

function SecretTable(props: { readonly label: string; readonly secrets: readonly Named[]; readonly team: string; readonly onSet: (name: string) => void }): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const [removing, setRemoving] = createSignal<SecretView | null>(null);
  const words = () => t().releases.secrets;
  const refused = () => because(can.manageSecrets(me(), props.team));
  return (
    <>
      <Table
        label={props.label}
        class="min-w-md"
        head={
          <>
            <Th>{t().common.name}</Th>
            <Th>{words().version}</Th>
            <Th>{words().usedBy}</Th>
            <Th right>
              <span class="sr-only">{t().common.edit}</span>
            </Th>
          </>
        }
      >
        <For each={props.secrets}>
          {(secret) => (
            <Tr>
              <Td class="font-medium">{secret.name}</Td>
              <Td class="whitespace-nowrap">
                {t().releases.version(secret.newest.version)}
                <span class="text-faint block text-xs" title={show.moment(secret.newest.createdAt)}>
                  {secret.newest.createdBy}, {show.ago(secret.newest.createdAt)}
                </span>
              </Td>
              <Td>
                <span class="flex flex-wrap gap-1">
                  <For each={[...new Set(secret.versions.flatMap(({ usedBy }) => usedBy))].slice(0, 6)} fallback={<span class="text-faint">{words().unused}</span>}>
                    {(user) => <Chip>{user}</Chip>}
                  </For>
                </span>
              </Td>
              <Td right class="whitespace-nowrap">
                <Button size="sm" tone="quiet" refused={refused()} onClick={() => props.onSet(secret.name)}>
                  {words().setAgain}
                </Button>
                <Button size="sm" tone="quiet" refused={refused()} onClick={() => setRemoving(secret.versions.find(({ usedBy }) => usedBy.length === 0) ?? secret.newest)}>
                  {words().remove}
                </Button>
              </Td>
            </Tr>
          )}
        </For>
      </Table>
      <Show when={removing()}>
        {(secret) => {
          const name = () => t().releases.config.secretVersion(secret().name, secret().version);
          return <ReasonDialog open onClose={() => setRemoving(null)} title={words().removeTitle(name())} lead={words().removeLead} confirm={words().remove} tone="danger" reason="none" onConfirm={() => act(mutations.removeSecret(secret().id), { topics: ['secrets'], done: words().removed(name()) })} />;
        }}
      </Show>
    </>
  );
}
