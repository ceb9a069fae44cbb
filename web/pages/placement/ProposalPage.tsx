// One proposal: what it changes, what would follow, its steps, who proposed and approved it, what may be done with it now, and, once it
// is applied, how far it is and what could not be moved.
import { useParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { For, Show, type JSX } from 'solid-js';
import type { Change, PolicyRecord, ProposalDetail } from '#server/http/contract/index.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { changeText } from '../../format/changes.ts';
import { policyDiff } from '../../format/policy-diff.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { Fact, PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { ConsequenceView } from './ConsequenceView.tsx';
import { PolicyDiff } from './PolicyDiff.tsx';
import { ProposalActions } from './ProposalActions.tsx';
import { HostLink, StepTable } from './StepTable.tsx';

/** Nothing has begun: what would follow is still a forecast. */
const BEFORE_APPLY = new Set(['draft', 'approved', 'rejected', 'withdrawn', 'stale']);

export default function ProposalPage(): JSX.Element {
  const params = useParams<{ id: string }>();
  const proposal = useQuery(() => ({ ...queries.proposal(params.id), reconcile: false as const }));
  const steps = (now: ProposalDetail) => now.simulation.stages.flatMap((stage) => stage.steps);
  const total = (now: ProposalDetail) => now.simulation.stages.reduce((sum, { counts }) => sum + counts.starts + counts.moves + counts.stops + counts.resizes + counts.renews, 0);
  return (
    <Loaded query={proposal}>
      {(now) => (
        <>
          <PageHead
            title={now().title}
            crumbs={[{ href: paths.proposals(), text: t().proposals.title }]}
            lead={
              <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
                <Badge tone={toneOf.proposal(now().state)}>{t().proposals.states[now().state]}</Badge>
                <span title={now().stateReason}>{language() === 'en' ? now().stateReason || t().proposals.leads[now().state] : t().proposals.leads[now().state]}</span>
              </span>
            }
            cli={[`firn proposal show ${now().id}`, ...(['approve', 'apply', 'undo'] as const).filter((verb) => now().may[verb] === null).map((verb) => `firn proposal ${verb} ${now().id}`)]}
            actions={<ProposalActions proposal={now()} />}
          />
          <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
            <div class="flex min-w-0 flex-col gap-5">
              <Show when={!BEFORE_APPLY.has(now().state)}>
                <Progress proposal={now()} />
              </Show>
              <Changes proposal={now()} />
              <Show when={steps(now()).length > 0}>
                <Panel flush title={t().proposals.steps} aside={show.number(total(now()))}>
                  <StepTable steps={steps(now())} total={total(now())} />
                </Panel>
              </Show>
            </div>
            <div class="flex min-w-0 flex-col gap-5">
              <Panel flush title={t().proposals.consequence} aside={BEFORE_APPLY.has(now().state) ? undefined : t().proposals.consequenceOld}>
                <ConsequenceView consequence={now().simulation.consequence} />
              </Panel>
              <Who proposal={now()} />
            </div>
          </div>
        </>
      )}
    </Loaded>
  );
}

function Changes(props: { readonly proposal: ProposalDetail }): JSX.Element {
  const versions = useQuery(() => ({ ...queries.policyVersions(), reconcile: false as const }));
  /** The policy that was in force when somebody decided: once it is applied, the present policy is the proposed one. */
  const base = (): PolicyRecord | undefined => {
    const all = dataOf(versions) ?? [];
    const before = props.proposal.decidedAt ?? '9';
    return (all.find(({ createdAt }) => createdAt < before) ?? all.at(-1))?.record;
  };
  const diff = (change: Change) => {
    const record = base();
    return change.kind !== 'policy' || record === undefined ? [] : policyDiff(record, change.record, t(), language(), show);
  };
  return (
    <Panel flush title={t().proposals.changes}>
      <Show when={props.proposal.note}>{(note) => <blockquote class="border-accent text-muted mx-4 mt-4 border-l-2 pl-3 whitespace-pre-line">{note()}</blockquote>}</Show>
      <ol class="divide-line divide-y">
        <For each={props.proposal.changes}>
          {(change, at) => (
            <li>
              <p class="flex items-start gap-2.5 px-4 py-3">
                <span class="bg-accent-soft text-accent mt-px flex size-5 shrink-0 items-center justify-center rounded-full text-xs font-semibold" aria-hidden="true">
                  {at() + 1}
                </span>
                <span class="font-medium">{changeText(change, t(), language(), show)}</span>
              </p>
              <Show when={diff(change).length > 0}>
                <div class="pb-1 pl-7.5">
                  <PolicyDiff rows={diff(change)} />
                </div>
              </Show>
            </li>
          )}
        </For>
      </ol>
    </Panel>
  );
}

function Progress(props: { readonly proposal: ProposalDetail }): JSX.Element {
  const moves = () => props.proposal.moves;
  const left = () => Math.max(0, moves().planned - moves().done - moves().declined - moves().underWay);
  const text = () => t().proposals.progressText(show.number(moves().done), show.number(moves().planned));
  return (
    <Panel flush title={t().proposals.progress} aside={<Show when={props.proposal.expectedAt}>{(at) => <span title={show.moment(at())}>{t().proposals.expected(show.ago(at()))}</span>}</Show>}>
      <div class="flex flex-col gap-2 p-4">
        <Meter label={t().proposals.progress} text={text()} whole={Math.max(1, moves().planned)} parts={[{ amount: moves().done, tone: 'used' }, { amount: moves().underWay, tone: 'added' }, { amount: moves().declined, tone: 'over' }]} />
        <div class="flex flex-wrap gap-x-4 gap-y-1 text-sm">
          <span class="font-medium" data-testid="proposal-progress">
            {text()}
          </span>
          <Show when={moves().underWay > 0}>
            <span class="text-info">{t().proposals.underWay(moves().underWay)}</span>
          </Show>
          <Show when={left() > 0}>
            <span class="text-muted">{t().proposals.waiting(left())}</span>
          </Show>
          <Show when={moves().declined > 0}>
            <span class="text-bad">{t().proposals.declinedCount(moves().declined)}</span>
          </Show>
        </div>
      </div>
      <Show when={props.proposal.declined.length > 0}>
        <section class="border-line border-t px-4 py-3">
          <h3 class="mb-1.5 text-sm font-semibold">{t().proposals.declined}</h3>
          <ul class="flex flex-col gap-1.5 text-sm">
            <For each={props.proposal.declined}>
              {(each) => (
                <li class="flex items-start gap-2">
                  <Icon name="stop" class="text-bad mt-0.5 size-4" />
                  <span>
                    <span class="font-medium">{each.replica}</span> → <HostLink name={each.host} />: <span class="text-muted">{each.reason}</span>
                  </span>
                </li>
              )}
            </For>
          </ul>
        </section>
      </Show>
    </Panel>
  );
}

function Who(props: { readonly proposal: ProposalDetail }): JSX.Element {
  const line = (name: string, who: string | null, at: string | null) => (
    <Show when={at}>
      {(when) => (
        <Fact name={name}>
          {who ?? ''} <span class="text-faint text-sm" title={show.moment(when())}>{show.ago(when())}</span>
        </Fact>
      )}
    </Show>
  );
  return (
    <Panel title={t().proposals.history}>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
        {line(t().proposals.proposedBy, props.proposal.createdBy, props.proposal.createdAt)}
        {line(t().proposals.decidedBy, props.proposal.decidedBy, props.proposal.decidedAt)}
        {line(t().proposals.appliedBy, props.proposal.appliedBy, props.proposal.appliedAt)}
        {line(t().proposals.finished, '', props.proposal.finishedAt)}
        <Fact name={t().proposals.parent}>{show.number(props.proposal.parent)}</Fact>
      </dl>
    </Panel>
  );
}
