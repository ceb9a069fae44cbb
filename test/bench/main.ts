/**
 * `npm run bench [NAME ...]`: prints figures of this machine, each beside what it is compared with. Nothing here fails a build: speed is
 * judged by a person who sees the numbers side by side.
 */
import { benchOnline } from './online.ts';
import { benchQuote } from './quote.ts';
import { benchServer } from './server.ts';
import { benchStart } from './start.ts';
import { type BenchTable, printTable } from './table.ts';
import { benchWhyNot } from './why-not.ts';

const BENCHES: Readonly<Record<string, { readonly what: string; readonly run: () => Promise<readonly BenchTable[]> }>> = {
  quote: { what: 'a quote, pure computation', run: async () => [await benchQuote()] },
  'why-not': { what: 'why a replica has no room, pure computation', run: async () => [await benchWhyNot()] },
  online: { what: 'one replica on a filled fleet, pure computation', run: async () => [await benchOnline()] },
  server: { what: 'a quote through the API, memory of the server', run: benchServer },
  start: { what: 'containers on real engines (root, Docker)', run: benchStart },
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark ${unknown.join(', ')}; there are:\n${Object.entries(BENCHES).map(([name, { what }]) => `  ${name}: ${what}`).join('\n')}\n`);
  process.exitCode = 64;
} else {
  for (const [name, { what, run }] of Object.entries(BENCHES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    process.stdout.write(`\n# ${name}: ${what}\n`);
    for (const table of await run()) process.stdout.write(`\n${printTable(table)}\n`);
  }
}
