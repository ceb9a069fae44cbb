// When markets trade: which years are known and which are missing, what is wrong with files, the next days, and a check before a file is
// put into the folder.
import { useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { CalendarChecked, Calendars, MarketDayView } from '#server/http/contract/index.ts';
import { marketMutations, marketQueries, type MarketName } from '../../api/market.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { yearsOf, type YearState } from '../../format/calendar-years.ts';
import { useAct } from '../../shell/act.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Segmented, TextArea } from '../../ui/Field.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip, type Tone } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

const MARKETS: readonly MarketName[] = ['a-share', 'hong-kong', 'us'];
const DAY_MS = 86_400_000;
const DAYS_AHEAD = 20;
const TONES: Readonly<Record<YearState, Tone>> = { shipped: 'ok', file: 'ok', 'missing-now': 'bad', 'missing-next': 'wait', 'missing-past': 'off' };
const DAY_TONES: Readonly<Record<MarketDayView['dayType'], Tone>> = { trading: 'ok', half: 'busy', closed: 'off', weekend: 'off', unknown: 'bad' };

export default function CalendarsPage(): JSX.Element {
  const calendars = useQuery(() => ({ ...marketQueries.calendars(), reconcile: false as const }));
  return (
    <>
      <PageHead title={t().calendars.title} lead={t().calendars.lead} cli={['firn calendar list', 'firn calendar days a-share', 'firn calendar check FILE']} />
      <Loaded query={calendars}>
        {(now) => (
          <div class="flex flex-col gap-5">
            <Troubles calendars={now()} />
            <Years calendars={now()} />
          </div>
        )}
      </Loaded>
      <div class="mt-5 grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
        <NextDays />
        <CheckFile />
      </div>
    </>
  );
}

/** Loud: what is wrong or unknown stands above everything. */
function Troubles(props: { readonly calendars: Calendars }): JSX.Element {
  const words = () => t().calendars;
  return (
    <>
      <Show when={props.calendars.warnings.length > 0}>
        <ul aria-label={words().warnings} class="flex flex-col gap-2">
          <For each={props.calendars.warnings}>
            {(warning) => (
              <li class={`flex items-start gap-2.5 rounded-md px-3 py-2 ${warning.code === 'year-unknown' || warning.code === 'file-problem' ? 'bg-bad-soft text-bad' : 'bg-warn-soft text-warn'}`}>
                <Icon name="warning" class="mt-0.5 size-4" />
                <span class="min-w-0 break-words">{language() === 'en' ? warning.message : (words().warned[warning.code]?.(warning.data) ?? warning.message)}</span>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={props.calendars.problems.length > 0}>
        <Panel class="border-bad/50" title={words().problems}>
          <Problems problems={props.calendars.problems} />
        </Panel>
      </Show>
    </>
  );
}

function Problems(props: { readonly problems: Calendars['problems'] }): JSX.Element {
  return (
    <ul class="flex flex-col gap-1.5">
      <For each={props.problems}>
        {(problem) => (
          <li>
            <span class="code font-medium">{t().calendars.where(problem.file, problem.line, problem.column)}</span> <span class="text-bad">{problem.message}</span>
          </li>
        )}
      </For>
    </ul>
  );
}

function Years(props: { readonly calendars: Calendars }): JSX.Element {
  const words = () => t().calendars;
  const rows = () => yearsOf(props.calendars.items, new Date().getFullYear());
  return (
    <Panel flush title={words().years} aside={words().readAt(show.ago(props.calendars.readAt))}>
      <Table
        label={words().years}
        class="min-w-xl"
        head={
          <>
            <Th>{words().market}</Th>
            <For each={rows()[0]?.years ?? []}>{({ year }) => <Th>{String(year)}</Th>}</For>
          </>
        }
      >
        <For each={rows()}>
          {(row) => (
            <Tr>
              <Td class="align-top font-medium">{words().markets[row.market]}</Td>
              <For each={row.years}>
                {(cell) => (
                  <Td class="align-top">
                    <Badge tone={TONES[cell.state]}>{words().states[cell.state]}</Badge>
                    <Show when={cell.calendar}>
                      {(calendar) => (
                        <span class="text-muted mt-1 block text-xs" title={`${words().source}: ${calendar().source}`}>
                          {words().sessions(calendar().sessions)}
                          <span class="text-faint block">
                            {words().holidays(calendar().holidays.length)}, {words().halfDays(calendar().halfDays.length)}
                          </span>
                          <Show when={calendar().file}>{(file) => <span class="code block">{file()}</span>}</Show>
                        </span>
                      )}
                    </Show>
                  </Td>
                )}
              </For>
            </Tr>
          )}
        </For>
      </Table>
      <p class="text-faint border-line border-t px-4 py-2.5 text-xs break-all">{words().yearsLead(props.calendars.folder)}</p>
    </Panel>
  );
}

function NextDays(): JSX.Element {
  const [search, setSearch] = useSearchParams<{ market?: string }>();
  const market = (): MarketName => MARKETS.find((each) => each === search.market) ?? 'a-share';
  const dates = { from: new Date().toISOString().slice(0, 10), to: new Date(Date.now() + DAYS_AHEAD * DAY_MS).toISOString().slice(0, 10) };
  const days = useQuery(() => ({ ...marketQueries.days({ market: market(), ...dates }), reconcile: false as const }));
  const today = useQuery(() => queries.markets());
  const words = () => t().calendars;
  const zone = () => dataOf(today)?.items.find((each) => each.market === market())?.timeZone ?? 'UTC';
  const span = (day: MarketDayView, timeZone?: string) => day.sessions.map(({ open, close }) => `${show.hourMinute(open, timeZone)}–${show.hourMinute(close, timeZone)}`).join(', ');
  return (
    <Panel flush title={words().next} aside={<Segmented hideLabel label={words().market} value={market()} options={MARKETS.map((value) => ({ value, text: words().markets[value] }))} onInput={(value) => setSearch({ market: value }, { replace: true, scroll: false })} />}>
      <Loaded query={days}>
        {(all) => (
          <Table
            label={words().next}
            head={
              <>
                <Th>{words().day}</Th>
                <Th>{words().type}</Th>
                <Th>{words().session}</Th>
              </>
            }
          >
            <For each={all().filter(({ dayType }) => dayType !== 'weekend')}>
              {(day) => (
                <Tr>
                  <Td class="font-medium whitespace-nowrap">{show.weekday(`${day.date}T12:00:00Z`, 'UTC')}</Td>
                  <Td>
                    <span class="flex flex-wrap items-center gap-1.5">
                      <Badge tone={DAY_TONES[day.dayType]}>{words().types[day.dayType]}</Badge>
                      <Show when={day.isAfterBreak && day.sessions.length > 0}>
                        <Chip>{words().afterBreak}</Chip>
                      </Show>
                    </span>
                  </Td>
                  <Td>
                    <Show when={day.sessions.length > 0} fallback={<span class={day.dayType === 'unknown' ? 'text-bad' : 'text-faint'}>{day.dayType === 'unknown' ? words().unknownDay : words().noSession}</span>}>
                      {span(day, zone())}
                      <Show when={zone() !== show.ownZone()}>
                        <span class="text-faint block text-xs">{span(day)}</span>
                      </Show>
                    </Show>
                  </Td>
                </Tr>
              )}
            </For>
          </Table>
        )}
      </Loaded>
      <p class="text-faint border-line border-t px-4 py-2.5 text-xs">{words().nextNote(zone(), show.ownZone())}</p>
    </Panel>
  );
}

function CheckFile(): JSX.Element {
  const act = useAct();
  const [text, setText] = createSignal('');
  const [busy, setBusy] = createSignal(false);
  const [checked, setChecked] = createSignal<CalendarChecked | null>(null);
  const words = () => t().calendars;
  const check = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy() || text().trim() === '') return;
    setBusy(true);
    await act(marketMutations.checkCalendar('calendar.yaml', text()), { topics: [], onDone: setChecked });
    setBusy(false);
  };
  return (
    <Panel title={words().check}>
      <form class="flex flex-col gap-3" onSubmit={(event) => void check(event)}>
        <TextArea label={words().text} hint={words().checkLead} mono rows={10} value={text()} onInput={setText} placeholder={'market: a-share\nyear: 2027\n…'} />
        <Button type="submit" class="self-end" busy={busy()} refused={text().trim() === '' ? t().ask.needed : null}>
          {words().checkButton}
        </Button>
        <div aria-live="polite">
          <Show when={checked()}>
            {(answer) => (
              <Show when={answer().calendar} fallback={<><p class="text-bad mb-1 font-medium">{words().failed}</p><Problems problems={answer().problems} /></>}>
                {(calendar) => (
                  <>
                    <p class="text-ok font-medium">{words().fine(words().markets[calendar().market], String(calendar().year), calendar().sessions)}</p>
                    <p class="text-muted text-sm">
                      {words().holidays(calendar().holidays.length)}, {words().halfDays(calendar().halfDays.length)}
                    </p>
                  </>
                )}
              </Show>
            )}
          </Show>
        </div>
      </form>
    </Panel>
  );
}
