// The packing benchmark: sites, vector bin packing and a trace of a GPU cluster, each beside a published figure or a baseline. Takes the folder of
// public data (none: a site of the same kind is generated from a seed, and where the public sets come from is said); gives tables.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchTable } from '../table.ts';
import { benchOpenb } from './openb.ts';
import { benchSites } from './site.ts';
import { benchVectorpack } from './vectorpack.ts';

const SOURCES = `The public sets were not found: sites are generated instead. With --data DIR (or FIRN_BENCH_DATA), below DIR/packing:
  site/*.json   sites as \`firn pack\` reads them
  vectorpack/   Panigrahy_instances.tar.gz and Panigrahy_summary_known.csv of github.com/Vectorpack/experiments_vector_paper (MIT)
  openb/        openb_node_list_all_node.csv and openb_pod_list_default.csv of github.com/alibaba/clusterdata, GPU trace 2023 (Apache-2.0)
`;

/** @param all every instance of the large sets, not a fixed sample: about half an hour */
export async function benchPacking(data: string | undefined, all: boolean): Promise<readonly BenchTable[]> {
  const folder = (name: string) => (data === undefined ? undefined : [join(data, 'packing', name), join(data, name)].find(existsSync));
  const [site, vectorpack, openb] = [folder('site'), folder('vectorpack'), folder('openb')];
  if (site === undefined && vectorpack === undefined && openb === undefined) process.stderr.write(SOURCES);
  return [
    ...(await benchSites(site)),
    ...(vectorpack === undefined ? [] : [await benchVectorpack(vectorpack, all)]),
    ...(openb === undefined ? [] : [await benchOpenb(openb)]),
  ];
}
