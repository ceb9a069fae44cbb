// The part of the contract with the server that is about builds: what is to be built, and how far it is.
// Imported through protocol.ts.
import { z } from 'zod';
import { HealthCheck } from './protocol-upkeep.ts';

const name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const count = z.int().min(0);
const commit = z.string().regex(/^[0-9a-f]{40}$/);
/** A layer that builds may stand on. */
export const LayerRef = z.object({ name, /** By digest. */ image: z.string().max(512), imageId: z.string().max(80) });
export type LayerRef = z.infer<typeof LayerRef>;

/** What an image is built from. */
export const BuildSource = z.discriminatedUnion('kind', [
  /** A service: a commit of a git repository with a `firn.yaml`. */
  z.object({
    kind: z.literal('service'),
    url: z.string().min(1).max(1_000),
    /** A branch, a tag or a commit. */
    ref: z.string().min(1).max(200),
    /** Folder of the repository with `firn.yaml`; empty: its root. */
    path: z.string().max(256),
    credentials: z.object({ username: z.string().max(200), password: z.string().max(4_096) }).optional(),
    layers: z.array(LayerRef).max(200),
  }),
  /** A layer: a folder packed as tar, fetched from the server's agent listener with this host's credential. */
  z.object({ kind: z.literal('layer'), name, contextPath: z.string().startsWith('/').max(300), contextSha256: z.string().regex(/^[0-9a-f]{64}$/), from: LayerRef.optional() }),
]);
export type BuildSource = z.infer<typeof BuildSource>;

export const BuildOrder = z.object({
  id: z.string().min(1).max(64),
  /** Rises with each try: reports of an earlier one are ignored. */
  attempt: z.int().min(1),
  source: BuildSource,
  /** Where the image goes: `address:port/name`, signed in with this host's id and credential. */
  repository: z.string().max(300),
  limits: z.object({ cpuMilli: z.int().min(100), memoryMib: z.int().min(64), seconds: z.int().min(1).max(86_400), diskMib: z.int().min(16), logBytes: z.int().min(1_024).max(64 * 1024 * 1024) }),
  /** Files below /run/secrets while the build command runs; no layer and no log ever holds one. */
  secrets: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(32_768)),
  /** Whether the build command may use the network of the builder host. */
  network: z.boolean(),
  /** The repository's registry speaks TLS with a certificate of the cluster's authority, or of one that everybody trusts; absent: that is not known. */
  registryTls: z.boolean().optional(),
});
export type BuildOrder = z.infer<typeof BuildOrder>;

export const BuildPhase = z.enum(['waiting', 'fetching', 'preparing', 'building', 'packing', 'pushing', 'succeeded', 'failed', 'cancelled']);
export type BuildPhase = z.infer<typeof BuildPhase>;

/** `firn.yaml` of the commit, as understood; what the release will use where nobody says otherwise. */
export const ServiceSpec = z.object({
  runtime: z.string().max(63),
  build: z.string().max(8_192).optional(),
  test: z.string().max(8_192).optional(),
  /** Folder of the source that goes into the image after the build; absent: all of it. */
  output: z.string().max(256).optional(),
  start: z.array(z.string().max(4_096)).min(1).max(64),
  port: z.int().min(1).max(65_535),
  healthPath: z.string().startsWith('/').max(256).optional(),
  health: HealthCheck.optional(),
  metricsPath: z.string().startsWith('/').max(256).optional(),
  stopSeconds: z.int().min(0).max(600).optional(),
  env: z.record(z.string(), z.string()).optional(),
  profile: z.object({ cpuMsPerRequest: z.number(), memoryBaseMib: z.number(), memoryKibPerQps: z.number(), maxQps: z.number().optional() }).optional(),
});
export type ServiceSpec = z.infer<typeof ServiceSpec>;

/** What came of a build: content addresses of what was pushed. */
export const BuildResult = z.object({
  commit: commit.optional(),
  /** Git tree of the source folder: two commits with the same tree give images that differ only in the commit's id and time. */
  tree: commit.optional(),
  author: z.string().max(200).optional(),
  subject: z.string().max(500).optional(),
  committedAt: z.iso.datetime().optional(),
  spec: ServiceSpec.optional(),
  /** Layer that the image stands on, by name. */
  layer: z.string().max(63).optional(),
  /** Of the manifest in the registry. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** Of the image's configuration: the same on every engine, whatever the registry. */
  imageId: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  architecture: z.string().max(32),
  /** Layers from the lowest, with their size in the registry. */
  layers: z.array(z.object({ digest: z.string().max(80), bytes: count })).max(127),
  /** What travelled to the registry. */
  pushedBytes: count,
  testsPassed: z.boolean().optional(),
});
export type BuildResult = z.infer<typeof BuildResult>;

export const BuildReport = z.object({
  id: z.string().max(64),
  attempt: z.int().min(1),
  phase: BuildPhase,
  /** That the ref named, once it is fetched: where the same was built before, the server takes the build back and needs no other. */
  commit: commit.optional(),
  /** What is done or waited for; of a failure: the sentence for people, with line and column where there are some. */
  reason: z.string().max(2_000),
  /** A failure of the builder or the registry and not of the source: it may be tried again elsewhere. */
  isPlatform: z.boolean().optional(),
  /** A piece of the log from this offset; the server acknowledges what it has. */
  log: z.object({ offset: count, text: z.string().max(65_536) }).optional(),
  seconds: z.object({ fetch: z.number(), build: z.number(), pack: z.number(), push: z.number() }).optional(),
  result: BuildResult.optional(),
});
export type BuildReport = z.infer<typeof BuildReport>;
