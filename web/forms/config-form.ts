// The form of a release's configuration: rows that start from the release that runs now, each with what it was, so that a change can be seen
// and taken back. Pure: takes the form; gives the API's change against that release, what differs in words, and what is wrong by field.
import type { ConfigChange, ReleaseView } from '#server/http/contract/index.ts';
import { type NumberFault, readNumber } from './read-number.ts';

/** What may be left out of a change is left out. */
export type Change = Partial<ConfigChange>;

/** `before` null: added here. */
export interface EnvRow {
  readonly name: string;
  readonly before: string | null;
  readonly value: string;
  readonly isRemoved: boolean;
}

export interface FileRow {
  readonly path: string;
  readonly before: { readonly mode: string; readonly content: string | null; readonly secret: string | null } | null;
  readonly mode: string;
  readonly from: 'text' | 'secret';
  readonly content: string;
  readonly secret: string;
  readonly isRemoved: boolean;
}

export interface ConfigForm {
  readonly env: readonly EnvRow[];
  /** `value` is the name of a secret. */
  readonly secretEnv: readonly EnvRow[];
  readonly files: readonly FileRow[];
  /** One argument a line. */
  readonly command: string;
  readonly port: string;
  readonly healthPath: string;
  readonly metricsPath: string;
  readonly stopSeconds: string;
}

export type ConfigFault = NumberFault | { readonly code: 'envName' | 'twice' | 'path' | 'mode' | 'slash' | 'choose' };

type Base = Pick<ReleaseView, 'env' | 'secretEnv' | 'files' | 'command' | 'port' | 'healthPath' | 'metricsPath' | 'stopSeconds'>;

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MODE = /^[0-7]{1,3}$/;
export const NEW_ENV: EnvRow = { name: '', before: null, value: '', isRemoved: false };
export const NEW_FILE: FileRow = { path: '', before: null, mode: '444', from: 'text', content: '', secret: '', isRemoved: false };

export function fromRelease(release: Base): ConfigForm {
  const row = ([name, value]: readonly [string, string]): EnvRow => ({ name, before: value, value, isRemoved: false });
  return {
    env: Object.entries(release.env).map(row),
    secretEnv: Object.entries(release.secretEnv).map(([name, { secret }]) => row([name, secret])),
    files: Object.entries(release.files).map(([path, file]) => {
      const before = { mode: file.mode.toString(8), content: file.content, secret: file.secret?.secret ?? null };
      return { path, before, mode: before.mode, from: before.secret === null ? 'text' : 'secret', content: before.content ?? '', secret: before.secret ?? '', isRemoved: false };
    }),
    command: release.command.join('\n'),
    port: String(release.port),
    healthPath: release.healthPath ?? '',
    metricsPath: release.metricsPath ?? '',
    stopSeconds: String(release.stopSeconds),
  };
}

export const isEnvChanged = (row: EnvRow): boolean => row.isRemoved || row.before !== row.value;
export const isFileChanged = ({ before, isRemoved, mode, from, content, secret }: FileRow): boolean => isRemoved || before === null || before.mode !== mode || (from === 'text' ? before.content !== content : before.secret !== secret);

/** @returns `change` null while something cannot be read; only what differs from `release` is in it */
export function toChange(form: ConfigForm, release: Base): { readonly change: Change | null; readonly faults: Readonly<Record<string, ConfigFault>> } {
  const faults: Record<string, ConfigFault> = {};
  const change: Change = {};
  const env = envChange(form.env, 'env', faults);
  const secretEnv = envChange(form.secretEnv, 'secretEnv', faults);
  const names = [...form.env, ...form.secretEnv].filter(({ isRemoved }) => !isRemoved).map(({ name }) => name.trim());
  for (const [field, rows] of [['env', form.env], ['secretEnv', form.secretEnv]] as const) for (const [at, { name, isRemoved }] of rows.entries()) if (!isRemoved && name.trim() !== '' && names.indexOf(name.trim()) !== names.lastIndexOf(name.trim())) faults[`${field}.${at}.name`] ??= { code: 'twice' };
  const files = fileChange(form.files, faults);
  if (Object.keys(env).length > 0) change.env = env;
  if (Object.keys(secretEnv).length > 0) change.secretEnv = secretEnv;
  if (Object.keys(files).length > 0) change.files = files;
  const command = form.command.split('\n').filter((line) => line !== '');
  if (command.join('\n') !== release.command.join('\n')) change.command = command;
  const port = readNumber<ConfigFault>(faults, 'port', form.port, { least: 1, most: 65_535, whole: true });
  if (port !== release.port) change.port = port;
  const stopSeconds = readNumber<ConfigFault>(faults, 'stopSeconds', form.stopSeconds, { least: 0, most: 600, whole: true });
  if (stopSeconds !== release.stopSeconds) change.stopSeconds = stopSeconds;
  for (const field of ['healthPath', 'metricsPath'] as const) {
    const path = form[field].trim();
    if (path !== '' && !path.startsWith('/')) faults[field] = { code: 'slash' };
    if (path !== (release[field] ?? '')) change[field] = path === '' ? null : path;
  }
  return { change: Object.keys(faults).length === 0 ? change : null, faults };
}

function envChange(rows: readonly EnvRow[], field: 'env' | 'secretEnv', faults: Record<string, ConfigFault>): Record<string, string | null> {
  const changes: Record<string, string | null> = {};
  for (const [at, row] of rows.entries()) {
    const name = row.name.trim();
    if (!isEnvChanged(row)) continue;
    if (name === '') faults[`${field}.${at}.name`] = { code: 'needed' };
    else if (!ENV_NAME.test(name)) faults[`${field}.${at}.name`] = { code: 'envName' };
    if (field === 'secretEnv' && !row.isRemoved && row.value === '') faults[`${field}.${at}.value`] = { code: 'choose' };
    changes[name] = row.isRemoved ? null : row.value;
  }
  return changes;
}

function fileChange(rows: readonly FileRow[], faults: Record<string, ConfigFault>): NonNullable<Change['files']> {
  const changes: NonNullable<Change['files']> = {};
  const paths = rows.map(({ path }) => path.trim());
  for (const [at, row] of rows.entries()) {
    const path = row.path.trim();
    if (!isFileChanged(row)) continue;
    if (!path.startsWith('/') || path.length < 2) faults[`files.${at}.path`] = { code: path === '' ? 'needed' : 'path' };
    else if (paths.indexOf(path) !== at) faults[`files.${at}.path`] = { code: 'twice' };
    if (row.isRemoved) {
      changes[path] = null;
      continue;
    }
    if (!MODE.test(row.mode)) faults[`files.${at}.mode`] = { code: 'mode' };
    if (row.from === 'secret' && row.secret === '') faults[`files.${at}.secret`] = { code: 'choose' };
    const mode = Number.parseInt(row.mode, 8);
    changes[path] = row.from === 'text' ? { mode, content: row.content } : { mode, secret: row.secret };
  }
  return changes;
}
