// `firn story`: the life of a replica, also of one that is gone.
import { Command } from '@commander-js/extra-typings';
import type { Story } from '../../http/contract/index.ts';
import { path } from '../client.ts';
import { examples, type Begin } from '../invocation.ts';
import { fields, printOne, table, type Column } from '../output.ts';

const COLUMNS: readonly Column<Story['chapters'][number]>[] = [
  { title: 'WHEN', value: ({ at }) => at },
  { title: 'REPLICA', value: ({ replica }) => replica },
  { title: 'WHAT', value: ({ sentence }) => sentence },
  { title: 'WHY', value: ({ why }) => why },
  { title: 'BY', value: ({ by, planId, policyVersion }) => (planId === null ? by : `${by}, plan ${planId}, policy ${policyVersion}`) },
];

/** `firn story REPLICA`. */
export const command = (begin: Begin) =>
  new Command('story')
    .description('The life of a replica, by id or name, across its moves and after its end: who asked, which plan put it where and why, what hosts said, why it stopped.')
    .argument('<replica>')
    .addHelpText('after', examples('story quote-production-3', 'story 019a... -o json'))
    .action(async (replica, _options, self) => {
      const { io, printing, client } = begin(self);
      const story = await client().get<Story>(path('replicas', replica, 'story'));
      await printOne(io, printing, story, story.id, () => {
        const state = story.state === 'gone' ? 'gone' : story.state === 'pending' ? 'waits for room' : `on ${story.host} at ${story.address}`;
        const head = fields([
          ['replica', `${story.name} (${story.id}), ${state}`],
          ['workload', story.workload],
          ['replaced', story.before.map(({ name }) => name).join(', ') || null],
          ['replaced by', story.after.map(({ name }) => name).join(', ') || null],
          ['why there', story.score?.sentence ?? null],
          ...story.missing.map((each): [string, string] => ['missing', each]),
        ]);
        return `${head}\n${table(story.chapters, COLUMNS)}`;
      });
    });
