// Looks at everything that is measured every two seconds, keeps the history, and says when a source of a workload's requests falls silent or speaks again.
import type { Workload } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import type { Loop } from '../control/driver.ts';
import { appendEvent } from '../db/events.ts';
import { RAW_MS } from './history.ts';
import { openSilences, type Silence } from './silences.ts';

export function metricsLoop(context: Context): Loop {
  const silences = openSilences();
  return {
    name: 'metrics',
    everyMs: RAW_MS,
    run: async () => {
      const { metrics, clock } = context;
      const now = clock.now();
      const { snapshot } = await context.present.read();
      metrics.look(snapshot);
      const news = snapshot.workloads.flatMap((workload) => silences.note(workload.id, metrics.latest(workload.id)?.sources ?? [], now).map((silence) => ({ workload, silence })));
      silences.prune(now);
      if (news.length > 0) await announce(context, news, now);
      const rows = await metrics.history.keep(now);
      return `looked at ${snapshot.workloads.length} workloads and ${snapshot.hosts.length} hosts${rows > 0 ? `; wrote ${rows} stretches of history` : ''}`;
    },
  };
}

async function announce({ store }: Context, news: readonly { readonly workload: Workload; readonly silence: Silence }[], now: number): Promise<void> {
  await store.tx(async (tx) => {
    for (const { workload, silence } of news) {
      const message = sentenceOf(silence, workload.name);
      await appendEvent(tx, { at: now, actor: 'firn', kind: `metrics.${silence.is}`, subjectType: 'workload', subjectId: workload.id, subject: workload.name, team: workload.team, message, why: silence.problem });
      tx.changed('metrics', workload.id);
    }
  });
}

function sentenceOf({ source, is }: Silence, workload: string): string {
  if (source === null) return is === 'silent' ? `the services of ${workload} do not say any more what they count` : `the services of ${workload} say again what they count`;
  return `${source} ${is === 'silent' ? 'does not say any more' : 'says again'} how many requests come for ${workload}`;
}
