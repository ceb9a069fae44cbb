// What agents found on their hosts that nobody assigned, before it is removed; and what somebody changed by hand, with what became of it.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { DriftView, OrphanDecisionInput, Orphans, OrphanView } from '#server/http/contract/index.ts';
import { fleetMutations, fleetQueries } from '../../api/fleet.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip, type Tone } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

const STATES: Readonly<Record<OrphanView['state'], Tone>> = { waiting: 'wait', kept: 'off', going: 'busy' };
const DRIFT: Readonly<Record<DriftView['state'], Tone>> = { repairing: 'busy', repaired: 'ok', 'given-up': 'bad' };

export default function OrphansPage(): JSX.Element {
  const orphans = useQuery(() => fleetQueries.orphans());
  const drift = useQuery(() => fleetQueries.drift());
  return (
    <>
      <PageHead title={t().agents.orphans.title} crumbs={[{ href: paths.hosts(), text: t().fleet.title }]} lead={t().agents.orphans.lead} cli={['firn orphan list', 'firn orphan remove HOST ID', 'firn orphan drift']} />
      <div class="flex flex-col gap-5">
        <Loaded query={orphans}>{(now) => <Left orphans={now()} />}</Loaded>
        <Panel flush title={t().agents.orphans.drift}>
          <Loaded query={drift} empty={<p class="text-muted px-4 py-6 text-center text-sm">{t().agents.orphans.noDrift}</p>}>
            {(all) => (
              <ul class="divide-line divide-y">
                <For each={all()}>{(each) => <Change drift={each} />}</For>
              </ul>
            )}
          </Loaded>
        </Panel>
      </div>
    </>
  );
}

function Left(props: { readonly orphans: Orphans }): JSX.Element {
  const act = useAct();
  const [removing, setRemoving] = createSignal<OrphanView | null>(null);
  const refused = () => (props.orphans.mayDecide ? null : t().refusals.role(t().states.role.sre, null));
  const decide = (orphan: OrphanView, verb: OrphanDecisionInput['verb'], note = '') => act(fleetMutations.decideOrphan({ host: orphan.host, kind: orphan.kind, id: orphan.id, verb, note }), { topics: ['orphans'], done: t().agents.orphans.decided });
  return (
    <Panel flush title={t().agents.orphans.left} aside={t().agents.orphans.grace(show.duration(props.orphans.graceSeconds))}>
      <Show when={props.orphans.hostsThatDoNotLook.length > 0}>
        <p class="bg-warn-soft text-warn px-4 py-1.5 text-sm">{t().agents.orphans.blind(show.listed(props.orphans.hostsThatDoNotLook))}</p>
      </Show>
      <Show when={props.orphans.items.length > 0} fallback={<Empty icon="check" title={t().agents.orphans.none}>{t().agents.orphans.noneLead}</Empty>}>
        <Table
          label={t().agents.orphans.left}
          class="min-w-3xl"
          head={
            <>
              <Th>{t().common.what}</Th>
              <Th>{t().common.host}</Th>
              <Th>{t().common.state}</Th>
              <Th>{t().common.why}</Th>
              <Th>
                <span class="sr-only">{t().common.more}</span>
              </Th>
            </>
          }
        >
          <For each={props.orphans.items}>
            {(orphan) => (
              <Tr>
                <Td>
                  <span class="font-medium break-all">{orphan.name}</span>
                  <span class="mt-0.5 flex flex-wrap gap-1">
                    <Chip>{t().agents.orphans.kinds[orphan.kind]}</Chip>
                    <Show when={orphan.isRunning !== null}>
                      <Chip>{orphan.isRunning === true ? t().agents.orphans.running : t().agents.orphans.notRunning}</Chip>
                    </Show>
                    <Show when={orphan.address}>{(address) => <Chip mono>{address()}</Chip>}</Show>
                    <Show when={orphan.bytes}>{(bytes) => <Chip>{show.bytes(bytes())}</Chip>}</Show>
                  </span>
                </Td>
                <Td>
                  <A href={paths.host(orphan.host)} class="text-accent hover:underline">
                    {orphan.host}
                  </A>
                </Td>
                <Td>
                  <Badge tone={STATES[orphan.state]}>{t().agents.orphans.states[orphan.state]}</Badge>
                  <span class="text-faint block text-xs">{orphan.decision === null ? (orphan.removeAt === null ? t().agents.orphans.onlyAsked : t().agents.orphans.removed(show.when(orphan.removeAt))) : t().agents.orphans.decisionBy(orphan.decision.by)}</span>
                </Td>
                <Td class="text-muted max-w-80 text-sm">{orphan.reason}</Td>
                <Td right>
                  <span class="flex justify-end gap-1">
                    <Show when={orphan.decision === null} fallback={<Button size="sm" tone="quiet" refused={refused()} onClick={() => void decide(orphan, 'wait')}>{t().agents.orphans.undo}</Button>}>
                      <Button size="sm" refused={refused()} onClick={() => void decide(orphan, 'keep')}>
                        {t().agents.orphans.keep}
                      </Button>
                      <Button size="sm" tone="danger" refused={refused()} onClick={() => setRemoving(orphan)}>
                        {t().agents.orphans.remove}
                      </Button>
                    </Show>
                  </span>
                </Td>
              </Tr>
            )}
          </For>
        </Table>
      </Show>
      <ReasonDialog open={removing() !== null} onClose={() => setRemoving(null)} title={t().agents.orphans.title2} lead={`${removing()?.name ?? ''}: ${t().agents.orphans.lead2}`} confirm={t().agents.orphans.remove} tone="danger" reason="optional" onConfirm={(note) => decide(removing()!, 'remove', note)} />
    </Panel>
  );
}

function Change(props: { readonly drift: DriftView }): JSX.Element {
  const act = useAct();
  return (
    <li class="flex flex-wrap items-start gap-x-4 gap-y-1 px-4 py-3">
      <Badge tone={DRIFT[props.drift.state]}>{t().agents.orphans.driftStates[props.drift.state]}</Badge>
      <div class="min-w-0 flex-1">
        <p class="break-words">
          <A href={paths.replica(props.drift.replicaId)} class="textlink font-medium">
            {props.drift.replica}
          </A>{' '}
          · {props.drift.host}: {props.drift.found}
        </p>
        <p class="text-faint text-xs">
          {show.ago(props.drift.at)} · {t().agents.orphans.repairs(props.drift.repairs)}
        </p>
        <Show when={props.drift.state === 'given-up'}>
          <p class="text-muted text-sm">{t().agents.orphans.givenUp}</p>
        </Show>
      </div>
      <Show when={props.drift.mayResume}>
        <Button size="sm" icon="retry" onClick={() => void act(fleetMutations.resumeDrift(props.drift.replicaId, ''), { topics: ['orphans'], done: t().agents.orphans.resumed })}>
          {t().agents.orphans.resume}
        </Button>
      </Show>
    </li>
  );
}
