// Builds: newest first, found by service, commit or person.
import { A, useNavigate } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { BuildView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { queries } from '../../api/queries.ts';
import { BuildDialog } from '../../forms/BuildDialog.tsx';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Chip } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { BuildState, Repeatable, tookSeconds } from './BuildBadges.tsx';
import { CommitId, ShortDigest } from './Digest.tsx';

export default function BuildsPage(): JSX.Element {
  const { me } = useSession();
  const navigate = useNavigate();
  const builds = useQuery(() => queries.builds());
  const [filter, setFilter] = createSignal('');
  const [starting, setStarting] = createSignal(false);
  const shown = (all: readonly BuildView[]) => all.filter((build) => matchesBuild(build, filter()));
  const start = () => (
    <Button tone="primary" icon="builds" refused={because(can.startBuild(me(), undefined))} onClick={() => setStarting(true)}>
      {t().builds.start}
    </Button>
  );
  return (
    <>
      <PageHead title={t().builds.title} lead={t().builds.lead} cli={['firn build list', 'firn build SERVICE --team TEAM --git URL --ref main --wait']} actions={start()} />
      <Loaded query={builds} empty={<Panel flush><Empty icon="builds" title={t().builds.empty} action={start()}>{t().builds.emptyLead}</Empty></Panel>}>
        {(all) => (
          <Panel flush>
            <div class="border-line border-b p-3">
              <input type="search" class="control max-w-sm" placeholder={t().builds.filter} aria-label={t().builds.filter} value={filter()} onInput={(event) => setFilter(event.currentTarget.value)} />
            </div>
            <Show when={shown(all()).length > 0} fallback={<p class="text-muted px-4 py-10 text-center">{t().builds.nothingHere}</p>}>
              <BuildTable builds={shown(all())} withSubject />
            </Show>
          </Panel>
        )}
      </Loaded>
      <Show when={starting()}>
        <BuildDialog onClose={() => setStarting(false)} onStarted={(build) => navigate(paths.build(build.id))} />
      </Show>
    </>
  );
}

export function matchesBuild(build: BuildView, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return [build.subject, build.team ?? '', build.commit?.id ?? '', build.commit?.subject ?? '', build.commit?.author ?? '', build.source?.ref ?? '', build.createdBy].some((each) => each.toLowerCase().includes(wanted));
}

export function BuildTable(props: { readonly builds: readonly BuildView[]; readonly withSubject?: boolean }): JSX.Element {
  return (
    <Table
      label={t().builds.title}
      class="min-w-3xl"
      head={
        <>
          <Th>{t().builds.columns.what}</Th>
          <Th>{t().builds.columns.commit}</Th>
          <Th>{t().builds.columns.digest}</Th>
          <Th right>{t().builds.columns.took}</Th>
          <Th>{t().builds.columns.by}</Th>
        </>
      }
    >
      <For each={props.builds}>{(build) => <Row build={build} withSubject={props.withSubject === true} />}</For>
    </Table>
  );
}

function Row(props: { readonly build: BuildView; readonly withSubject: boolean }): JSX.Element {
  const took = () => tookSeconds(props.build);
  return (
    <Tr>
      <Td>
        <A href={paths.build(props.build.id)} class="hover:text-accent font-medium whitespace-nowrap hover:underline">
          {props.withSubject ? props.build.subject : (props.build.source?.ref ?? props.build.subject)}
        </A>{' '}
        <Show when={props.build.kind === 'layer'}>
          <Chip>{t().builds.kinds.layer}</Chip>
        </Show>
        <div class="mt-1">
          <BuildState build={props.build} />
        </div>
      </Td>
      <Td>
        <Show when={props.build.commit} fallback={<span class="text-muted text-sm">{props.build.source?.ref ?? t().common.nothing}</span>}>
          {(commit) => (
            <>
              <span class="block max-w-96 truncate" title={commit().subject ?? undefined}>
                {commit().subject}
              </span>
              <span class="text-muted text-xs">
                <CommitId id={commit().id} /> {commit().author}
                <Show when={props.withSubject && props.build.source?.ref}>{(ref) => <> · {ref()}</>}</Show>
              </span>
            </>
          )}
        </Show>
      </Td>
      <Td>
        <Show when={props.build.digest} fallback={<span class="text-faint">{t().common.nothing}</span>}>
          {(digest) => <ShortDigest digest={digest()} />}
        </Show>
        <span class="mt-1 flex flex-wrap gap-1">
          <Repeatable build={props.build} />
        </span>
      </Td>
      <Td right class="whitespace-nowrap">
        {took() === null ? t().common.nothing : show.duration(took()!)}
      </Td>
      <Td class="whitespace-nowrap">
        {props.build.createdBy}
        <span class="text-faint block text-sm" title={show.moment(props.build.createdAt)}>
          {show.ago(props.build.createdAt)}
        </span>
      </Td>
    </Tr>
  );
}
