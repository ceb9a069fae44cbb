// The first step of a release: what is to run. A built commit, one that is built here and now, what runs in another environment, the same
// image again, or any image. Says what was chosen as the API's `from`; null while nothing is.
import { useQuery } from '@tanstack/solid-query';
import { createEffect, createSignal, createUniqueId, For, Match, on, Show, Switch, type JSX } from 'solid-js';
import type { BuildView, ReleaseAskInput, ReleaseView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { buildForm, BuildFields, toBuildAsk, type BuildForm } from '../../forms/BuildFields.tsx';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { createStore } from '../../solid.ts';
import { Button } from '../../ui/Button.tsx';
import { Choice } from '../../ui/Choice.tsx';
import { Input, Select } from '../../ui/Field.tsx';
import { Empty, Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { BuildState, Repeatable } from './BuildBadges.tsx';
import { BuildLog } from './BuildLog.tsx';
import { CommitId } from './Digest.tsx';
import { matchesBuild } from './BuildsPage.tsx';

export type Source = 'build' | 'new' | 'release' | 'current' | 'image';
export type From = ReleaseAskInput['from'];
export const SOURCES: readonly Source[] = ['build', 'new', 'release', 'current', 'image'];

export interface VersionPickerProps {
  readonly service: string;
  readonly team: string;
  readonly environment: string;
  readonly environments: readonly string[];
  readonly source: Source;
  readonly onSource: (source: Source) => void;
  readonly from: From | null;
  readonly onFrom: (from: From | null) => void;
  readonly error: string | undefined;
}

export function VersionPicker(props: VersionPickerProps): JSX.Element {
  const words = () => t().releases.make;
  return (
    <div class="flex flex-col gap-4">
      <Choice label={words().source} value={props.source} options={SOURCES.map((value) => ({ value, text: words().sources[value] }))} onInput={(source) => props.onSource(source as Source)} />
      <p class="text-muted text-sm">{words().leads[props.source]}</p>
      <Switch>
        <Match when={props.source === 'build'}>
          <Builds {...props} />
        </Match>
        <Match when={props.source === 'new'}>
          <NewBuild {...props} />
        </Match>
        <Match when={props.source === 'release'}>
          <Promotion {...props} />
        </Match>
        <Match when={props.source === 'image'}>
          <Input label={words().image} hint={words().imageHint} mono placeholder="registry.example.com/quotes/quote:1.4" value={props.from?.kind === 'image' ? props.from.image : ''} onInput={(image) => props.onFrom(image.trim() === '' ? null : { kind: 'image', image: image.trim() })} error={props.error} />
        </Match>
      </Switch>
      <Show when={props.error !== undefined && props.source !== 'image'}>
        <p role="alert" class="text-bad text-sm">
          {props.error}
        </p>
      </Show>
    </div>
  );
}

function Builds(props: VersionPickerProps): JSX.Element {
  const words = () => t().releases.make;
  const [filter, setFilter] = createSignal('');
  const builds = useQuery(() => queries.builds({ service: props.service }));
  const ready = (all: readonly BuildView[]) => all.filter((build) => build.state === 'succeeded' && build.kind === 'service' && matchesBuild(build, filter()));
  return (
    <Loaded
      query={builds}
      skeleton={<Skeleton lines={3} />}
      isEmpty={(all) => !all.some(({ state }) => state === 'succeeded')}
      empty={<Empty icon="builds" title={words().noBuilds} action={<Button icon="builds" onClick={() => props.onSource('new')}>{words().toBuild}</Button>}>{words().noBuildsLead}</Empty>}
    >
      {(all) => (
        <>
          <input type="search" class="control" placeholder={words().filterBuilds} aria-label={words().filterBuilds} value={filter()} onInput={(event) => setFilter(event.currentTarget.value)} />
          <Rows label={words().chosenBuild} rows={ready(all())} idOf={(build) => build.id} chosen={props.from?.kind === 'build' ? props.from.buildId : null} onChoose={(build) => props.onFrom({ kind: 'build', buildId: build.id })} none={t().builds.nothingHere}>
            {(build) => (
              <>
                <span class="block truncate font-medium">{build.commit?.subject ?? build.source?.ref}</span>
                <span class="text-muted flex flex-wrap items-center gap-x-2 text-xs">
                  <Show when={build.commit}>{(commit) => <CommitId id={commit().id} />}</Show>
                  <span>{build.commit?.author}</span>
                  <span>{show.ago(build.createdAt)}</span>
                  <span>{build.layer}</span>
                  <Repeatable build={build} />
                </span>
              </>
            )}
          </Rows>
        </>
      )}
    </Loaded>
  );
}

/** Builds here and now; a build that succeeds is chosen by itself. */
function NewBuild(props: VersionPickerProps): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const earlier = useQuery(() => queries.builds({ service: props.service }));
  const [form, setForm] = createStore<BuildForm>(buildForm('', ''));
  const [touched, setTouched] = createSignal(false);
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const [buildId, setBuildId] = createSignal<string | null>(null);
  const build = useQuery(() => ({ ...queries.build(buildId() ?? ''), enabled: buildId() !== null, reconcile: false as const }));
  const current = () => (buildId() === null ? undefined : dataOf(build));
  // The source of the last build is most likely the source of this one, until somebody types another.
  createEffect(on(() => dataOf(earlier)?.find(({ source }) => source !== null), (last) => !touched() && setForm(buildForm(props.team, props.service, last))));
  createEffect(
    on(
      () => current()?.state,
      (state) => state === 'succeeded' && props.onFrom({ kind: 'build', buildId: buildId()! }),
    ),
  );
  const start = async (): Promise<void> => {
    if (form.url.trim() === '') {
      setErrors({ url: t().ask.needed });
      return;
    }
    setErrors({});
    setBusy(true);
    props.onFrom(null);
    await act(mutations.startBuild(toBuildAsk({ ...form, team: props.team, service: props.service })), { topics: ['builds'], done: t().builds.started, onFields: setErrors, onDone: (started) => setBuildId(started.id) });
    setBusy(false);
  };
  const set = (change: Partial<BuildForm>): void => {
    setTouched(true);
    setForm(change);
  };
  return (
    <div class="flex flex-col gap-4">
      <BuildFields form={form} set={set} errors={errors()} />
      <div class="flex items-center gap-3">
        <Button tone={buildId() === null ? 'primary' : 'plain'} icon="builds" busy={busy()} refused={because(can.startBuild(me(), props.team))} onClick={() => void start()}>
          {t().builds.start}
        </Button>
        <Show when={current()}>
          {(now) => (
            <span class="flex flex-wrap items-center gap-2 text-sm">
              <BuildState build={now()} />
              <Repeatable build={now()} />
              <span class="text-muted">{now().state === 'failed' ? now().reason : now().phase}</span>
            </span>
          )}
        </Show>
      </div>
      <Show when={buildId()}>{(id) => <BuildLog buildId={id()} isLive={current() === undefined || current()!.state === 'queued' || current()!.state === 'running'} height="h-72" />}</Show>
    </div>
  );
}

function Promotion(props: VersionPickerProps): JSX.Element {
  const words = () => t().releases.make;
  const others = () => props.environments.filter((environment) => environment !== props.environment);
  const [environment, setEnvironment] = createSignal<string | null>(null);
  const chosen = () => environment() ?? others().at(-1) ?? '';
  const releases = useQuery(() => ({ ...queries.releases(props.service, chosen()), enabled: chosen() !== '' }));
  return (
    <Show when={others().length > 0} fallback={<Empty icon="services" title={words().noOthers}>{words().noOthersLead}</Empty>}>
      <Select class="max-w-64" label={words().fromEnvironment} value={chosen()} options={others().map((value) => ({ value, text: value }))} onInput={(value) => { setEnvironment(value); props.onFrom(null); }} />
      <Loaded query={releases} skeleton={<Skeleton lines={3} />} empty={<p class="text-muted text-sm">{t().releases.list.empty}</p>}>
        {(all) => (
          <Rows label={words().sources.release} rows={all()} idOf={(release) => release.id} chosen={props.from?.kind === 'release' ? props.from.releaseId : null} onChoose={(release) => props.onFrom({ kind: 'release', releaseId: release.id })} none={t().releases.list.empty}>
            {(release) => <ReleaseLine release={release} />}
          </Rows>
        )}
      </Loaded>
    </Show>
  );
}

function ReleaseLine(props: { readonly release: ReleaseView }): JSX.Element {
  return (
    <>
      <span class="block truncate font-medium">
        {t().releases.version(props.release.version)} {props.release.commit?.subject ?? props.release.image}
      </span>
      <span class="text-muted flex flex-wrap items-center gap-x-2 text-xs">
        <Show when={props.release.isCurrent}>
          <span class="text-ok font-medium">{t().releases.page.current}</span>
        </Show>
        <Show when={props.release.commit}>{(commit) => <CommitId id={commit().id} />}</Show>
        <span>{props.release.createdBy}</span>
        <span>{show.ago(props.release.createdAt)}</span>
      </span>
    </>
  );
}

/** One of several rows, by radio buttons. */
function Rows<T>(props: { readonly label: string; readonly rows: readonly T[]; readonly idOf: (row: T) => string; readonly chosen: string | null; readonly onChoose: (row: T) => void; readonly none: string; readonly children: (row: T) => JSX.Element }): JSX.Element {
  const name = createUniqueId();
  return (
    <fieldset class="border-line max-h-96 min-w-0 overflow-y-auto rounded-md border">
      <legend class="sr-only">{props.label}</legend>
      <For each={props.rows} fallback={<p class="text-muted px-4 py-6 text-center text-sm">{props.none}</p>}>
        {(row) => (
          <label class="border-line hover:bg-sunken/60 has-checked:bg-accent-soft flex cursor-pointer items-start gap-3 border-b px-3 py-2 last:border-0">
            <input type="radio" class="accent-accent mt-1 size-4" name={name} checked={props.idOf(row) === props.chosen} onInput={() => props.onChoose(row)} />
            <span class="min-w-0 flex-1">{props.children(row)}</span>
          </label>
        )}
      </For>
    </fieldset>
  );
}
