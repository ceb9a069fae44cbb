// How a workload follows demand: its settings, and beside them, while one edits, what they would have done and would decide now. Saving asks for
// the reason; a version that somebody else made meanwhile is announced and never overwritten unseen.
import { useNavigate, useParams, useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createMemo, createSignal, Show, type JSX } from 'solid-js';
import type { AutoscaleView, WorkloadView } from '#server/http/contract/index.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { createAutoscaleFeed } from '../../forms/autoscale-feed.ts';
import { fromSettings, toSettings, type AutoscaleForm } from '../../forms/autoscale-form.ts';
import { AutoscaleFields } from '../../forms/AutoscaleFields.tsx';
import { faultText } from '../../forms/fault-text.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { createStore, unwrap } from '../../solid.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty, Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { AutoscalePreviewPanel } from './AutoscalePreviewPanel.tsx';
import { PauseButtons } from '../services/ServiceAutoscale.tsx';

export default function AutoscaleSettingsPage(): JSX.Element {
  const params = useParams<{ name: string }>();
  const [search] = useSearchParams<{ environment?: string }>();
  const service = useQuery(() => queries.service(params.name));
  return (
    <Loaded query={service} skeleton={<Skeleton lines={8} />}>
      {(all) => (
        <Show
          when={all().workloads.find(({ environment }) => environment === (search.environment ?? 'production'))}
          fallback={
            <>
              <PageHead title={params.name} crumbs={[{ href: paths.service(params.name), text: params.name }]} />
              <Panel flush>
                <Empty icon="services" title={t().autoscaleSettings.noWorkload} />
              </Panel>
            </>
          }
        >
          {(workload) => <OfWorkload workload={workload()} />}
        </Show>
      )}
    </Loaded>
  );
}

function OfWorkload(props: { readonly workload: WorkloadView }): JSX.Element {
  // The form starts from it: comparing by id would change what it started from under the hand.
  const autoscale = useQuery(() => ({ ...queries.autoscale(props.workload.id), reconcile: false as const }));
  return (
    <Loaded query={autoscale} skeleton={<Skeleton lines={8} />}>
      {(now) => <Editor now={now()} workload={props.workload} />}
    </Loaded>
  );
}

/** Field paths of the server's answers begin with the part of the body. */
const ownFields = (fields: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(fields).map(([field, message]) => [field.replace(/^settings\./, ''), message]));

function Editor(props: { readonly now: AutoscaleView; readonly workload: WorkloadView }): JSX.Element {
  const words = () => t().autoscaleSettings;
  const act = useAct();
  const navigate = useNavigate();
  // The editor starts once from what is in force; a newer version is announced and never overwrites what was typed.
  // eslint-disable-next-line solid/reactivity
  const [base, setBase] = createSignal(props.now);
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore<AutoscaleForm>(fromSettings(props.now.settings));
  const [hours, setHours] = createSignal(6);
  const [saving, setSaving] = createSignal(false);
  const [refusedFields, setRefusedFields] = createSignal<Readonly<Record<string, string>>>({});
  const read = createMemo(() => toSettings({ ...form }, props.now.settings));
  const feed = createAutoscaleFeed(() => props.now.workloadId, () => read().settings, hours);
  const isChanged = () => JSON.stringify(read().settings) !== JSON.stringify(toSettings(fromSettings(base().settings), props.now.settings).settings);
  const errors = (): Record<string, string> => ({
    ...refusedFields(),
    ...ownFields(feed.error()?.fields ?? {}),
    ...Object.fromEntries(Object.entries(read().faults).map(([field, fault]) => [field, faultText(fault)])),
  });
  const set = (change: Partial<AutoscaleForm>): void => {
    setRefusedFields({});
    setForm(change);
  };
  const begin = (from: AutoscaleView): void => {
    setBase(from);
    setForm(unwrap(fromSettings(from.settings)));
  };
  const refused = () => (props.now.mayManage ? (read().settings === null ? words().hasFaults : isChanged() ? null : words().unchanged) : t().refusals.role(t().states.role.developer, props.now.team));
  const save = async (why: string): Promise<boolean> => {
    const { settings } = read();
    if (settings === null) return false;
    return act(mutations.setAutoscale(props.now.workloadId, { settings, why, version: props.now.version }), {
      topics: ['autoscale', 'services'],
      done: words().saved,
      onFields: (fields) => setRefusedFields(ownFields(fields)),
      onDone: () => navigate(paths.service(props.now.service, { environment: props.now.environment, tab: 'autoscale' })),
    });
  };
  const name = () => props.now.workload;
  return (
    <>
      <PageHead
        title={words().title(name())}
        crumbs={[{ href: paths.services(), text: t().services.title }, { href: paths.service(props.now.service, { environment: props.now.environment, tab: 'autoscale' }), text: props.now.service }]}
        lead={
          <>
            {words().lead}{' '}
            <span class="text-faint">
              {words().version(show.number(base().version))}
              <Show when={base().changedAt}>{(at) => <>, {words().changedBy(base().changedBy ?? '', show.ago(at()))}</>}</Show>
            </span>
          </>
        }
        cli={[`firn autoscale show ${name()}`, `firn autoscale set ${name()} --help`, `firn autoscale preview ${name()} --help`]}
        actions={
          <>
            <Show when={props.now.settings.mode !== 'off'}>
              <PauseButtons autoscale={props.now} />
            </Show>
            <Button tone="primary" refused={refused()} onClick={() => setSaving(true)}>
              {words().save}
            </Button>
          </>
        }
      />
      <Show when={props.now.version !== base().version}>
        <div role="status" class="bg-warn-soft text-warn mb-5 flex flex-wrap items-center justify-between gap-3 rounded-md px-3 py-2">
          <span>{words().overtaken(props.now.changedBy ?? '')}</span>
          <Button size="sm" onClick={() => begin(props.now)}>
            {words().takeNewer}
          </Button>
        </div>
      </Show>
      <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)] min-[88rem]:grid-cols-[minmax(0,1fr)_32rem]">
        <AutoscaleFields form={form} set={set} errors={errors()} bounds={props.now.bounds} />
        <div class="min-w-0 lg:sticky lg:top-4">
          <AutoscalePreviewPanel feed={feed} isReadable={read().settings !== null} workload={props.workload} hours={hours()} onHours={setHours} />
        </div>
      </div>
      <ReasonDialog open={saving()} onClose={() => setSaving(false)} title={words().saveTitle(name())} lead={words().saveLead[form.mode]} confirm={words().save} reason="required" placeholder={words().whyPlaceholder} onConfirm={save} />
    </>
  );
}
