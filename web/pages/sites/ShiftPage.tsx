// One shift of traffic: how far it is and what it waits for, its plan, its weights, who did what, and what may be done with it now.
import { useParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { ShiftView } from '#server/http/contract/index.ts';
import { siteMutations, siteQueries } from '../../api/sites.ts';
import { toldText } from '../../format/said.ts';
import { shiftTone } from '../../format/sites.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button, type ButtonTone } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { Fact, PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { ShiftPlanView } from './ShiftPlanView.tsx';
import { shiftTitle } from './ShiftsPanel.tsx';

type Verb = keyof ShiftView['may'];
/** Which buttons make sense in a state; the server says which of them may be pressed. */
const VERBS: Readonly<Record<ShiftView['state'], readonly Verb[]>> = { draft: ['refresh', 'withdraw', 'reject', 'approve'], approved: ['refresh', 'withdraw', 'apply'], applying: ['undo', 'pause'], paused: ['undo', 'resume'], done: ['undo'], undoing: [], undone: [], rejected: [], withdrawn: [] };
const TONES: Readonly<Partial<Record<Verb, ButtonTone>>> = { approve: 'primary', apply: 'primary', resume: 'primary', reject: 'danger', withdraw: 'quiet', refresh: 'quiet' };

const told = (said: ShiftView['said'], sentence: string): string => toldText(said, sentence, t().sites.said, language());

export default function ShiftPage(): JSX.Element {
  const params = useParams<{ id: string }>();
  const shift = useQuery(() => ({ ...siteQueries.shift(params.id), reconcile: false as const }));
  const words = () => t().sites.shifts;
  return (
    <Loaded query={shift}>
      {(now) => (
        <>
          <PageHead
            title={shiftTitle(now())}
            crumbs={[{ href: paths.sites(), text: t().sites.title }]}
            lead={
              <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
                <Badge tone={shiftTone(now().state)}>{words().states[now().state]}</Badge>
                <span>{told(now().said, now().stateText)}</span>
              </span>
            }
            cli={`firn traffic show ${now().id}`}
            actions={<Actions shift={now()} />}
          />
          <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
            <Panel flush title={words().plan}>
              <ShiftPlanView plan={now().plan} />
            </Panel>
            <div class="flex min-w-0 flex-col gap-5">
              <Progress shift={now()} />
              <History shift={now()} />
            </div>
          </div>
        </>
      )}
    </Loaded>
  );
}

function Actions(props: { readonly shift: ShiftView }): JSX.Element {
  const act = useAct();
  const [asking, setAsking] = createSignal<Verb | null>(null);
  const words = () => t().sites.shifts;
  const refused = (verb: Verb) => (props.shift.may[verb] === null ? null : told(props.shift.maySaid?.[verb], props.shift.may[verb]));
  /** Withdrawing is the author's and rejecting everybody else's: only the one that may be is offered. */
  const verbs = () => VERBS[props.shift.state].filter((verb) => !((verb === 'withdraw' || verb === 'reject' || verb === 'refresh') && props.shift.may[verb] !== null));
  return (
    <>
      <For each={verbs()}>
        {(verb) => (
          <Button tone={TONES[verb] ?? 'plain'} refused={refused(verb)} onClick={() => setAsking(verb)}>
            {words().verbs[verb]}
          </Button>
        )}
      </For>
      <Show when={asking()} keyed>
        {(verb) => <ReasonDialog open onClose={() => setAsking(null)} title={words().ask[verb]} confirm={words().verbs[verb]} tone={verb === 'reject' ? 'danger' : 'primary'} reason={verb === 'reject' ? 'required' : verb === 'refresh' ? 'none' : 'optional'} onConfirm={(reason) => act(siteMutations.actOnShift(props.shift.id, verb, reason), { topics: ['shifts', 'names', 'sites'], done: words().verbs[verb] })} />}
      </Show>
    </>
  );
}

function Progress(props: { readonly shift: ShiftView }): JSX.Element {
  const words = () => t().sites.shifts;
  const text = () => words().stepOf(show.number(props.shift.step), show.number(props.shift.steps));
  return (
    <Panel title={words().changes} aside={words().every(show.duration(props.shift.stepSeconds))}>
      <div class="flex flex-col gap-3">
        <span class="font-medium">{text()}</span>
        <Meter label={text()} whole={props.shift.steps} parts={[{ amount: props.shift.step, tone: 'used' }]} text={text()} />
        <Show when={props.shift.waitsFor}>
          {(wait) => (
            <p class="text-sm">
              {told(wait().said, language() === 'en' ? wait().sentence : words().waits[wait().code])} <Show when={wait().until}>{(until) => <span class="text-faint">({words().until(show.ago(until()))})</span>}</Show>
            </p>
          )}
        </Show>
        <ul class="flex flex-col gap-2">
          <For each={props.shift.plan.changes}>
            {(change) => (
              <li class="text-sm">
                <span class="font-mono text-xs font-medium">{change.name}</span> <span class="text-faint">TTL {show.duration(change.ttlSeconds)}</span>
                <ul>
                  <For each={[...new Set([...Object.keys(change.before), ...Object.keys(change.after)])]}>
                    {(site) => (
                      <li>
                        {site}: {words().share(show.permille(change.before[site] ?? 1000), show.permille(change.after[site] ?? 1000))}
                      </li>
                    )}
                  </For>
                </ul>
              </li>
            )}
          </For>
        </ul>
        <p class="text-faint text-xs">{words().at(show.number(props.shift.plan.revision))}</p>
      </div>
    </Panel>
  );
}

function History(props: { readonly shift: ShiftView }): JSX.Element {
  const words = () => t().sites.shifts;
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
    <Panel title={words().history}>
      <Show when={props.shift.reason}>{(reason) => <blockquote class="border-accent text-muted mb-3 border-l-2 pl-3 whitespace-pre-line">{reason()}</blockquote>}</Show>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
        {line(words().proposedBy, props.shift.createdBy, props.shift.createdAt)}
        {line(words().decidedBy, props.shift.decidedBy, props.shift.decidedAt)}
        {line(words().appliedBy, props.shift.appliedBy, props.shift.appliedAt)}
        {line(words().finished, '', props.shift.finishedAt)}
      </dl>
    </Panel>
  );
}
