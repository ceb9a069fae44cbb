// The replicas of a rollout as cells: which release its container runs (colour and letters), how it is (mark and word), where, and under
// which address; and what those said last that crashed.
import { A } from '@solidjs/router';
import { For, Show, type JSX } from 'solid-js';
import type { ReplicaView, RolloutDetail, RolloutReplica } from '#server/http/contract/index.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Empty } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Dot } from '../../ui/State.tsx';

type Side = 'new' | 'old' | 'none';

const SIDES: Readonly<Record<Side, string>> = {
  new: 'border-accent bg-accent-soft',
  old: 'border-edge/60 bg-sunken',
  none: 'border-line border-dashed bg-panel',
};
const MARKS: Readonly<Record<Side, string>> = { new: 'bg-accent text-on-accent', old: 'bg-edge/25 text-ink', none: 'bg-sunken text-muted' };

export function RolloutCells(props: { readonly rollout: RolloutDetail }): JSX.Element {
  const versions = () => ({ new: props.rollout.to.version, old: props.rollout.from.version });
  const side = (member: RolloutReplica): Side => (member.running === versions().new ? 'new' : member.running === null ? 'none' : 'old');
  return (
    <Panel flush title={t().rollouts.replicas} aside={<Legend oldVersion={versions().old} newVersion={versions().new} />}>
      <Show when={props.rollout.members.length > 0} fallback={<Empty icon="services" title={t().rollouts.noMembers} />}>
        <ul class="grid grid-cols-[repeat(auto-fill,minmax(9.5rem,1fr))] gap-2 p-4" data-testid="rollout-cells">
          <For each={props.rollout.members}>{(member) => <Cell member={member} side={side(member)} />}</For>
        </ul>
      </Show>
    </Panel>
  );
}

function Legend(props: { readonly oldVersion: number; readonly newVersion: number }): JSX.Element {
  const entry = (side: Side, word: string, version: number) => (
    <span class="inline-flex items-center gap-1.5">
      <span class={`size-3 rounded-sm border ${SIDES[side]}`} aria-hidden="true" />
      {t().releases.version(version)} {word}
    </span>
  );
  return (
    <span class="flex flex-wrap gap-x-3 gap-y-1 text-xs" title={t().rollouts.replicasLead}>
      {entry('old', t().rollouts.oldRelease, props.oldVersion)}
      {entry('new', t().rollouts.newRelease, props.newVersion)}
    </span>
  );
}

function Cell(props: { readonly member: RolloutReplica; readonly side: Side }): JSX.Element {
  /** A container that is not there yet was told to its host. */
  const state = () => (props.member.state === 'none' ? 'assigned' : props.member.state) as ReplicaView['state'];
  const version = () => (props.member.running === null ? t().rollouts.noContainer : t().releases.version(props.member.running));
  const isCrashed = () => props.member.lastWords !== null || toneOf.replica(state()) === 'bad';
  return (
    <li class={`flex min-w-0 flex-col gap-0.5 rounded-md border px-2.5 py-2 text-sm transition-colors duration-300 ${SIDES[props.side]} ${isCrashed() ? 'border-bad' : ''}`} title={props.member.reason ?? undefined}>
      <span class="flex items-center justify-between gap-2">
        <span class="truncate font-medium" title={props.member.replica}>
          {props.member.replica}
        </span>
        <span class={`rounded px-1 py-px whitespace-nowrap font-mono text-2xs font-semibold ${MARKS[props.side]}`}>{version()}</span>
      </span>
      <span class="flex flex-wrap items-center gap-x-1.5 text-xs">
        <Dot tone={toneOf.replica(state()) ?? 'off'}>{t().states.replica[state()] ?? props.member.state}</Dot>
        <Show when={props.member.restarts > 0}>
          <span class="text-bad">{t().rollouts.restarts(props.member.restarts)}</span>
        </Show>
      </span>
      <span class="text-muted truncate text-xs">
        <Show when={props.member.host} fallback={t().common.nothing}>
          {(host) => (
            <A href={paths.host(host())} class="hover:text-accent hover:underline">
              {host()}
            </A>
          )}
        </Show>
      </span>
      <span class="text-muted truncate font-mono text-2xs">{props.member.address ?? t().common.nothing}</span>
      <Show when={props.member.running !== null && props.member.running !== props.member.wanted}>
        <span class="text-info text-xs">{t().rollouts.goesTo(t().releases.version(props.member.wanted))}</span>
      </Show>
      <Show when={props.member.digestMatches === false}>
        <span class="text-bad inline-flex items-center gap-1 text-xs">
          <Icon name="warning" class="size-3" />
          {t().rollouts.wrongDigest}
        </span>
      </Show>
    </li>
  );
}

/** The end of the log of every replica that crashed. */
export function LastWords(props: { readonly members: readonly RolloutReplica[] }): JSX.Element {
  const crashed = () => props.members.filter(({ lastWords }) => lastWords !== null);
  return (
    <Show when={crashed().length > 0}>
      <Panel flush title={t().rollouts.lastWords} aside={show.number(crashed().length)}>
        <ul class="divide-line divide-y">
          <For each={crashed()}>
            {(member) => (
              <li class="px-4 py-3">
                <p class="flex flex-wrap items-baseline gap-x-2 text-sm">
                  <span class="font-medium">{member.replica}</span>
                  <span class="text-muted">{member.reason}</span>
                </p>
                <pre class="code border-line bg-sunken mt-1.5 max-h-48 overflow-auto rounded-md border p-2.5 break-all whitespace-pre-wrap" tabindex="0" role="region" aria-label={t().rollouts.lastWordsOf(member.replica)}>
                  {member.lastWords}
                </pre>
              </li>
            )}
          </For>
        </ul>
      </Panel>
    </Show>
  );
}
