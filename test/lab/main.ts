/**
 * The lab by hand: `node test/lab/main.ts up [PHYSICAL] [CLOUD]` keeps a lab until Ctrl-C, `clean` removes labs whose process is dead.
 * For trying things with the engines; the demo and the tests use lab.ts.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { whyNoLab } from './ability.ts';
import { busyboxImage, demoImage } from './images.ts';
import { Lab } from './lab.ts';
import { removeDeadLabs } from './remove.ts';

const [verb, physical = '2', cloud = '1'] = process.argv.slice(2);
const reason = await whyNoLab();
if (reason !== undefined) {
  console.error(reason);
  process.exitCode = 1;
} else if (verb === 'up') {
  await up();
} else if (verb === 'clean') {
  const removed = await removeDeadLabs();
  console.log(removed.length > 0 ? `removed ${removed.join(', ')}` : 'nothing to remove');
} else {
  console.error('usage: node test/lab/main.ts up [PHYSICAL] [CLOUD] | clean');
  process.exitCode = 64;
}

async function up(): Promise<void> {
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await using lab = await Lab.up({
    name: 'hand',
    base: '10.237',
    physical: Number(physical),
    cloud: Number(cloud),
    directory: fileURLToPath(new URL('../../.firn/hand', import.meta.url)),
    images: await Promise.all([demoImage(), busyboxImage()]),
  });
  for (const host of lab.hosts) {
    console.log(`${host.name.padEnd(8)} ${host.address.padEnd(12)} containers ${host.containers.first}-${host.containers.last}  DOCKER_HOST=unix://${host.socketPath}`);
  }
  console.log('Ctrl-C takes the lab down');
  await stopped;
}
