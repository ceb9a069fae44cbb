// The schedules of a workload: around sessions, weekly, by cron, once; each with a floor, a cap or both, and when it fires next.
import { createMemo, For, Match, Show, Switch, type JSX } from 'solid-js';
import type { ScheduleView } from '#server/http/contract/index.ts';
import { t } from '../shell/preferences.ts';
import { show } from '../shell/show.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Input, Segmented, Select } from '../ui/Field.tsx';
import { createScheduleFeed } from './autoscale-feed.ts';
import { toSettings, type AutoscaleForm, nextSchedule } from './autoscale-form.ts';
import { toSchedule, type ScheduleForm } from './schedule-form.ts';

const MOST = 20;
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];
const ANCHORS = ['preOpen', 'auctionStart', 'auctionEnd', 'open-10m', 'open', 'lunchStart', 'lunchEnd-10m', 'lunchEnd', 'closeAuction', 'close', 'close+5m', 'afterClose'];

interface Props {
  readonly form: AutoscaleForm;
  readonly set: (change: Partial<AutoscaleForm>) => void;
  readonly errors: Readonly<Record<string, string>>;
}

export function ScheduleFields(props: Props): JSX.Element {
  const words = () => t().autoscaleSettings.schedule;
  const readable = createMemo(() => {
    const faults = {};
    const schedules = props.form.schedules.map((schedule, at) => toSchedule(schedule, String(at), faults));
    if (schedules.length === 0 || Object.keys(faults).length > 0) return null;
    const { settings } = toSettings({ ...props.form, schedules: [], signals: [] }, { isPaused: false, pauseScaleIn: false });
    return { schedules, min: settings?.min ?? 0, max: settings?.max ?? null };
  });
  const feed = createScheduleFeed(readable);
  const change = (at: number, part: Partial<ScheduleForm>) => props.set({ schedules: props.form.schedules.map((schedule, index) => (index === at ? { ...schedule, ...part } : schedule)) });
  /** Rows keep their inputs while one types: they go by place, not by content. */
  const places = () => Array.from({ length: props.form.schedules.length }, (_, at) => at);
  return (
    <div class="flex flex-col gap-3">
      <Show when={props.form.schedules.length > 0} fallback={<p class="text-muted text-sm">{words().none}</p>}>
        <For each={places()}>
          {(at) => (
            <Show when={props.form.schedules[at]}>
              {(schedule) => (
                <div role="group" aria-label={words().of(at + 1)} class="border-line relative grid grid-cols-2 gap-x-3 gap-y-3 rounded-md border p-3 pr-10 sm:grid-cols-4">
                  <IconButton class="absolute top-1.5 right-1.5" icon="close" label={words().remove(at + 1)} onClick={() => props.set({ schedules: props.form.schedules.filter((_, index) => index !== at) })} />
                  <Time schedule={schedule()} set={(part) => change(at, part)} errors={props.errors} path={`schedules.${at}`} />
                  <Bounds schedule={schedule()} set={(part) => change(at, part)} errors={props.errors} path={`schedules.${at}`} />
                  <div class="col-span-full">
                    <Next view={feed.answer()?.items[at]} isOld={feed.isOld() || readable() === null} />
                  </div>
                </div>
              )}
            </Show>
          )}
        </For>
      </Show>
      <Show when={props.form.schedules.length < MOST}>
        <div>
          <Button size="sm" tone="quiet" icon="ask" onClick={() => props.set({ schedules: [...props.form.schedules, nextSchedule(props.form, show.ownZone())] })}>
            {words().add}
          </Button>
        </div>
      </Show>
    </div>
  );
}

interface PartProps {
  readonly schedule: ScheduleForm;
  readonly set: (part: Partial<ScheduleForm>) => void;
  readonly errors: Readonly<Record<string, string>>;
  readonly path: string;
}

function Time(props: PartProps): JSX.Element {
  const words = () => t().autoscaleSettings.schedule;
  const error = (field: string) => props.errors[`${props.path}.${field}`];
  return (
    <>
      <Select class="col-span-2" label={words().kind} value={props.schedule.kind} options={(['session', 'weekly', 'cron', 'once'] as const).map((value) => ({ value, text: words().kinds[value] }))} onInput={(kind) => props.set({ kind: kind as ScheduleForm['kind'], ...(kind === 'session' ? {} : props.schedule.floor === 'times' ? { floor: 'replicas' as const } : {}) })} />
      <Switch>
        <Match when={props.schedule.kind === 'session'}>
          <Select class="col-span-2" label={words().market} value={props.schedule.market} options={(['a-share', 'hong-kong', 'us'] as const).map((value) => ({ value, text: t().market.names[value] ?? value }))} onInput={(market) => props.set({ market: market as ScheduleForm['market'] })} error={error('market')} />
          <Input class="sm:col-span-2" mono label={words().from} list={ANCHORS} value={props.schedule.from} onInput={(from) => props.set({ from })} error={error('from')} hint={words().anchorHint} />
          <Input class="sm:col-span-2" mono label={words().to} list={ANCHORS} value={props.schedule.to} onInput={(to) => props.set({ to })} error={error('to')} />
          <Toggles label={words().onDays} values={(['full', 'half', 'after-break'] as const).map((value) => ({ value, text: words().dayNames[value] }))} chosen={props.schedule.onDays} onInput={(onDays) => props.set({ onDays: onDays as ScheduleForm['onDays'] })} error={undefined} />
        </Match>
        <Match when={props.schedule.kind === 'weekly'}>
          <Input class="col-span-2" label={words().timeZone} value={props.schedule.timeZone} onInput={(timeZone) => props.set({ timeZone })} error={error('timeZone')} />
          <Input class="sm:col-span-2" label={words().from} value={props.schedule.fromClock} onInput={(fromClock) => props.set({ fromClock })} error={error('from')} hint={words().clockHint} />
          <Input class="sm:col-span-2" label={words().to} value={props.schedule.toClock} onInput={(toClock) => props.set({ toClock })} error={error('to')} />
          <Toggles label={words().weekdays} values={WEEKDAYS.map((day) => ({ value: String(day), text: t().freezes.days[day] ?? '' }))} chosen={props.schedule.weekdays.map(String)} onInput={(days) => props.set({ weekdays: days.map(Number) })} error={error('days')} />
        </Match>
        <Match when={props.schedule.kind === 'cron'}>
          <Input class="col-span-2" label={words().timeZone} value={props.schedule.timeZone} onInput={(timeZone) => props.set({ timeZone })} error={error('timeZone')} />
          <Input class="sm:col-span-2" mono label={words().cron} value={props.schedule.cron} onInput={(cron) => props.set({ cron })} error={error('cron')} />
          <Input class="sm:col-span-2" label={words().minutes} unit={t().autoscaleSettings.minuteUnit} value={props.schedule.minutes} onInput={(minutes) => props.set({ minutes })} error={error('minutes')} />
        </Match>
        <Match when={props.schedule.kind === 'once'}>
          <Input class="col-span-2 sm:col-start-1" type="datetime-local" label={words().from} value={props.schedule.fromLocal} onInput={(fromLocal) => props.set({ fromLocal })} error={error('from')} hint={show.ownZone()} />
          <Input class="col-span-2" type="datetime-local" label={words().to} value={props.schedule.toLocal} onInput={(toLocal) => props.set({ toLocal })} error={error('to')} />
        </Match>
      </Switch>
    </>
  );
}

function Bounds(props: PartProps): JSX.Element {
  const words = () => t().autoscaleSettings.schedule;
  const error = (field: string) => props.errors[`${props.path}.${field}`];
  const floors = () => (props.schedule.kind === 'session' ? (['times', 'replicas', 'none'] as const) : (['replicas', 'none'] as const));
  return (
    <>
      <div class="col-span-full">
        <Segmented label={words().floor} value={props.schedule.floor} options={floors().map((value) => ({ value, text: words().floors[value] }))} onInput={(floor) => props.set({ floor: floor as ScheduleForm['floor'] })} error={error('floor')} />
      </div>
      <Show when={props.schedule.floor === 'times'}>
        <Input label={words().factor} unit="×" value={props.schedule.factor} onInput={(factor) => props.set({ factor })} error={error('floor.factor')} />
        <Input label={words().opens} value={props.schedule.opens} onInput={(opens) => props.set({ opens })} error={error('floor.opens')} />
      </Show>
      <Show when={props.schedule.floor === 'replicas'}>
        <Input class="sm:col-span-2" label={words().replicas} value={props.schedule.replicas} onInput={(replicas) => props.set({ replicas })} error={error('floor.replicas')} />
      </Show>
      <Input class="col-span-2" label={words().cap} optional={t().common.optional} hint={words().capHint} value={props.schedule.cap} onInput={(cap) => props.set({ cap })} error={error('cap')} />
    </>
  );
}

/** Several of a few, side by side. */
export function Toggles(props: { readonly label: string; readonly values: readonly { readonly value: string; readonly text: string }[]; readonly chosen: readonly string[]; readonly onInput: (chosen: string[]) => void; readonly error: string | undefined; readonly hint?: string }): JSX.Element {
  const toggle = (value: string) => props.onInput(props.values.map((each) => each.value).filter((each) => (each === value ? !props.chosen.includes(value) : props.chosen.includes(each))));
  return (
    <fieldset class="col-span-full min-w-0">
      <legend class="mb-1 text-sm font-medium">{props.label}</legend>
      <div class="flex flex-wrap gap-1.5">
        <For each={props.values}>
          {(each) => (
            <label class="border-line has-checked:border-accent has-checked:bg-accent-soft has-checked:text-accent has-focus-visible:outline-accent text-muted cursor-pointer rounded-md border px-2.5 py-1 text-sm has-focus-visible:outline-2">
              <input type="checkbox" class="sr-only" checked={props.chosen.includes(each.value)} onInput={() => toggle(each.value)} />
              {each.text}
            </label>
          )}
        </For>
      </div>
      <Show when={props.error} fallback={<Show when={props.hint}><p class="text-faint mt-1 text-xs">{props.hint}</p></Show>}>
        <p role="alert" class="text-bad mt-1 text-xs">
          {props.error}
        </p>
      </Show>
    </fieldset>
  );
}

/** When it fires, or what is wrong with it, as the server says. */
function Next(props: { readonly view: ScheduleView | undefined; readonly isOld: boolean }): JSX.Element {
  const words = () => t().autoscaleSettings.schedule;
  const first = () => props.view?.next[0];
  return (
    <Show when={props.view !== undefined && !props.isOld ? props.view : null} fallback={<p class="text-faint text-xs">{words().checking}</p>}>
      {(view) => (
        <div class="flex flex-col gap-1 text-sm">
          <For each={view().problems}>
            {(problem) => (
              <p role="alert" class="text-bad text-xs">
                {problem.message} {words().allowed(problem.allowed)}
              </p>
            )}
          </For>
          <Show when={first()} fallback={<Show when={view().problems.length === 0}><p class="text-warn text-xs">{words().never}</p></Show>}>
            {(next) => (
              <p class="text-muted" data-testid="next-fires">
                {Date.parse(next().from) <= Date.now() ? words().firesNow(show.when(next().to)) : words().next(show.when(next().from), show.when(next().to))}
                <Show when={next().isUnsure}>
                  <span class="text-warn block text-xs">{words().unsure}</span>
                </Show>
              </p>
            )}
          </Show>
          <For each={view().warnings}>{(warning) => <p class="text-warn text-xs">{t().market.warnings[warning.code]?.(warning.data) ?? warning.message}</p>}</For>
        </div>
      )}
    </Show>
  );
}
