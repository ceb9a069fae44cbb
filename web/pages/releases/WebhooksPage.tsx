// Webhooks: who hears of builds and rollouts, what was delivered last, and a test.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { WebhookView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { toneOf } from '../../format/tone.ts';
import { WebhookDialog } from '../../forms/WebhookDialog.tsx';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { toast } from '../../ui/toast.ts';

export default function WebhooksPage(): JSX.Element {
  const { me } = useSession();
  const refused = () => because(can.manageWebhooks(me()));
  const webhooks = useQuery(() => ({ ...queries.webhooks(), enabled: refused() === null }));
  const [adding, setAdding] = createSignal(false);
  const add = () => (
    <Button tone="primary" icon="ask" refused={refused()} onClick={() => setAdding(true)}>
      {t().webhooks.add}
    </Button>
  );
  return (
    <>
      <PageHead title={t().webhooks.title} lead={t().webhooks.lead} cli={['firn webhook list', 'firn webhook add --help']} actions={add()} />
      <Show when={refused() === null} fallback={<Panel><p class="text-muted py-8 text-center">{refused()}</p></Panel>}>
        <Loaded query={webhooks} empty={<Panel flush><Empty icon="webhooks" title={t().webhooks.empty} action={add()}>{t().webhooks.emptyLead}</Empty></Panel>}>
          {(all) => (
            <div class="flex flex-col gap-5">
              <For each={all()}>{(webhook) => <Webhook webhook={webhook} />}</For>
            </div>
          )}
        </Loaded>
      </Show>
      <Show when={adding()}>
        <WebhookDialog onClose={() => setAdding(false)} />
      </Show>
    </>
  );
}

function Webhook(props: { readonly webhook: WebhookView }): JSX.Element {
  const act = useAct();
  const [removing, setRemoving] = createSignal(false);
  const [testing, setTesting] = createSignal(false);
  const words = () => t().webhooks;
  const test = async (): Promise<void> => {
    setTesting(true);
    await act(mutations.testWebhook(props.webhook.id), { topics: ['webhooks'], onDone: ({ isHeard, status }) => (isHeard ? toast.done(words().heard(status)) : toast.failed(words().notHeard(status))) });
    setTesting(false);
  };
  const turn = () => void act(mutations.editWebhook(props.webhook.id, { isEnabled: !props.webhook.isEnabled }), { topics: ['webhooks'], done: words().changed });
  return (
    <Panel
      flush
      title={props.webhook.name}
      aside={
        <>
          <Button size="sm" tone="quiet" onClick={turn}>
            {props.webhook.isEnabled ? words().disable : words().enable}
          </Button>
          <Button size="sm" tone="quiet" onClick={() => setRemoving(true)}>
            {t().common.remove}
          </Button>
          <Button size="sm" busy={testing()} onClick={() => void test()}>
            {words().test}
          </Button>
        </>
      }
    >
      <div class="flex flex-col gap-2 px-4 py-3">
        <p class="flex flex-wrap items-center gap-2 text-sm">
          <Badge tone={props.webhook.isEnabled ? 'ok' : 'off'}>{props.webhook.isEnabled ? words().enabled : words().disabled}</Badge>
          <span>{words().kinds[props.webhook.kind]}</span>
          <span class="text-muted">
            {props.webhook.team ?? words().allTeams} · {props.webhook.hasSecret ? words().hasSecret : words().noSecret} · {props.webhook.createdBy}
          </span>
        </p>
        <code class="code break-all">{props.webhook.url}</code>
        <p class="flex flex-wrap gap-1">
          <For each={props.webhook.events}>{(event) => <Chip>{words().eventNames[event] ?? event}</Chip>}</For>
        </p>
      </div>
      <section class="border-line border-t">
        <h3 class="px-4 pt-3 text-sm font-semibold">{words().deliveries}</h3>
        <Show when={props.webhook.deliveries.length > 0} fallback={<p class="text-muted px-4 pt-1 pb-3 text-sm">{words().noDeliveries}</p>}>
          <ul class="flex flex-col gap-1.5 px-4 pt-2 pb-3 text-sm">
            <For each={props.webhook.deliveries}>{(delivery) => <Delivery delivery={delivery} />}</For>
          </ul>
        </Show>
      </section>
      <ReasonDialog open={removing()} onClose={() => setRemoving(false)} title={words().removeTitle(props.webhook.name)} lead={words().removeLead} confirm={t().common.remove} tone="danger" reason="none" onConfirm={() => act(mutations.removeWebhook(props.webhook.id), { topics: ['webhooks'], done: words().removed(props.webhook.name) })} />
    </Panel>
  );
}

function Delivery(props: { readonly delivery: WebhookView['deliveries'][number] }): JSX.Element {
  const words = () => t().webhooks;
  return (
    <li class="grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-3 sm:grid-cols-[8rem_minmax(0,1fr)_auto]">
      <span>
        <Badge tone={toneOf.delivery(props.delivery.outcome)}>{words().outcomes[props.delivery.outcome ?? 'waiting']}</Badge>
      </span>
      <span class="min-w-0">
        {words().eventNames[props.delivery.event] ?? props.delivery.event}
        <span class="text-muted">
          {' '}
          · {words().attempts(props.delivery.attempts)}
          <Show when={props.delivery.lastStatus}> · {props.delivery.lastStatus}</Show>
          <Show when={props.delivery.nextAt}>{(at) => <> · {words().nextTry(show.ago(at()))}</>}</Show>
        </span>
      </span>
      <span class="text-faint col-span-full sm:col-auto" title={show.moment(props.delivery.createdAt)}>
        {show.ago(props.delivery.createdAt)}
      </span>
    </li>
  );
}
