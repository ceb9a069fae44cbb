// What a build of either kind is given to work with, and what it says while it works.
import type { BuildOrder, BuildPhase } from '../protocol.ts';
import type { Tls } from '../call-server.ts';
import type { BuildEngine, RegistryAuth } from './engine.ts';
import type { Secrets } from './secrets.ts';

/** The builder host; the same for all builds. */
export interface BuilderHost {
  readonly engine: BuildEngine;
  readonly clusterId: string;
  readonly hostId: string;
  readonly credential: string;
  /** Base of requests to the server's agent port. */
  readonly serverBase: string;
  /** What such a request trusts and shows now; undefined: the server speaks no TLS. */
  readonly tls: () => Tls | undefined;
  /** Lets the engine talk with that registry (`address:port`). */
  readonly trustRegistry: (registry: string) => Promise<void>;
  readonly gitProtocols: readonly string[];
  readonly cgroupParent?: string | undefined;
}

/** One build at work. */
export interface Work {
  readonly order: BuildOrder;
  /** Folder of this build alone, on disk; removed when it ends. */
  readonly folder: string;
  /** The same in memory. */
  readonly memoryFolder: string;
  readonly secrets: Secrets;
  /** Aborts when the build was taken back, is overdue or fills the disk: its reason says which. */
  readonly signal: AbortSignal;
  readonly labels: Readonly<Record<string, string>>;
  readonly seconds: { fetch: number; build: number; pack: number; push: number };
  /** A line of the builder's own in the log. */
  note(line: string): void;
  /** Text of commands, as it comes. */
  write(text: string): void;
  /** @param commit once it is known: the server may have its image already */
  phase(phase: BuildPhase, reason: string, commit?: string): void;
  /** Nothing more is written: a line without an end goes into the log. */
  end(): void;
}

/** Runs one part of a build and adds its time. */
export async function timed<T>(work: Work, part: keyof Work['seconds'], run: () => Promise<T>): Promise<T> {
  const begunMs = performance.now();
  try {
    return await run();
  } finally {
    work.seconds[part] = Math.round(work.seconds[part] * 1000 + performance.now() - begunMs) / 1000;
  }
}

/** How this host signs in at the registry of a repository. */
export function authFor(host: BuilderHost, address: string): RegistryAuth {
  return { username: host.hostId, password: host.credential, serveraddress: address };
}
