// Plans, newest first: what each did, why, and how much.
import { A, useNavigate } from '@solidjs/router';
import { keepPreviousData, useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { PlanView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel, ShowMore } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

const STEP = 50;
const MOST = 1000;

export default function PlansPage(): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const navigate = useNavigate();
  const [limit, setLimit] = createSignal(STEP);
  const [busy, setBusy] = createSignal(false);
  const plans = useQuery(() => ({ ...queries.plans(limit()), placeholderData: keepPreviousData<PlanView[]> }));
  const propose = async (): Promise<void> => {
    setBusy(true);
    await act(mutations.propose(), { topics: ['plans'], done: t().plans.proposed, onDone: (plan) => navigate(paths.plan(plan.id)) });
    setBusy(false);
  };
  return (
    <>
      <PageHead title={t().plans.title} lead={t().plans.lead} cli={['firn plan list', 'firn plan propose']} actions={<Button busy={busy()} refused={because(can.propose(me()))} onClick={() => void propose()}>{t().plans.propose}</Button>} />
      <Loaded query={plans} empty={<Panel flush><Empty icon="plans" title={t().plans.empty}>{t().plans.emptyLead}</Empty></Panel>}>
        {(all) => (
          <Panel flush>
            <Table
              label={t().plans.title}
              class="min-w-3xl"
              head={
                <>
                  <Th>{t().plans.verb}</Th>
                  <Th>{t().common.state}</Th>
                  <Th>{t().plans.steps}</Th>
                  <Th>{t().plans.cause}</Th>
                  <Th>{t().plans.revision}</Th>
                  <Th right>{t().plans.total.cost}</Th>
                  <Th right>{t().common.when}</Th>
                </>
              }
            >
              <For each={all()}>{(plan) => <Row plan={plan} />}</For>
            </Table>
            <Show when={all().length >= limit() && limit() < MOST}>
              <ShowMore onClick={() => setLimit((now) => now + STEP)} />
            </Show>
          </Panel>
        )}
      </Loaded>
    </>
  );
}

function Row(props: { readonly plan: PlanView }): JSX.Element {
  return (
    <Tr>
      <Td>
        <A href={paths.plan(props.plan.id)} class="hover:text-accent font-medium hover:underline">
          {t().plans.verbs[props.plan.verb] ?? props.plan.verb}
        </A>
      </Td>
      <Td>
        <Badge tone={toneOf.plan(props.plan.state)}>{t().states.plan[props.plan.state]}</Badge>
      </Td>
      <Td>
        <Counts plan={props.plan} />
      </Td>
      <Td>
        {props.plan.cause}
        <span class="text-faint block text-sm">{props.plan.createdBy}</span>
      </Td>
      <Td class="text-muted whitespace-nowrap">{t().plans.revisionText(props.plan.parent, props.plan.revision)}</Td>
      <Td right>{show.money(props.plan.after.costCentsPerHour)}</Td>
      <Td right class="text-muted whitespace-nowrap">
        <span title={show.moment(props.plan.createdAt)}>{show.ago(props.plan.createdAt)}</span>
      </Td>
    </Tr>
  );
}

const LOOKS = { starts: 'bg-ok-soft text-ok', moves: 'bg-info-soft text-info', resizes: 'bg-accent-soft text-accent', renews: 'bg-info-soft text-info', stops: 'bg-sunken text-muted', waits: 'bg-warn-soft text-warn', refused: 'bg-bad-soft text-bad' } as const;
const SIGNS = { starts: '+', moves: '→', resizes: '~', renews: '*', stops: '−', waits: '?', refused: '!' } as const;

/** How many steps of each kind, with the sign that the log prints. */
export function Counts(props: { readonly plan: PlanView }): JSX.Element {
  const kinds = () => (Object.keys(LOOKS) as (keyof typeof LOOKS)[]).filter((kind) => props.plan.counts[kind] > 0);
  return (
    <span class="flex flex-wrap gap-1">
      <For each={kinds()} fallback={<span class="text-faint">{t().plans.noSteps}</span>}>
        {(kind) => (
          <span class={`rounded px-1.5 py-px text-xs font-medium whitespace-nowrap ${LOOKS[kind]}`}>
            {SIGNS[kind]} {show.number(props.plan.counts[kind])} {t().plans.counts[kind]}
          </span>
        )}
      </For>
    </span>
  );
}
