// The releases of a workload: who made what when, what runs, what was learnt; any two compared, and the way back to each.
import { A, useNavigate } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { ReleaseView, WorkloadView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { queries } from '../../api/queries.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { CommitId, ShortDigest } from './Digest.tsx';
import { RollBackDialog } from './RollBackDialog.tsx';

export function ServiceReleases(props: { readonly workload: WorkloadView }): JSX.Element {
  const navigate = useNavigate();
  const releases = useQuery(() => queries.releases(props.workload.service, props.workload.environment));
  const [marked, setMarked] = createSignal<readonly string[]>([]);
  const [back, setBack] = createSignal<ReleaseView | null>(null);
  const mark = (id: string, isMarked: boolean) => setMarked((all) => (isMarked ? [...all, id].slice(-2) : all.filter((each) => each !== id)));
  /** The newer of the two is looked at, the older one is what it is compared with. */
  const compare = (all: readonly ReleaseView[]) => {
    const [newer, older] = all.filter(({ id }) => marked().includes(id)).toSorted((one, other) => other.version - one.version);
    if (newer !== undefined && older !== undefined) navigate(paths.release(newer.id, { against: older.id }));
  };
  const current = (all: readonly ReleaseView[]) => all.find(({ isCurrent }) => isCurrent);
  return (
    <Panel flush title={t().releases.list.title} aside={<span class="hidden sm:inline">{t().releases.list.lead}</span>}>
      <Loaded query={releases} empty={<Empty icon="rollouts" title={t().releases.list.empty}>{t().releases.list.emptyLead}</Empty>}>
        {(all) => (
          <>
            <div class="border-line flex flex-wrap items-center justify-between gap-3 border-b px-4 py-2">
              <span class="text-faint text-sm">{t().releases.list.compareHint}</span>
              <Button size="sm" refused={marked().length === 2 ? null : t().releases.list.compareHint} onClick={() => compare(all())}>
                {t().releases.list.compare}
              </Button>
            </div>
            <Table
              label={t().releases.list.title}
              class="min-w-4xl"
              head={
                <>
                  <Th>
                    <span class="sr-only">{t().releases.list.columns.compare}</span>
                  </Th>
                  <Th>{t().releases.list.columns.version}</Th>
                  <Th>{t().releases.list.columns.what}</Th>
                  <Th>{t().releases.page.digest}</Th>
                  <Th>{t().releases.list.columns.runs}</Th>
                  <Th right>{t().releases.list.columns.learnt}</Th>
                  <Th>{t().releases.list.columns.who}</Th>
                  <Th right>
                    <span class="sr-only">{t().common.edit}</span>
                  </Th>
                </>
              }
            >
              <For each={all()}>{(release) => <Row release={release} current={current(all())} isMarked={marked().includes(release.id)} onMark={(isMarked) => mark(release.id, isMarked)} onBack={() => setBack(release)} />}</For>
            </Table>
            <Show when={back()}>{(to) => <Show when={current(all())}>{(from) => <RollBackDialog open onClose={() => setBack(null)} from={from()} to={to()} onStarted={(id) => navigate(paths.rollout(id))} />}</Show>}</Show>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

interface RowProps {
  readonly release: ReleaseView;
  readonly current: ReleaseView | undefined;
  readonly isMarked: boolean;
  readonly onMark: (isMarked: boolean) => void;
  readonly onBack: () => void;
}

function Row(props: RowProps): JSX.Element {
  const { me } = useSession();
  const words = () => t().releases.list;
  const version = () => t().releases.version(props.release.version);
  const isOlder = () => props.current !== undefined && props.release.version < props.current.version;
  const refused = () => because(can.runRollout(me(), props.release.team)) ?? (props.release.imageState === 'gone' ? t().releases.back.gone : null);
  return (
    <Tr>
      <Td>
        <input type="checkbox" class="accent-accent size-4 align-middle" aria-label={words().mark(version())} checked={props.isMarked} onInput={(event) => props.onMark(event.currentTarget.checked)} />
      </Td>
      <Td class="whitespace-nowrap">
        <A href={paths.release(props.release.id)} class="hover:text-accent font-medium hover:underline">
          {version()}
        </A>{' '}
        <Show when={props.release.imageState === 'gone'}>
          <Badge tone={toneOf.image('gone')} title={t().releases.page.imageGone}>
            {words().gone}
          </Badge>
        </Show>
      </Td>
      <Td>
        <span class="block max-w-72 truncate" title={props.release.note || (props.release.commit?.subject ?? props.release.image)}>
          {props.release.commit?.subject ?? props.release.image}
        </span>
        <span class="text-muted flex flex-wrap items-center gap-x-2 text-xs">
          <Show when={props.release.commit}>{(commit) => <CommitId id={commit().id} />}</Show>
          <Show when={props.release.promotedFrom}>
            {(from) => (
              <Chip>
                {from().environment} {t().releases.version(from().version)}
              </Chip>
            )}
          </Show>
        </span>
      </Td>
      <Td>
        <Show when={props.release.digest} fallback={<span class="text-faint">{t().common.nothing}</span>}>
          {(digest) => <ShortDigest digest={digest()} />}
        </Show>
      </Td>
      <Td class="whitespace-nowrap">
        <Show when={props.release.isCurrent || props.release.replicas > 0} fallback={<span class="text-faint">{t().common.nothing}</span>}>
          <Badge tone={props.release.isCurrent ? 'ok' : 'busy'}>{props.release.isCurrent ? t().releases.page.current : t().common.now}</Badge>
          <span class="text-muted mt-0.5 block text-xs">{t().common.countReplicas(props.release.replicas)}</span>
        </Show>
      </Td>
      <Td right class="whitespace-nowrap">
        <Show when={props.release.learnt} fallback={<span class="text-faint">{t().common.nothing}</span>}>
          {(learnt) => t().rollouts.ms(show.number(learnt().cpuMsPerRequest))}
        </Show>
      </Td>
      <Td class="whitespace-nowrap">
        {props.release.createdBy}
        <span class="text-faint block text-sm" title={show.moment(props.release.createdAt)}>
          {show.ago(props.release.createdAt)}
        </span>
      </Td>
      <Td right class="whitespace-nowrap">
        <Show when={isOlder()}>
          <Button size="sm" icon="undo" refused={refused()} onClick={() => props.onBack()}>
            {words().rollBack}
          </Button>
        </Show>
        <Show when={!isOlder() && !props.release.isCurrent}>
          <ButtonLink size="sm" icon="rollouts" href={paths.release(props.release.id)}>
            {words().start}
          </ButtonLink>
        </Show>
      </Td>
    </Tr>
  );
}
