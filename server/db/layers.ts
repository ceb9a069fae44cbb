// Versions of image layers: each is a folder as it was sent and, once built, an image. The newest version with an image counts.
import { and, asc, desc, eq } from 'drizzle-orm';
import { layers } from './schema/releases.ts';
import type { Reader, Tx } from './store.ts';

export type LayerRow = typeof layers.$inferSelect;

/** Every version of every layer, by name and version. */
export async function listLayerVersions({ db }: Reader): Promise<LayerRow[]> {
  return await db.select().from(layers).orderBy(asc(layers.name), asc(layers.version));
}

/** Newest first. */
export async function versionsOf({ db }: Reader, name: string): Promise<LayerRow[]> {
  return await db.select().from(layers).where(eq(layers.name, name)).orderBy(desc(layers.version));
}

export async function layerOfBuild({ db }: Reader, buildId: string): Promise<LayerRow | undefined> {
  const [row] = await db.select().from(layers).where(eq(layers.buildId, buildId));
  return row;
}

export async function insertLayerVersion(tx: Tx, row: LayerRow): Promise<void> {
  await tx.db.insert(layers).values(row);
  tx.changed('layers', row.name);
}

export async function updateLayerVersion(tx: Tx, { name, version }: Pick<LayerRow, 'name' | 'version'>, change: Partial<Pick<LayerRow, 'image' | 'imageId' | 'fromVersion' | 'buildId'>>): Promise<void> {
  await tx.db.update(layers).set(change).where(and(eq(layers.name, name), eq(layers.version, version)));
  tx.changed('layers', name);
}

/** The newest version with an image of each layer, by name. */
export function currentLayers(rows: readonly LayerRow[]): Map<string, LayerRow> {
  const current = new Map<string, LayerRow>();
  for (const row of rows) if (row.image !== null && row.version > (current.get(row.name)?.version ?? 0)) current.set(row.name, row);
  return current;
}
