// Steps as a table: what happens to which replica, from where to where. Shows the first of many and says how many there are.
import { A } from '@solidjs/router';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { PlanDetail } from '#server/http/contract/index.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

type Steps = PlanDetail['steps'];

const STEP = 40;
const SIGNS = { start: '+', move: '→', resize: '~', renew: '*', stop: '−', wait: '?' } as const;

export function StepTable(props: { readonly steps: Steps; readonly total: number }): JSX.Element {
  const [limit, setLimit] = createSignal(STEP);
  return (
    <>
      <Table
        label={t().proposals.steps}
        class="min-w-lg text-sm"
        head={
          <>
            <Th>{t().proposals.steps}</Th>
            <Th>{t().defragment.moveColumns.replica}</Th>
            <Th>{t().defragment.moveColumns.from}</Th>
            <Th>{t().defragment.moveColumns.to}</Th>
          </>
        }
      >
        <For each={props.steps.slice(0, limit())}>
          {(step) => (
            <Tr>
              <Td class="whitespace-nowrap">
                <span class="text-faint mr-1.5 font-mono" aria-hidden="true">
                  {SIGNS[step.kind]}
                </span>
                {t().plans.kinds[step.kind]}
              </Td>
              <Td class="font-medium">{step.replica}</Td>
              <Td>
                <HostLink name={step.fromHost} />
              </Td>
              <Td>
                <HostLink name={step.toHost} />
              </Td>
            </Tr>
          )}
        </For>
      </Table>
      <Show when={props.total > limit() || props.steps.length > limit()}>
        <div class="text-faint flex flex-wrap items-center justify-between gap-2 px-4 py-2 text-sm">
          {t().proposals.stepsMore(show.number(Math.min(limit(), props.steps.length)), show.number(Math.max(props.total, props.steps.length)))}
          <Show when={props.steps.length > limit()}>
            <Button size="sm" onClick={() => setLimit((now) => now + STEP * 5)}>
              {t().common.more}
            </Button>
          </Show>
        </div>
      </Show>
    </>
  );
}

export function HostLink(props: { readonly name: string | null }): JSX.Element {
  return (
    <Show when={props.name} fallback={<span class="text-faint">{t().common.nothing}</span>}>
      {(name) => (
        <A href={paths.host(name())} class="hover:text-accent hover:underline">
          {name()}
        </A>
      )}
    </Show>
  );
}
