// What is known of a build in badges: its state, whether others gave the same digest, whether the build command is repeatable.
import { Show, type JSX } from 'solid-js';
import type { BuildView } from '#server/http/contract/index.ts';
import { toneOf } from '../../format/tone.ts';
import { t } from '../../shell/preferences.ts';
import { Badge, Chip } from '../../ui/State.tsx';

export function BuildState(props: { readonly build: BuildView }): JSX.Element {
  return (
    <Badge tone={toneOf.build(props.build.state)} title={props.build.reason}>
      {t().builds.states[props.build.state]}
    </Badge>
  );
}

export function Repeatable(props: { readonly build: BuildView }): JSX.Element {
  return (
    <>
      <Show when={props.build.cachedFrom !== null}>
        <Chip title={t().builds.cachedLead}>{t().builds.cached}</Chip>
      </Show>
      <Show when={props.build.differsFrom.length > 0}>
        <Badge tone="wait" title={t().builds.differsLead}>
          {t().builds.differs}
        </Badge>
      </Show>
      <Show when={props.build.differsFrom.length === 0 && props.build.sameAs > 0}>
        <Badge tone="ok">{t().builds.sameAs(props.build.sameAs)}</Badge>
      </Show>
    </>
  );
}

/** From start to end, or to now; null before the start. */
export function tookSeconds(build: BuildView): number | null {
  if (build.startedAt === null) return null;
  return Math.max(0, ((build.endedAt === null ? Date.now() : Date.parse(build.endedAt)) - Date.parse(build.startedAt)) / 1000);
}
