// How close to the cheapest possible something is, as a badge that answers "how do we know?". The argument is told in words and figures
// that a person can check; the dialog of the whole cluster has every price and every class of hosts, that of a plan can be verified now.
import { createSignal, For, Match, Show, Switch, type JSX } from 'solid-js';
import type { ClusterProof, Gap, PlanVerdict } from '#server/http/contract/index.ts';
import { mutations } from '../../api/mutations.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { CommandLine } from '../../ui/Cli.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

/** Longer lists end in a number: the record has all of them. */
const MOST_ROWS = 12;
/** Below this nobody could save anything worth a move. */
const OPTIMAL_PERCENT = 0.005;

/** A solver's prices are fractions: a class is worth more than it costs only beyond this. */
const A_ROUNDING_CENTS = 0.005;

const isOptimal = (gap: Gap) => gap.percent < OPTIMAL_PERCENT;

/** The badge of a plan, with its dialog. */
export function PlanProof(props: { readonly gap: Gap; readonly planId: string }): JSX.Element {
  const [open, setOpen] = createSignal(false);
  return (
    <>
      <button type="button" class="inline-flex items-center rounded-full hover:brightness-95" title={t().proof.how} onClick={() => setOpen(true)}>
        <Badge tone="ok">{isOptimal(props.gap) ? t().proof.optimal : t().proof.badge(show.gap(props.gap.percent))}</Badge>
        <span class="text-accent ml-1.5 text-sm hover:underline">{t().proof.how}</span>
      </button>
      <ProofDialog open={open()} onClose={() => setOpen(false)} gap={props.gap}>
        <Verify planId={props.planId} />
        <Check commands={[`firn plan record ${props.planId} > plan.json`, 'firn plan verify plan.json']} lead={t().proof.checkLead} />
      </ProofDialog>
    </>
  );
}

export function ClusterProofDialog(props: { readonly open: boolean; readonly onClose: () => void; readonly proof: ClusterProof; readonly gap: Gap }): JSX.Element {
  return (
    <ProofDialog open={props.open} onClose={() => props.onClose()} gap={props.gap}>
      <Show when={props.proof.pricesFromRevision !== null && props.proof.pricesFromRevision !== props.proof.revision}>
        <p class="text-muted text-sm">{t().proof.olderPrices(show.number(props.proof.pricesFromRevision ?? 0))}</p>
      </Show>
      <Prices proof={props.proof} gap={props.gap} />
      <Classes proof={props.proof} />
      <Check commands={['firn proof', 'firn proof -o json']} lead={t().proof.checkCluster} />
    </ProofDialog>
  );
}

function ProofDialog(props: { readonly open: boolean; readonly onClose: () => void; readonly gap: Gap; readonly children: JSX.Element }): JSX.Element {
  const line = (name: string, value: string, strong = false) => (
    <div class={`flex items-baseline justify-between gap-4 py-1 ${strong ? 'border-line mt-1 border-t pt-2 font-semibold' : ''}`}>
      <dt class={strong ? '' : 'text-muted'}>{name}</dt>
      <dd class="whitespace-nowrap">{value}</dd>
    </div>
  );
  return (
    <Dialog wide open={props.open} onClose={() => props.onClose()} title={t().proof.title} lead={isOptimal(props.gap) ? t().proof.leadOptimal : t().proof.lead(show.gap(props.gap.percent))}>
      <div class="flex flex-col gap-5">
        <dl class="bg-sunken rounded-md px-3 py-2 text-sm">
          {line(t().proof.cost, `${show.money(props.gap.costCentsPerHour)} ${t().common.perHour}`)}
          {line(t().proof.bound, `${show.money(props.gap.boundCentsPerHour)} ${t().common.perHour}`)}
          {line(`${t().proof.gap} ${t().proof.gapFormula}`, show.gap(props.gap.percent), true)}
        </dl>
        <section>
          <h3 class="mb-1.5 text-sm font-semibold">{t().proof.steps}</h3>
          <ol class="text-muted list-decimal space-y-1 pl-5 text-sm">
            <For each={[t().proof.step1, t().proof.step2, t().proof.step3, t().proof.step4]}>{(step) => <li>{step}</li>}</For>
          </ol>
        </section>
        {props.children}
      </div>
    </Dialog>
  );
}

function Prices(props: { readonly proof: ClusterProof; readonly gap: Gap }): JSX.Element {
  const rows = () => props.proof.prices.toSorted((one, other) => other.centsPerHour * other.replicas - one.centsPerHour * one.replicas);
  const sum = () => props.proof.prices.reduce((total, { centsPerHour, replicas }) => total + centsPerHour * replicas, 0);
  const rent = () => Math.max(0, sum() - props.gap.boundCentsPerHour);
  return (
    <section>
      <h3 class="mb-1.5 text-sm font-semibold">{t().proof.prices}</h3>
      <div class="border-line overflow-hidden rounded-md border text-sm">
        <Table
          label={t().proof.prices}
          head={
            <>
              <Th>{t().proof.priceColumns.workload}</Th>
              <Th>{t().proof.priceColumns.shape}</Th>
              <Th right>{t().proof.priceColumns.replicas}</Th>
              <Th right>{t().proof.priceColumns.price}</Th>
              <Th right>{t().proof.priceColumns.sum}</Th>
            </>
          }
        >
          <For each={rows().slice(0, MOST_ROWS)}>
            {(row) => (
              <Tr>
                <Td>{row.workload}</Td>
                <Td class="text-muted whitespace-nowrap">{show.shape(row.shape)}</Td>
                <Td right>{show.number(row.replicas)}</Td>
                <Td right>{show.fineMoney(row.centsPerHour)}</Td>
                <Td right>{show.money(row.centsPerHour * row.replicas)}</Td>
              </Tr>
            )}
          </For>
          <Show when={rows().length > MOST_ROWS}>
            <Tr>
              <td colspan="5" class="text-faint px-4 py-1.5">
                {t().proof.rest(rows().length - MOST_ROWS)}
              </td>
            </Tr>
          </Show>
        </Table>
        <dl class="border-line bg-sunken/60 border-t px-4 py-2">
          <div class="flex justify-between gap-4">
            <dt class="text-muted">{t().proof.sum}</dt>
            <dd>{show.money(sum())}</dd>
          </div>
          <div class="flex justify-between gap-4">
            <dt class="text-muted">{t().proof.rent}</dt>
            <dd>− {show.money(rent())}</dd>
          </div>
        </dl>
      </div>
    </section>
  );
}

function Classes(props: { readonly proof: ClusterProof }): JSX.Element {
  return (
    <section>
      <h3 class="mb-1.5 text-sm font-semibold">{t().proof.classes}</h3>
      <div class="border-line overflow-hidden rounded-md border text-sm">
        <Table
          label={t().proof.classes}
          head={
            <>
              <Th>{t().proof.classColumns.name}</Th>
              <Th right>{t().proof.classColumns.hosts}</Th>
              <Th right>{t().proof.classColumns.used}</Th>
              <Th right>{t().proof.classColumns.cost}</Th>
              <Th right>{t().proof.classColumns.worth}</Th>
            </>
          }
        >
          <For each={props.proof.hostClasses.slice(0, MOST_ROWS)}>
            {(row) => (
              <Tr>
                <Td>{row.name}</Td>
                <Td right>{show.number(row.hosts)}</Td>
                <Td right>{show.number(row.used)}</Td>
                <Td right>{show.money(row.costCentsPerHour)}</Td>
                <Td right class={row.worthCentsPerHour > row.costCentsPerHour + A_ROUNDING_CENTS ? 'text-warn font-medium' : 'text-muted'}>
                  {show.fineMoney(row.worthCentsPerHour)}
                </Td>
              </Tr>
            )}
          </For>
          <Show when={props.proof.hostClasses.length > MOST_ROWS}>
            <Tr>
              <td colspan="5" class="text-faint px-4 py-1.5">
                {t().proof.rest(props.proof.hostClasses.length - MOST_ROWS)}
              </td>
            </Tr>
          </Show>
        </Table>
      </div>
    </section>
  );
}

function Check(props: { readonly commands: readonly string[]; readonly lead: string }): JSX.Element {
  return (
    <section>
      <h3 class="mb-1 text-sm font-semibold">{t().proof.check}</h3>
      <p class="text-muted mb-2 text-sm">{props.lead}</p>
      <div class="flex flex-col gap-1.5">
        <For each={props.commands}>{(command) => <CommandLine command={command} />}</For>
      </div>
    </section>
  );
}

/** The server's own check of a stored plan, on demand. */
export function Verify(props: { readonly planId: string }): JSX.Element {
  const act = useAct();
  const [verdict, setVerdict] = createSignal<PlanVerdict | null>(null);
  const [busy, setBusy] = createSignal(false);
  const verify = async (): Promise<void> => {
    setBusy(true);
    await act(mutations.verifyPlan(props.planId), { topics: [], onDone: setVerdict });
    setBusy(false);
  };
  const line = (name: string, ok: boolean | null, problems: readonly string[]) => (
    <li class="flex items-start gap-2">
      <Icon name={ok === null ? 'info' : ok ? 'check' : 'stop'} class={`mt-0.5 size-4 ${ok === null ? 'text-faint' : ok ? 'text-ok' : 'text-bad'}`} />
      <span>
        {name}
        <Show when={ok === null}>
          <span class="text-faint">: {t().proof.notKept}</span>
        </Show>
        <For each={problems}>{(problem) => <span class="text-bad block">{problem}</span>}</For>
      </span>
    </li>
  );
  return (
    <section>
      <p class="text-muted mb-2 text-sm">{t().proof.verifyLead}</p>
      <Switch>
        <Match when={verdict()}>
          {(now) => (
            <ul class="flex flex-col gap-1 text-sm" data-testid="verdict">
              {line(t().proof.verified.steps, now().violations.length === 0, now().violations)}
              {line(t().proof.verified.proof, now().proof?.ok ?? null, now().proof?.problems ?? [])}
              {line(t().proof.verified.replay, now().replay?.same ?? null, now().replay?.difference === null || now().replay === null ? [] : [now().replay!.difference!])}
            </ul>
          )}
        </Match>
        <Match when={verdict() === null}>
          <Button size="sm" icon="shield" busy={busy()} onClick={() => void verify()}>
            {t().proof.verify}
          </Button>
        </Match>
      </Switch>
    </section>
  );
}
