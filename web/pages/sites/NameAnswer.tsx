// What a client of an address would be told now and why, and who asked lately and where they were sent.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, lazy, Show, Suspense, type JSX } from 'solid-js';
import type { AnswerView, ClientsView } from '#server/http/contract/index.ts';
import { siteQueries } from '../../api/sites.ts';
import { toldText } from '../../format/said.ts';
import { answerText } from '../../format/sites.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import type { ChartLine } from '../../ui/Chart.tsx';
import { Input } from '../../ui/Field.tsx';
import { Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Badge } from '../../ui/State.tsx';

const Chart = lazy(async () => ({ default: (await import('../../ui/Chart.tsx')).Chart }));
const INKS = ['accent', 'ok', 'info', 'warn', 'bad', 'faint'] as const;

export function NameAnswer(props: { readonly name: string }): JSX.Element {
  const [text, setText] = createSignal('127.0.0.1');
  const [client, setClient] = createSignal('127.0.0.1');
  const answer = useQuery(() => ({ ...siteQueries.answer(props.name, client()), reconcile: false as const, retry: false }));
  const words = () => t().sites.names;
  const ask = (event: Event): void => {
    event.preventDefault();
    setClient(text().trim());
  };
  return (
    <div class="border-line bg-sunken grid grid-cols-1 gap-5 rounded-md border p-4 md:grid-cols-2">
      <div class="flex min-w-0 flex-col gap-3">
        <form class="flex items-end gap-2" onSubmit={ask}>
          <Input class="flex-1" label={words().client} hint={words().clientHint} mono value={text()} onInput={setText} />
          <Button type="submit" class="mb-5.5">
            {words().ask}
          </Button>
        </form>
        <Loaded query={answer} skeleton={<Skeleton lines={2} />}>
          {(now) => <Told answer={now()} />}
        </Loaded>
      </div>
      <Clients name={props.name} />
    </div>
  );
}

function Told(props: { readonly answer: AnswerView }): JSX.Element {
  const words = () => t().sites.names;
  return (
    <div class="flex flex-col gap-2 text-sm" aria-live="polite">
      <p>
        <span class="text-muted">{words().gets}</span> ({props.answer.nearest === null ? words().nearNone : words().near(props.answer.nearest)}, {words().ttl(show.duration(props.answer.ttlSeconds))}){' '}
        <Show when={props.answer.isDegraded}>
          <Badge tone="wait">{words().degraded}</Badge>
        </Show>
      </p>
      <ul class="flex flex-col gap-0.5">
        <For each={props.answer.addresses} fallback={<li class="text-bad">{words().nothing}</li>}>
          {(each) => (
            <li>
              <span class="code font-medium">
                {each.address}:{props.answer.port}
              </span>{' '}
              <span class="text-faint">{each.site}</span>
            </li>
          )}
        </For>
      </ul>
      <p>{language() === 'en' ? props.answer.why : answerText(props.answer, t().sites, language())}</p>
      <Show when={props.answer.tried.length > 0}>
        <div>
          <p class="text-faint text-xs">{words().tried}</p>
          <ul>
            <For each={props.answer.tried}>
              {(each) => (
                <li class="text-muted">
                  <span class="font-medium">{each.site}</span>: {toldText(each.said, each.why, t().sites.said, language())}
                </li>
              )}
            </For>
          </ul>
        </div>
      </Show>
    </div>
  );
}

function Clients(props: { readonly name: string }): JSX.Element {
  const clients = useQuery(() => ({ ...siteQueries.clients(props.name), reconcile: false as const }));
  const words = () => t().sites.names;
  return (
    <div class="min-w-0">
      <p class="mb-1 text-sm font-semibold">{words().who}</p>
      <Loaded query={clients} skeleton={<Skeleton lines={2} />} isEmpty={({ minutes }) => minutes.length === 0} empty={<p class="text-muted text-sm">{words().nobody}</p>}>
        {(now) => (
          <Suspense fallback={<div class="skeleton h-36" />}>
            <p class="text-faint mb-1 text-xs">{words().networks(now().clients)}</p>
            <Chart label={words().who} {...bySite(now())} format={show.number} formatTime={(seconds) => show.hourMinute(new Date(seconds * 1000).toISOString())} height={140} note={t().chart.note(words().whoUnit, show.ownZone())} />
          </Suspense>
        )}
      </Loaded>
    </div>
  );
}

/** Minutes by the site that they led to, one line each. */
function bySite(clients: ClientsView): { readonly times: number[]; readonly lines: ChartLine[] } {
  const at = [...new Set(clients.minutes.map((minute) => minute.at))].toSorted();
  const sites = [...new Set(clients.minutes.map(({ site }) => site))];
  const sum = (site: string | null, when: string) => clients.minutes.filter((minute) => minute.site === site && minute.at === when).reduce((total, { http, dns }) => total + http + dns, 0);
  return { times: at.map((when) => Date.parse(when) / 1000), lines: sites.map((site, index) => ({ name: site ?? t().sites.names.noSite, ink: INKS[index % INKS.length]!, look: 'step' as const, values: at.map((when) => sum(site, when)) })) };
}
