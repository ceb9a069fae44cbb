/**
 * `npm run bench -- [NAME ...] [--data DIR] [--all]`: prints figures of this machine, each beside what it is compared with. Nothing here fails a build: speed is
 * judged by a person who sees the numbers side by side.
 */
import { parseArgs } from 'node:util';
import { benchAgents } from './agents.ts';
import { benchAutoscale } from './autoscale.ts';
import { benchAzure } from './azure/azure.ts';
import { benchDns } from './dns.ts';
import { benchIdle } from './idle.ts';
import { benchOnline } from './online.ts';
import { benchPacking } from './packing/packing.ts';
import { benchPlacements } from './placements.ts';
import { benchQuote } from './quote.ts';
import { benchRelease } from './release.ts';
import { benchServer } from './server.ts';
import { benchStart } from './start.ts';
import { type BenchTable, printTable } from './table.ts';
import { benchWhyNot } from './why-not.ts';

const { values: options, positionals: wanted } = parseArgs({ options: { data: { type: 'string' }, all: { type: 'boolean', default: false } }, allowPositionals: true });
/** Folder with public data sets; where it is missing, benchmarks generate data of the same kind and say so. */
const data = options.data ?? process.env['FIRN_BENCH_DATA'];

const BENCHES: Readonly<Record<string, { readonly what: string; readonly run: () => Promise<readonly BenchTable[]> }>> = {
  quote: { what: 'a quote, pure computation', run: async () => [await benchQuote()] },
  'why-not': { what: 'why a replica has no room, pure computation', run: async () => [await benchWhyNot()] },
  online: { what: 'one replica on a filled fleet, pure computation', run: async () => [await benchOnline()] },
  packing: { what: 'batch packing beside published figures, pure computation (--data DIR: the public sets, --all: every instance)', run: () => benchPacking(data, options.all) },
  azure: { what: 'defragmentation over days, pure computation (--data DIR: the public trace)', run: () => benchAzure(data) },
  autoscale: { what: 'the autoscaler beside others on recorded days, pure computation (--data DIR: the traces)', run: () => benchAutoscale(data) },
  placements: { what: 'placements through the API with persistence', run: async () => [await benchPlacements()] },
  server: { what: 'a quote through the API, memory of the server', run: benchServer },
  dns: { what: 'names by DNS and HTTP DNS, beside dnsmasq where it is installed', run: benchDns },
  fleet: { what: "10,000 agents on loopback: the server's CPU and memory, and how long heartbeats wait", run: benchAgents },
  release: { what: 'builds, rollouts and the way back on real engines, beside Docker Swarm (root, Docker)', run: benchRelease },
  idle: { what: 'an idle agent with 30 containers on a real engine (root, Docker)', run: benchIdle },
  start: { what: 'containers on real engines (root, Docker)', run: benchStart },
};

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
