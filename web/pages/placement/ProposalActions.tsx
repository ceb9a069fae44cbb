// What may be done with a proposal now: a button for each verb that its state knows; one that this person may not press says why. The
// server decides who may (`may`), the state decides which buttons make sense at all.
import { createSignal, For, type JSX } from 'solid-js';
import type { ProposalDetail, ProposalState, ProposalVerb } from '#server/http/contract/index.ts';
import { mutations } from '../../api/mutations.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { Button, type ButtonTone } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import type { IconName } from '../../ui/Icon.tsx';

/** The last one is what usually comes next. */
const VERBS: Readonly<Record<ProposalState, readonly ProposalVerb[]>> = {
  draft: ['refresh', 'withdraw', 'reject', 'approve'],
  approved: ['refresh', 'withdraw', 'apply'],
  stale: ['withdraw', 'refresh'],
  applying: ['undo', 'pause'],
  paused: ['undo', 'resume'],
  done: ['undo'],
  undoing: [],
  undone: [],
  rejected: [],
  withdrawn: [],
};
const LOOKS: Readonly<Record<ProposalVerb, { readonly tone: ButtonTone; readonly icon?: IconName; readonly reason: 'required' | 'optional' | 'none' }>> = {
  approve: { tone: 'primary', icon: 'check', reason: 'optional' },
  reject: { tone: 'danger', reason: 'required' },
  withdraw: { tone: 'quiet', reason: 'none' },
  apply: { tone: 'primary', icon: 'play', reason: 'none' },
  pause: { tone: 'plain', icon: 'pause', reason: 'optional' },
  resume: { tone: 'primary', icon: 'play', reason: 'none' },
  undo: { tone: 'plain', icon: 'undo', reason: 'optional' },
  refresh: { tone: 'plain', icon: 'retry', reason: 'none' },
};

export function ProposalActions(props: { readonly proposal: ProposalDetail }): JSX.Element {
  const act = useAct();
  const [asking, setAsking] = createSignal<ProposalVerb | null>(null);
  const refused = (verb: ProposalVerb) => {
    const reason = props.proposal.may[verb];
    return reason === null ? null : t().proposals.refused(reason);
  };
  /** Withdrawing is the author's, rejecting everybody else's: of the two only the one that may be is offered. */
  const verbs = () => VERBS[props.proposal.state].filter((verb) => !((verb === 'withdraw' || verb === 'reject' || verb === 'refresh') && props.proposal.may[verb] !== null));
  return (
    <>
      <For each={verbs()}>
        {(verb) => (
          <Button tone={verb === 'refresh' && props.proposal.state !== 'stale' ? 'quiet' : verb === 'refresh' ? 'primary' : LOOKS[verb].tone} {...(LOOKS[verb].icon === undefined ? {} : { icon: LOOKS[verb].icon })} refused={refused(verb)} onClick={() => setAsking(verb)}>
            {t().proposals.verbs[verb]}
          </Button>
        )}
      </For>
      <For each={Object.keys(LOOKS) as ProposalVerb[]}>
        {(verb) => (
          <ReasonDialog
            open={asking() === verb}
            onClose={() => setAsking(null)}
            title={t().proposals.ask[verb].title}
            lead={t().proposals.ask[verb].lead}
            confirm={t().proposals.verbs[verb]}
            tone={LOOKS[verb].tone === 'danger' ? 'danger' : 'primary'}
            reason={LOOKS[verb].reason}
            onConfirm={(reason) => act(mutations.actOnProposal(props.proposal.id, { verb, reason }), { topics: ['proposals', 'policy', 'hosts', 'plans', 'services'], done: t().proposals.did[verb] })}
          />
        )}
      </For>
    </>
  );
}
