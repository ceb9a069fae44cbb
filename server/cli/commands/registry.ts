// `firn registry`: what the registry holds and why, how full its disk is, and cleaning it.
import { Command } from '@commander-js/extra-typings';
import type { Cleaned, RegistryView } from '../../http/contract/index.ts';
import { byteCount, counted } from '../amounts.ts';
import { confirm, examples, type Begin } from '../invocation.ts';
import { fields, printOne, table } from '../output.ts';

const show = (begin: Begin) =>
  new Command('show')
    .description('State, disk, and every image with why it is kept.')
    .addHelpText('after', examples('registry show', 'registry show -o json'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const registry = await client().get<RegistryView>('/registry');
      await printOne(io, printing, registry, registry.address ?? 'none', () => text(registry));
    });

const clean = (begin: Begin) =>
  new Command('clean')
    .description('Deletes images that nothing needs, and frees their disk space.')
    .option('--dry-run', 'only say what would go')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('registry clean --dry-run', 'registry clean --yes'))
    .action(async ({ dryRun, yes }, self) => {
      const invocation = begin(self);
      const { io, printing, client: connect } = invocation;
      const client = connect();
      const would = await client.send<Cleaned>('POST', '/registry/clean', { dryRun: true });
      if (dryRun !== true && would.images.length > 0) await confirm(invocation, yes, 'clean', `${counted(would.images.length, 'image')} will be deleted.`);
      const cleaned = dryRun === true ? would : await client.send<Cleaned>('POST', '/registry/clean', { dryRun: false });
      const verb = cleaned.dryRun ? 'would go' : 'are gone';
      const images = table(cleaned.images, [
        { title: 'IMAGE', value: ({ repository, digest }) => `${repository}@${digest}` },
        { title: 'SIZE', value: ({ bytes }) => byteCount(bytes), align: 'right' },
      ]);
      await printOne(io, printing, cleaned, String(cleaned.images.length), () => `${cleaned.images.length === 0 ? '' : images}${counted(cleaned.images.length, 'image')} ${verb}, ${byteCount(cleaned.freedBytes)} ${cleaned.dryRun ? 'would become' : 'became'} free.\n`);
    });

function text(registry: RegistryView): string {
  const { images, retention, lastCleaned, usedBytes, diskBytes, freeBytes } = registry;
  const head = fields([
    ['registry', registry.kind === 'none' ? 'none' : `${registry.kind}, at ${registry.address ?? '-'}`],
    ['state', `${registry.state}${registry.reason === null ? '' : `: ${registry.reason}`}`],
    ['disk', usedBytes === null ? null : `${byteCount(usedBytes)} in images, ${byteCount(freeBytes ?? 0)} of ${byteCount(diskBytes ?? 0)} free`],
    ['kept', `${counted(retention.keepReleases, 'release')} of each workload, unreleased builds ${counted(retention.keepDays, 'day')}`],
    ['cleaned', lastCleaned === null ? 'never' : `${lastCleaned.at}: ${counted(lastCleaned.deletedImages, 'image')}, ${byteCount(lastCleaned.freedBytes)} (${lastCleaned.reason})`],
    ['may be cleaned', registry.whyNotClean ?? 'yes'],
  ]);
  const rows = table(images, [
    { title: 'IMAGE', value: ({ repository, digest }) => `${repository}@${digest.slice(0, 19)}` },
    { title: 'SIZE', value: ({ bytes }) => byteCount(bytes), align: 'right' },
    { title: 'ITS OWN', value: ({ ownBytes }) => byteCount(ownBytes), align: 'right' },
    { title: 'COMMIT', value: ({ commit }) => commit?.slice(0, 12) ?? null },
    { title: 'KEPT FOR', value: ({ keptFor }) => keptFor.map(({ why, subject }) => `${why} (${subject})`).join(', ') || 'nothing: cleaning deletes it' },
  ]);
  return images.length === 0 ? head : `${head}\n${rows}`;
}

export const command = (begin: Begin) => new Command('registry').description('Where images are kept.').addCommand(show(begin)).addCommand(clean(begin));
