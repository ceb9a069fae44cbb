// What a configuration would change, row by row, for a person to read before a release is made. Takes the change, the release that runs now,
// the words; gives rows with what was and what would be. Pure.
import type { ReleaseView } from '#server/http/contract/index.ts';
import type { Change } from '../forms/config-form.ts';
import type { Dictionary } from '../text/en/index.ts';
import type { PolicyDifference } from './policy-diff.ts';
import { bytes, type Language } from './units.ts';

/** @param newest version of each secret that a release made now would pin */
export function configDiff(change: Change, release: ReleaseView, newest: ReadonlyMap<string, number>, text: Dictionary, language: Language): PolicyDifference[] {
  const words = text.releases.config;
  const rows: PolicyDifference[] = [];
  const add = (field: string, before: string | null, after: string | null) => before !== after && rows.push({ field, before, after });
  const secret = (name: string | undefined, version: number | undefined) => (name === undefined ? null : version === undefined ? name : words.secretVersion(name, version));
  const size = (content: string) => bytes(new TextEncoder().encode(content).length, language);
  for (const [name, value] of Object.entries(change.env ?? {})) add(name, release.env[name] ?? null, value);
  for (const name of new Set([...Object.keys(release.secretEnv), ...Object.keys(change.secretEnv ?? {})])) {
    const before = release.secretEnv[name];
    const after = change.secretEnv?.[name] === undefined ? before?.secret : (change.secretEnv[name] ?? undefined);
    add(name, secret(before?.secret, before?.version), secret(after, after === undefined ? undefined : newest.get(after)));
  }
  for (const [path, file] of Object.entries(change.files ?? {})) {
    const before = release.files[path];
    const was = before === undefined ? null : before.secret === null ? words.fileText(size(before.content ?? ''), before.mode.toString(8)) : words.secretVersion(before.secret.secret, before.secret.version);
    const now = file === null ? null : file.content === undefined ? secret(file.secret, newest.get(file.secret ?? '')) : words.fileText(size(file.content), (file.mode ?? 0o444).toString(8));
    add(words.file(path), was, now === was && now !== null ? words.edited(now) : now);
  }
  if (change.command !== undefined) add(words.command, release.command.join(' ') || null, change.command.join(' ') || null);
  if (change.port !== undefined) add(words.port, String(release.port), String(change.port));
  if (change.healthPath !== undefined) add(words.healthPath, release.healthPath, change.healthPath);
  if (change.metricsPath !== undefined) add(words.metricsPath, release.metricsPath, change.metricsPath);
  if (change.stopSeconds !== undefined) add(words.stopSeconds, String(release.stopSeconds), String(change.stopSeconds));
  return rows;
}
