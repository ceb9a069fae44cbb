// Composes a release: what is to run, and with which configuration, beside what will be different. Making it starts nothing: it leads to the
// page of the new release, where resources and rollout are.
import { useNavigate, useParams, useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createMemo, createSignal, Show, type JSX } from 'solid-js';
import type { ReleaseAskInput, ReleaseView, SecretView, WorkloadView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { configDiff } from '../../format/config-diff.ts';
import { ConfigFields } from '../../forms/ConfigFields.tsx';
import { fromRelease, toChange, type ConfigForm } from '../../forms/config-form.ts';
import { faultText } from '../../forms/fault-text.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { language, t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { createStore } from '../../solid.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { TextArea } from '../../ui/Field.tsx';
import { Empty, Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { toast } from '../../ui/toast.ts';
import { FreezeBanner, LockBanner } from './Guards.tsx';
import { PolicyDiff } from '../placement/PolicyDiff.tsx';
import { ReleaseSteps } from './ReleaseSteps.tsx';
import { SOURCES, VersionPicker, type From, type Source } from './VersionPicker.tsx';

export default function MakeReleasePage(): JSX.Element {
  const params = useParams<{ name: string }>();
  const [search] = useSearchParams<{ environment?: string }>();
  const service = useQuery(() => queries.service(params.name));
  const releases = useQuery(() => ({ ...queries.releases(params.name, search.environment ?? ''), reconcile: false as const }));
  return (
    <Loaded query={service} skeleton={<Skeleton lines={6} />}>
      {(all) => (
        <Show when={all().workloads.find(({ environment }) => environment === search.environment)} fallback={<NoWorkload service={all().name} environment={search.environment ?? ''} />}>
          {(workload) => (
            <Loaded query={releases} skeleton={<Skeleton lines={6} />}>
              {(known) => (
                <Show when={known().find(({ isCurrent }) => isCurrent) ?? known()[0]} fallback={<NoWorkload service={all().name} environment={search.environment ?? ''} />}>
                  {(current) => <Compose workload={workload()} current={current()} environments={all().workloads.map(({ environment }) => environment)} />}
                </Show>
              )}
            </Loaded>
          )}
        </Show>
      )}
    </Loaded>
  );
}

function NoWorkload(props: { readonly service: string; readonly environment: string }): JSX.Element {
  return (
    <>
      <PageHead title={t().releases.make.title(`${props.service}.${props.environment}`)} crumbs={[{ href: paths.services(), text: t().services.title }, { href: paths.service(props.service), text: props.service }]} />
      <Panel flush>
        <Empty icon="services" title={t().releases.make.noWorkload} action={<ButtonLink href={paths.ask({ service: props.service, environment: props.environment })} tone="primary" icon="ask">{t().shell.nav.ask}</ButtonLink>}>
          {t().releases.make.noWorkloadLead}
        </Empty>
      </Panel>
    </>
  );
}

function Compose(props: { readonly workload: WorkloadView; readonly current: ReleaseView; readonly environments: readonly string[] }): JSX.Element {
  const [search] = useSearchParams<{ from?: string; build?: string }>();
  const navigate = useNavigate();
  const act = useAct();
  // The form starts once from the release that runs; a later answer must not overwrite what was typed.
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore<ConfigForm>(fromRelease(props.current));
  // The address says only how the page begins.
  const [source, setSource] = createSignal<Source>(SOURCES.find((each) => each === search.from) ?? 'build');
  // eslint-disable-next-line solid/reactivity
  const [from, setFrom] = createSignal<From | null>(search.build === undefined ? (source() === 'current' ? { kind: 'current' } : null) : { kind: 'build', buildId: search.build });
  const [note, setNote] = createSignal('');
  const [refused, setRefused] = createSignal<Readonly<Record<string, string>>>({});
  const [tried, setTried] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const secrets = useQuery(() => queries.secrets(props.workload.team));
  const own = () => (dataOf(secrets) ?? []).filter(({ service, environment }) => service === props.workload.service && environment === props.workload.environment);
  const converted = createMemo(() => toChange({ ...form, env: [...form.env], secretEnv: [...form.secretEnv], files: [...form.files] }, props.current));
  const errors = (): Record<string, string> => ({ ...refused(), ...Object.fromEntries(Object.entries(converted().faults).filter(([, fault]) => tried() || (fault.code !== 'needed' && fault.code !== 'choose')).map(([field, fault]) => [field, faultText(fault)])) });
  const set = (change: Partial<ConfigForm>): void => {
    setForm(change);
    setRefused({});
  };
  const choose = (next: Source): void => {
    setSource(next);
    setFrom(next === 'current' ? { kind: 'current' } : null);
  };
  const make = async (): Promise<void> => {
    setTried(true);
    const { change } = converted();
    const chosen = from();
    if (chosen === null || change === null || busy()) return;
    setBusy(true);
    const ask: ReleaseAskInput = { environment: props.workload.environment, from: chosen, config: change, note: note().trim() };
    await act(mutations.makeRelease(props.workload.service, ask), {
      topics: ['releases'],
      onFields: setRefused,
      onDone: (release) => {
        toast.done(t().releases.make.made(t().releases.names(props.workload.name, release.version)));
        for (const warning of release.warnings) toast.say(warning.message);
        navigate(paths.release(release.id));
      },
    });
    setBusy(false);
  };
  return (
    <>
      <PageHead
        title={t().releases.make.title(props.workload.name)}
        lead={t().releases.make.lead}
        crumbs={[{ href: paths.services(), text: t().services.title }, { href: paths.service(props.workload.service, { environment: props.workload.environment, tab: 'releases' }), text: props.workload.name }]}
        cli={commandOf(props.workload, from(), converted().change)}
      />
      <ReleaseSteps compose />
      <LockBanner workloadId={props.workload.id} workload={props.workload.name} team={props.workload.team} />
      <FreezeBanner environment={props.workload.environment} />
      <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
        <div class="flex min-w-0 flex-col gap-5">
          <Panel title={t().releases.steps.version} aside={t().releases.make.currentIs(t().releases.version(props.current.version))}>
            <VersionPicker service={props.workload.service} team={props.workload.team} environment={props.workload.environment} environments={props.environments} source={source()} onSource={choose} from={from()} onFrom={setFrom} error={refused()['from.image'] ?? refused()['from.buildId'] ?? refused()['from.releaseId'] ?? refused().from} />
          </Panel>
          <Panel flush title={t().releases.config.title}>
            <p class="text-muted px-4 pt-3 text-sm">{t().releases.config.lead}</p>
            <ConfigFields form={form} set={set} errors={errors()} secrets={namesOf(own())} />
          </Panel>
        </div>
        <Summary workload={props.workload} current={props.current} from={from()} source={source()} change={converted().change} secrets={own()} note={note()} onNote={setNote} busy={busy()} errors={errors()} onMake={() => void make()} />
      </div>
    </>
  );
}

const namesOf = (secrets: readonly SecretView[]): string[] => [...new Set(secrets.map(({ name }) => name))];

/** What is chosen here, as far as it is chosen. */
function commandOf(workload: WorkloadView, from: From | null, change: ReturnType<typeof toChange>['change']): string {
  const quoted = (text: string) => (/^[\w./:@=-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const options = Object.entries(change?.env ?? {}).map(([name, value]) => (value === null ? `--unset-env ${name}` : `--env ${quoted(`${name}=${value}`)}`));
  const secrets = Object.entries(change?.secretEnv ?? {}).map(([name, secret]) => (secret === null ? `--unset-secret ${name}` : `--secret ${name}=${secret}`));
  const source = from?.kind === 'build' ? [`--build ${from.buildId}`] : from?.kind === 'image' ? [`--image ${quoted(from.image)}`] : from === null ? ['--build latest'] : [];
  const head = from?.kind === 'release' ? `firn release promote ${workload.service} --from ENVIRONMENT --to ${workload.environment}` : `firn release make ${workload.service} -e ${workload.environment}`;
  return [head, ...source, ...options, ...secrets].join(' ');
}

interface SummaryProps {
  readonly workload: WorkloadView;
  readonly current: ReleaseView;
  readonly from: From | null;
  readonly source: Source;
  readonly change: ReturnType<typeof toChange>['change'];
  readonly secrets: readonly SecretView[];
  readonly note: string;
  readonly onNote: (note: string) => void;
  readonly busy: boolean;
  readonly errors: Readonly<Record<string, string>>;
  readonly onMake: () => void;
}

/** What will be different, what it is for, and the button. */
function Summary(props: SummaryProps): JSX.Element {
  const { me } = useSession();
  const words = () => t().releases.make;
  const newest = () => {
    const versions = new Map<string, number>();
    for (const { name, version } of props.secrets) versions.set(name, Math.max(version, versions.get(name) ?? 0));
    return versions;
  };
  const rows = () => (props.change === null ? [] : configDiff(props.change, props.current, newest(), t(), language()));
  const versionText = () => (props.from === null ? null : props.from.kind === 'image' ? props.from.image : props.from.kind === 'current' ? null : words().sources[props.from.kind]);
  const refused = () => {
    const reason = because(can.makeRelease(me(), props.workload.team));
    if (reason !== null) return reason;
    if (props.from === null) return props.source === 'new' ? words().waitsForBuild : words().chooseVersion;
    return props.from.kind === 'current' && rows().length === 0 && Object.keys(props.errors).length === 0 ? words().nothingChanges : null;
  };
  return (
    <div class="lg:sticky lg:top-20">
      <Panel flush title={words().changes}>
        <p class="text-muted px-4 pt-3 pb-1 text-sm">{words().changesLead}</p>
        <Show when={rows().length > 0 || versionText() !== null} fallback={<p class="text-muted px-4 py-4 text-sm">{words().noChanges}</p>}>
          <PolicyDiff rows={[...(versionText() === null ? [] : [{ field: t().releases.steps.version, before: t().releases.version(props.current.version), after: versionText() }]), ...rows()]} />
        </Show>
        <div class="border-line flex flex-col gap-4 border-t p-4">
          <TextArea label={words().note} rows={2} optional={t().common.optional} placeholder={words().notePlaceholder} value={props.note} onInput={props.onNote} error={props.errors.note} />
          <Button tone="primary" icon="arrow" busy={props.busy} refused={refused()} onClick={() => props.onMake()}>
            {words().submit}
          </Button>
        </div>
      </Panel>
    </div>
  );
}
