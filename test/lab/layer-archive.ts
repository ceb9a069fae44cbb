/**
 * `node test/lab/layer-archive.ts NAME FOLDER`: makes the archive `layer-NAME.tar` of a shipped layer in a folder. A process of its own,
 * because a server that answers people must not wait for the copying of a hundred megabytes.
 */
import { layerArchive } from './build-seat.ts';

const [name, folder] = process.argv.slice(2);
if (name === undefined || folder === undefined) {
  process.stderr.write('usage: node test/lab/layer-archive.ts NAME FOLDER\n');
  process.exitCode = 64;
} else {
  layerArchive(name, folder);
}
