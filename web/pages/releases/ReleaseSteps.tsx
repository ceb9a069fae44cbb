// Where one is on the way of a release: version and configuration are composed on one page, resources and rollout on the next.
import type { JSX } from 'solid-js';
import { t } from '../../shell/preferences.ts';
import { StepRail } from '../../ui/StepRail.tsx';

const ORDER = ['version', 'configuration', 'resources', 'rollout'] as const;

/** `compose`: the first two steps are on this page; else the last two are. */
export function ReleaseSteps(props: { readonly compose: boolean; readonly composeHref?: string }): JSX.Element {
  const words = () => t().releases.steps;
  const state = (at: number) => (at < 2 === props.compose ? 'here' : at < 2 ? 'done' : 'later');
  return <StepRail label={words().label} steps={ORDER.map((step, at) => ({ text: words()[step], state: state(at), word: words()[state(at)], href: at < 2 && !props.compose ? props.composeHref : undefined }))} />;
}
