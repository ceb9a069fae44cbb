// Asks before a service goes back to an earlier release: from what to what, and why.
import type { JSX } from 'solid-js';
import type { ReleaseView } from '#server/http/contract/index.ts';
import { mutations } from '../../api/mutations.ts';
import { workloadName } from '../../format/rollout.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { ReasonDialog } from '../../ui/Dialog.tsx';

export function RollBackDialog(props: { readonly open: boolean; readonly onClose: () => void; readonly from: Pick<ReleaseView, 'version'>; readonly to: Pick<ReleaseView, 'id' | 'version' | 'workloadId' | 'service' | 'environment'>; readonly onStarted: (rolloutId: string) => void }): JSX.Element {
  const act = useAct();
  const words = () => t().releases.back;
  return (
    <ReasonDialog
      open={props.open}
      onClose={() => props.onClose()}
      title={words().title(workloadName(props.to))}
      lead={words().lead(t().releases.version(props.from.version), t().releases.version(props.to.version))}
      confirm={words().confirm}
      tone="danger"
      reason="required"
      placeholder={words().placeholder}
      onConfirm={(why) => act(mutations.rollBack(props.to.workloadId, why, props.to.id), { topics: ['rollouts'], done: words().started, onDone: (rollout) => props.onStarted(rollout.id) })}
    />
  );
}
