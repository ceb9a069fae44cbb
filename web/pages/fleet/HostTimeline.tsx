// What was held true of a host and why, its connections, boots and problems: newest first, with who else had looked.
import { keepPreviousData, useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { TimelineEntry } from '#server/http/contract/index.ts';
import { fleetQueries } from '../../api/fleet.ts';
import { toneOf } from '../../format/tone.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Panel, ShowMore } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { groundsText } from './HostEvidencePanel.tsx';

const AT_FIRST = 20;
const MORE = 80;
const MOST = 500;
const KINDS = ['verdict', 'session', 'boot', 'engine', 'problem', 'clock', 'replica', 'maintenance', 'agent', 'network'] as const;

export function HostTimeline(props: { readonly host: string }): JSX.Element {
  const [kind, setKind] = createSignal<(typeof KINDS)[number] | ''>('');
  const [limit, setLimit] = createSignal(AT_FIRST);
  const entries = useQuery(() => ({ ...fleetQueries.timeline(props.host, kind(), limit()), placeholderData: keepPreviousData<TimelineEntry[]>, reconcile: 'id' }));
  return (
    <Panel
      flush
      title={t().verdicts.timeline.title}
      aside={
        <select class="control choice h-7.5 w-auto pr-8 text-sm" aria-label={t().verdicts.timeline.kind} onInput={(event) => setKind(KINDS.find((each) => each === event.currentTarget.value) ?? '')}>
          <option value="">{t().verdicts.timeline.all}</option>
          <For each={KINDS}>{(each) => <option value={each}>{t().verdicts.timeline.kinds[each]}</option>}</For>
        </select>
      }
    >
      <Loaded query={entries} empty={<p class="text-muted px-4 py-8 text-center text-sm">{t().verdicts.timeline.empty}</p>}>
        {(all) => (
          <>
            <ol class="divide-line divide-y" data-testid="timeline">
              <For each={all()}>{(entry) => <Line entry={entry} />}</For>
            </ol>
            <Show when={all().length >= limit() && limit() < MOST}>
              <ShowMore onClick={() => setLimit((now) => Math.min(MOST, now + MORE))} />
            </Show>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Line(props: { readonly entry: TimelineEntry }): JSX.Element {
  return (
    <li class="grid grid-cols-1 gap-x-4 gap-y-1 px-4 py-2.5 md:grid-cols-[9rem_8rem_minmax(0,1fr)]">
      <time class="text-faint text-sm" dateTime={props.entry.at} title={show.moment(props.entry.at)}>
        {show.when(props.entry.at)}
      </time>
      <span>
        <Show when={props.entry.state} fallback={<Chip>{t().verdicts.timeline.kinds[props.entry.kind]}</Chip>}>
          {(state) => <Badge tone={toneOf.host({ state: state(), cordoned: false, drain: null, replicas: 0 })}>{t().states.host[state()]}</Badge>}
        </Show>
      </span>
      <div class="min-w-0 break-words">
        <p>{groundsText(props.entry.grounds)}</p>
        <Show when={props.entry.witnesses.length > 0}>
          <p class="text-muted text-sm">{props.entry.witnesses.map(({ host, reaches }) => `${host} ${t().verdicts.evidence.reaches[reaches]}`).join(' · ')}</p>
        </Show>
        <Show when={props.entry.by !== 'firn'}>
          <p class="text-faint text-xs">{t().verdicts.timeline.by(props.entry.by)}</p>
        </Show>
      </div>
    </li>
  );
}
