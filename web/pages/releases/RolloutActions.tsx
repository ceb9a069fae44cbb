// What may be done with a rollout now: a button for each verb that makes sense in its phase; one that may not be pressed says why. The
// server decides who may and when (`may`).
import { useNavigate } from '@solidjs/router';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { RolloutDetail } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { mutations } from '../../api/mutations.ts';
import type { RolloutPhase, RolloutVerb } from '../../api/shapes.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { Button, type ButtonTone } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import type { IconName } from '../../ui/Icon.tsx';
import { RollBackDialog } from './RollBackDialog.tsx';
import { ReadinessFacts } from './ReadinessView.tsx';

/** The last one is what usually comes next. */
const VERBS: Readonly<Record<RolloutPhase, readonly RolloutVerb[]>> = {
  preparing: ['abort', 'pause'],
  rolling: ['abort', 'roll-back', 'pause'],
  watching: ['roll-back', 'pause', 'promote'],
  held: ['roll-back', 'accept'],
  paused: ['abort', 'roll-back', 'resume'],
  'rolling-back': [],
  succeeded: [],
  'rolled-back': [],
  aborted: [],
};
const LOOKS: Readonly<Record<RolloutVerb, { readonly tone: ButtonTone; readonly icon: IconName; readonly reason: 'required' | 'optional' | 'none' }>> = {
  pause: { tone: 'plain', icon: 'pause', reason: 'optional' },
  resume: { tone: 'primary', icon: 'play', reason: 'none' },
  promote: { tone: 'primary', icon: 'arrow', reason: 'none' },
  accept: { tone: 'primary', icon: 'check', reason: 'optional' },
  abort: { tone: 'quiet', icon: 'close', reason: 'optional' },
  'roll-back': { tone: 'danger', icon: 'undo', reason: 'required' },
};

export function RolloutActions(props: { readonly rollout: RolloutDetail }): JSX.Element {
  const known = (verb: RolloutVerb) => props.rollout.may.some((each) => each.verb === verb);
  /** Aborting is for before anything serves, rolling back for after: the one that may not be now is not offered beside the other. */
  const verbs = () => {
    const all = VERBS[props.rollout.phase].filter(known);
    const mayAbort = props.rollout.may.some(({ verb, allowed }) => verb === 'abort' && allowed);
    return all.filter((verb) => !(verb === 'abort' && !mayAbort && all.includes('roll-back')) && !(verb === 'roll-back' && mayAbort && all.includes('abort')));
  };
  return (
    <>
      <For each={verbs()}>{(verb) => <VerbButton rollout={props.rollout} verb={verb} />}</For>
      <Show when={props.rollout.phase === 'succeeded' && props.rollout.kind === 'release'}>
        <BackButton rollout={props.rollout} />
      </Show>
    </>
  );
}

/** Once it is over, going back is a rollout of its own. */
function BackButton(props: { readonly rollout: RolloutDetail }): JSX.Element {
  const { me } = useSession();
  const navigate = useNavigate();
  const [asking, setAsking] = createSignal(false);
  const to = () => ({ id: props.rollout.from.releaseId, version: props.rollout.from.version, workloadId: props.rollout.workloadId, service: props.rollout.service, environment: props.rollout.environment });
  return (
    <>
      <Button tone="danger" icon="undo" refused={because(can.runRollout(me(), props.rollout.team))} onClick={() => setAsking(true)}>
        {t().rollouts.verbs['roll-back']}
      </Button>
      <RollBackDialog open={asking()} onClose={() => setAsking(false)} from={props.rollout.to} to={to()} onStarted={(id) => navigate(paths.rollout(id))} />
    </>
  );
}

/** One verb as a button with its question. */
export function VerbButton(props: { readonly rollout: RolloutDetail; readonly verb: RolloutVerb; readonly tone?: ButtonTone }): JSX.Element {
  const act = useAct();
  const [asking, setAsking] = createSignal(false);
  const refused = () => {
    const may = props.rollout.may.find(({ verb }) => verb === props.verb);
    return may === undefined || may.allowed ? null : t().proposals.refused(may.reason ?? '');
  };
  const words = () => t().rollouts.ask[props.verb];
  return (
    <>
      <Button tone={props.tone ?? LOOKS[props.verb].tone} icon={LOOKS[props.verb].icon} refused={refused()} onClick={() => setAsking(true)}>
        {t().rollouts.verbs[props.verb]}
      </Button>
      <ReasonDialog
        open={asking()}
        onClose={() => setAsking(false)}
        title={words().title}
        lead={
          <>
            <span class="block">{words().lead}</span>
            <Show when={props.verb === 'roll-back' ? props.rollout.readiness : null}>
              {(readiness) => (
                <span class="mt-3 block">
                  <ReadinessFacts readiness={readiness()} compact />
                </span>
              )}
            </Show>
          </>
        }
        confirm={t().rollouts.verbs[props.verb]}
        tone={LOOKS[props.verb].tone === 'danger' ? 'danger' : 'primary'}
        reason={LOOKS[props.verb].reason}
        placeholder={props.verb === 'roll-back' ? t().releases.back.placeholder : ''}
        onConfirm={(why) => act(mutations.actOnRollout(props.rollout.id, props.verb, why), { topics: ['rollouts'], done: t().rollouts.did[props.verb] })}
      />
    </>
  );
}
