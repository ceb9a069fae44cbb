// Everything that happened, newest first and live, by subject and kind.
import { useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, onCleanup, type JSX } from 'solid-js';
import { dataOf } from '../api/data.ts';
import { queries } from '../api/queries.ts';
import { t } from '../shell/preferences.ts';
import { Button } from '../ui/Button.tsx';
import { Input, Select } from '../ui/Field.tsx';
import { Empty } from '../ui/Loaded.tsx';
import { PageHead, Panel } from '../ui/Panel.tsx';
import { EventList } from './EventList.tsx';

const STEP = 100;
const MOST = 1000;
/** Typing a subject asks once it pauses. */
const PAUSE_MS = 250;

export default function EventsPage(): JSX.Element {
  const [search, setSearch] = useSearchParams<{ subject?: string; kind?: string }>();
  const [limit, setLimit] = createSignal(STEP);
  const recent = useQuery(() => queries.events({ limit: STEP }));
  const kinds = () => [...new Set([...(dataOf(recent) ?? []).map(({ kind }) => kind), ...(search.kind ? [search.kind] : [])])].toSorted();
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  const filterBy = (subject: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => setSearch({ subject }, { replace: true }), PAUSE_MS);
  };
  const isFiltered = () => Boolean(search.subject) || Boolean(search.kind);
  return (
    <>
      <PageHead title={t().plans.events.title} lead={`${t().plans.events.lead} ${t().plans.events.following}`} cli={['firn event list', 'firn event list --follow']} />
      <Panel flush>
        <div class="border-line grid grid-cols-1 gap-3 border-b p-3 sm:grid-cols-[minmax(0,20rem)_minmax(0,14rem)]">
          <Input type="search" label={t().plans.events.filterSubject} placeholder={t().plans.events.subjectHint} value={search.subject ?? ''} onInput={filterBy} />
          <Select label={t().plans.events.kind} value={search.kind ?? ''} options={[{ value: '', text: t().plans.events.allKinds }, ...kinds().map((kind) => ({ value: kind, text: kind }))]} onInput={(kind) => setSearch({ kind }, { replace: true })} />
        </div>
        <EventList
          limit={limit()}
          subject={search.subject ?? ''}
          kind={search.kind ?? ''}
          none={isFiltered() ? t().plans.events.noMatch : <Empty icon="events" title={t().plans.events.empty}>{t().plans.events.emptyLead}</Empty>}
        />
        <div class="border-line flex justify-center border-t p-3">
          <Button size="sm" refused={limit() >= MOST || (dataOf(recent)?.length ?? 0) < STEP ? t().plans.events.emptyLead : null} onClick={() => setLimit((now) => Math.min(now + STEP, MOST))}>
            {t().common.showMore}
          </Button>
        </div>
      </Panel>
    </>
  );
}
