// The policy: an editor, what would follow beside it while one edits, what is different, and every version there was. Nothing here changes
// the policy: a change becomes a proposal.
import { useQuery } from '@tanstack/solid-query';
import { createMemo, createSignal, Show, type JSX } from 'solid-js';
import type { Change, PolicyRecord, PolicyView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { policyDiff } from '../../format/policy-diff.ts';
import { faultText } from '../../forms/fault-text.ts';
import { formField, fromRecord, toRecord, type PolicyForm } from '../../forms/policy-form.ts';
import { PolicyFields } from '../../forms/PolicyFields.tsx';
import { ProposeDialog } from '../../forms/ProposeDialog.tsx';
import { createSimulationFeed } from '../../forms/simulation-feed.ts';
import { language, t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { createStore, unwrap } from '../../solid.ts';
import { Button } from '../../ui/Button.tsx';
import { Segmented, TextArea } from '../../ui/Field.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { toast } from '../../ui/toast.ts';
import { ConsequenceLine, ConsequencePanel } from './ConsequencePanel.tsx';
import { PolicyDiff } from './PolicyDiff.tsx';
import { PolicyHistory } from './PolicyHistory.tsx';

export default function PolicyPage(): JSX.Element {
  const policy = useQuery(() => ({ ...queries.policy(), reconcile: false as const }));
  return (
    <Loaded query={policy} skeleton={<Skeleton lines={8} />}>
      {(now) => <Editor inForce={now()} />}
    </Loaded>
  );
}

function Editor(props: { readonly inForce: PolicyView }): JSX.Element {
  const { me } = useSession();
  // The editor starts once from what is in force; a newer version is announced and never overwrites what was typed.
  // eslint-disable-next-line solid/reactivity
  const [base, setBase] = createSignal(props.inForce);
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore<PolicyForm>(fromRecord(props.inForce.record));
  const [view, setView] = createSignal<'form' | 'json'>('form');
  const [json, setJson] = createSignal('');
  const [title, setTitle] = createSignal<string | null>(null);
  const [proposing, setProposing] = createSignal(false);
  const hosts = useQuery(() => ({ ...queries.hosts(), reconcile: false as const }));

  const start = (from: PolicyRecord): void => {
    setForm(fromRecord(from));
    setJson(JSON.stringify(from, null, 2));
  };
  const read = createMemo(() => (view() === 'json' ? fromJson(json()) : { ...toRecord({ ...form }), wrong: null }));
  const diff = createMemo(() => {
    const { record } = read();
    return record === null ? [] : policyDiff(base().record, record, t(), language(), show);
  });
  const changes = createMemo((): readonly Change[] | null => {
    const { record } = read();
    return record === null || diff().length === 0 ? null : [{ kind: 'policy', record }];
  });
  const feed = createSimulationFeed(changes, () => can.simulate(me()));
  const errors = (): Record<string, string> => ({
    ...Object.fromEntries(Object.entries(feed.error()?.fields ?? {}).map(([field, message]) => [formField(field, form), message])),
    ...Object.fromEntries(Object.entries(read().faults).map(([field, fault]) => [field, faultText(fault)])),
  });
  const capacity = () => {
    const all = dataOf(hosts);
    return all === undefined ? null : unwrap(all).reduce((sum, { capacity: { cpuMilli, memoryMib } }) => ({ cpuMilli: sum.cpuMilli + cpuMilli, memoryMib: sum.memoryMib + memoryMib }), { cpuMilli: 0, memoryMib: 0 });
  };
  const switchTo = (next: 'form' | 'json'): void => {
    const { record } = read();
    if (next === 'json') setJson(JSON.stringify(record ?? base().record, null, 2));
    else if (record !== null) setForm(fromRecord(record));
    setView(next);
  };
  const bringBack = (version: PolicyView): void => {
    start(version.record);
    setTitle(t().policy.suggestedBack(show.number(version.version)));
    toast.say(t().policy.broughtBack(show.number(version.version)));
    window.scrollTo(0, 0);
  };
  const refused = () => because(can.makeProposal(me())) ?? (read().record === null ? t().policy.hasFaults : diff().length === 0 ? t().policy.unchanged : null);
  const discard = (): void => {
    setBase(props.inForce);
    start(props.inForce.record);
    setTitle(null);
  };

  return (
    <>
      <PageHead
        title={t().policy.title}
        lead={
          <>
            {t().policy.lead}{' '}
            <span class="text-faint whitespace-nowrap">
              {t().policy.version(show.number(base().version))}, {t().policy.since(base().createdBy, show.ago(base().createdAt))}
            </span>
          </>
        }
        cli={['firn policy show > policy.yaml', "firn policy edit -f policy.yaml --why '…'", 'firn policy versions']}
        actions={
          <>
            <Segmented hideLabel label={t().policy.view} value={view()} options={[{ value: 'form', text: t().policy.form }, { value: 'json', text: t().policy.json }]} onInput={(next) => switchTo(next as 'form')} />
            <Button tone="quiet" refused={diff().length === 0 && read().record !== null ? t().policy.unchanged : null} onClick={discard}>
              {t().policy.reset}
            </Button>
            <Button tone="primary" icon="proposals" refused={refused()} onClick={() => setProposing(true)}>
              {t().policy.propose}
            </Button>
          </>
        }
      />
      <Show when={props.inForce.version !== base().version}>
        <div role="status" class="bg-warn-soft text-warn mb-5 flex flex-wrap items-center justify-between gap-3 rounded-md px-3 py-2">
          <span class="flex items-center gap-2">
            <Icon name="info" />
            {t().policy.newer(show.number(props.inForce.version))}
          </span>
          <Button size="sm" onClick={discard}>
            {t().policy.takeNewer}
          </Button>
        </div>
      </Show>
      <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
        <div class="flex min-w-0 flex-col gap-5">
          <Panel flush>
            <Show when={view() === 'form'} fallback={<div class="p-4"><TextArea label={t().policy.json} mono rows={36} value={json()} onInput={setJson} error={read().wrong === null ? null : t().policy.cannotRead + read().wrong} /></div>}>
              <PolicyFields form={form} set={(change) => setForm(change)} errors={errors()} capacity={capacity()} />
            </Show>
          </Panel>
          <PolicyHistory inForce={props.inForce.version} onBringBack={bringBack} />
        </div>
        <ConsequencePanel feed={feed}>
          <Show when={diff().length > 0}>
            <section class="border-line border-t">
              <h3 class="px-4 pt-4 pb-1 text-sm font-semibold">
                {t().policy.diff} <span class="text-faint font-normal">· {t().policy.diffCount(diff().length)}</span>
              </h3>
              <PolicyDiff rows={diff()} />
            </section>
          </Show>
        </ConsequencePanel>
      </div>
      <ConsequenceLine feed={feed} />
      <ProposeDialog open={proposing()} onClose={() => setProposing(false)} changes={changes() ?? []} suggested={title() ?? t().policy.suggestedTitle(show.listed(diff().slice(0, 3).map(({ field }) => field)))} />
    </>
  );
}

type Read = ReturnType<typeof toRecord> & { readonly wrong: string | null };

/** What is typed as JSON goes through the form's own checks, so that both views refuse the same. */
function fromJson(text: string): Read {
  try {
    const record = JSON.parse(text) as PolicyRecord;
    const checked = toRecord(fromRecord(record));
    const first = Object.entries(checked.faults)[0];
    // Fields that the form does not know are the server's to judge.
    return { faults: {}, record: checked.record === null ? null : { ...record, ...checked.record }, wrong: first === undefined ? null : `${first[0]} ${faultText(first[1])}` };
  } catch (error) {
    return { record: null, faults: {}, wrong: error instanceof Error ? error.message : String(error) };
  }
}
