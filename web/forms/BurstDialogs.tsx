// Buying now, giving back now, and keeping a VM: each shows what would follow before anything is done.
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { BurstBuyAnswer, BurstRetreatAnswer, BurstVmView } from '#server/http/contract/index.ts';
import { burstMutations } from '../api/burst.ts';
import { mixText, saidText } from '../format/burst.ts';
import { ProposalBody } from '../pages/burst/BurstProposals.tsx';
import { useAct } from '../shell/act.ts';
import { language, t } from '../shell/preferences.ts';
import { show } from '../shell/show.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, TextArea } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';

/** Asks for a reason, shows what `ask` with a dry run says, then does it. */
function Preview<T>(props: { readonly title: string; readonly lead: string; readonly hint: string; readonly previewText: string; readonly ask: (reason: string, dryRun: boolean) => Promise<T>; readonly doneText: string; readonly confirmText: (answer: T) => string | null; readonly children: (answer: T) => JSX.Element; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const [reason, setReason] = createSignal('');
  const [missing, setMissing] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const [answer, setAnswer] = createSignal<T | null>(null, { equals: false });
  const run = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    if (reason().trim() === '') {
      setMissing(true);
      return;
    }
    setBusy(true);
    const isDry = answer() === null;
    const done = await act(props.ask(reason().trim(), isDry), { topics: isDry ? [] : ['burst', 'hosts', 'plans'], ...(isDry ? { onDone: (result: T) => setAnswer(() => result) } : { done: props.doneText }) });
    setBusy(false);
    if (done && !isDry) props.onClose();
  };
  const confirm = () => {
    const now = answer();
    return now === null ? props.previewText : props.confirmText(now);
  };
  return (
    <Dialog open wide onClose={() => props.onClose()} title={props.title} lead={props.lead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void run(event)} novalidate>
        <TextArea label={t().common.reason} hint={props.hint} rows={2} value={reason()} onInput={setReason} error={missing() && reason().trim() === '' ? t().common.reasonNeeded : null} />
        <Show when={answer()}>{(now) => <div class="border-line bg-sunken rounded-md border p-4">{props.children(now())}</div>}</Show>
        <Show when={confirm()} fallback={<div class="flex justify-end"><Button onClick={() => props.onClose()}>{t().common.close}</Button></div>}>
          {(text) => <FormButtons submit={text()} busy={busy()} onCancel={() => props.onClose()} />}
        </Show>
      </form>
    </Dialog>
  );
}

export function BurstBuyDialog(props: { readonly onClose: () => void }): JSX.Element {
  const words = () => t().burst.buy;
  const hasMix = (answer: BurstBuyAnswer) => answer.proposal !== null && answer.proposal.mix.length > 0;
  return (
    <Preview title={words().title} lead={words().lead} hint={words().reasonHint} previewText={words().preview} doneText={words().done} ask={(reason, dryRun) => burstMutations.buy({ reason, dryRun })} confirmText={(answer) => (hasMix(answer) ? words().confirm(mixText(answer.proposal!.mix)) : null)} onClose={() => props.onClose()}>
      {(answer) => (
        <>
          <p class="font-medium">{hasMix(answer) ? t().burst.proposals.buys(mixText(answer.proposal!.mix)) : saidText(answer.sentence, t().burst.said, language())}</p>
          <Show when={answer.proposal}>
            {(proposal) => (
              <>
                <p class="text-muted">{t().burst.proposals.price(show.money(proposal().centsPerHour))}</p>
                <ProposalBody proposal={proposal()} />
              </>
            )}
          </Show>
        </>
      )}
    </Preview>
  );
}

export function BurstBackDialog(props: { readonly onClose: () => void }): JSX.Element {
  const words = () => t().burst.back;
  const going = (answer: BurstRetreatAnswer) => answer.steps.filter(({ goes }) => goes).length;
  return (
    <Preview title={words().title} lead={words().lead} hint={t().burst.buy.reasonHint} previewText={words().preview} doneText={words().done} ask={(reason, dryRun) => burstMutations.retreat({ reason, dryRun })} confirmText={(answer) => (going(answer) > 0 ? words().confirm(going(answer)) : null)} onClose={() => props.onClose()}>
      {(answer) => (
        <>
          <p class="font-medium">{going(answer) > 0 ? words().saves(show.money(answer.savesCentsPerHour)) : words().nothing}</p>
          <ol class="mt-2 flex max-h-64 flex-col gap-1.5 overflow-y-auto text-sm">
            <For each={answer.steps}>
              {(step) => (
                <li class="flex flex-wrap gap-x-2">
                  <span class="font-medium">{step.vm}</span>
                  <span class={step.goes ? 'text-accent' : 'text-muted'}>{step.goes ? words().goes : words().stays}</span>
                  <span class="text-muted">{saidText(step.reason, t().burst.said, language())}</span>
                </li>
              )}
            </For>
          </ol>
        </>
      )}
    </Preview>
  );
}

export function KeepDialog(props: { readonly vm: BurstVmView; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const [until, setUntil] = createSignal('');
  const [reason, setReason] = createSignal('');
  const [error, setError] = createSignal<string | null>(null);
  const [busy, setBusy] = createSignal(false);
  const words = () => t().burst.vm;
  const send = async (instant: string | null): Promise<void> => {
    setBusy(true);
    const done = await act(burstMutations.actOnVm(props.vm.id, { verb: 'keep', until: instant, reason: reason().trim() }), { topics: ['burst'], done: words().did.keep });
    setBusy(false);
    if (done) props.onClose();
  };
  const save = (event: Event): void => {
    event.preventDefault();
    const at = new Date(until());
    if (Number.isNaN(at.getTime()) || at.getTime() <= Date.now()) setError(words().keepMissing);
    else void send(at.toISOString());
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={words().keepTitle(props.vm.name)} lead={words().keepLead}>
      <form class="flex flex-col gap-4" onSubmit={save} novalidate>
        <Input type="datetime-local" label={words().keepUntil} hint={t().freezes.field.instantHint} value={until()} onInput={setUntil} error={error()} />
        <TextArea label={t().common.reason} optional={t().common.optional} rows={2} value={reason()} onInput={setReason} />
        <Show when={props.vm.keepUntil !== null}>
          <Button class="self-start" size="sm" onClick={() => void send(null)}>
            {words().letGo}
          </Button>
        </Show>
        <FormButtons submit={t().common.save} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}
