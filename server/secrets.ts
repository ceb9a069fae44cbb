// Seals values that must not be readable in the database, and opens them again: AES-256-GCM with keys from a file of their own. Whose value it is
// is sealed with it, so that a row cannot be passed off as another. Without a usable key everything else goes on: sealing and opening say why not.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { UnavailableError } from './errors.ts';

export interface Sealer {
  /** Why nothing can be sealed or opened, in a sentence; null: it can. */
  readonly problem: string | null;
  /** @param identity what the value belongs to: the same list opens it. @throws UnavailableError */
  seal(value: string, identity: readonly string[]): string;
  /** @throws UnavailableError when its key is lost or another one, or the value is not what was sealed for this identity */
  open(sealed: string, identity: readonly string[]): string;
}

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER = '# Keys of secrets, one a line: its name and 32 random bytes in base64. The last one seals, all of them open.\n# A copy of this file belongs in a safe place, and never beside a copy of the database.\n';

/**
 * Reads the key file; makes it where there is none and nothing was sealed yet.
 * @param hasSealed whether anything was sealed before: a new key would then hide that the old one is lost
 */
export function openSealer(file: string, hasSealed: boolean): Sealer {
  try {
    const isEmpty = existsSync(file) && statSync(file).size === 0;
    if (isEmpty) chmodSync(file, 0o600);
    if (isEmpty || (!existsSync(file) && !hasSealed)) writeFileSync(file, `${HEADER}${newKeyLine()}`, { mode: 0o600, flag: isEmpty ? 'w' : 'wx' });
    return withKeys(readKeys(file), file);
  } catch (error) {
    return unusable(error instanceof UnavailableError ? error.message : `The key file ${file} cannot be used: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** A line for the key file: a new name, a new key. */
const newKeyLine = (): string => `${randomBytes(4).toString('hex')} ${randomBytes(KEY_BYTES).toString('base64')}\n`;

function readKeys(file: string): Key[] {
  if (!existsSync(file)) throw closed(`The key file ${file} is gone, and secrets are sealed with its keys: put it back. An empty file there gives them up and begins anew.`);
  const { mode } = statSync(file);
  if ((mode & 0o077) !== 0) throw closed(`The key file ${file} can be read by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): make it 0600, and seal anew what they may have read.`);
  const lines = readFileSync(file, 'utf8').split('\n');
  const keys = lines.flatMap((line, index): Key[] => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const [id = '', text = '', ...rest] = line.trim().split(/\s+/);
    const bytes = Buffer.from(text, 'base64');
    if (!/^[A-Za-z0-9-]{1,40}$/.test(id) || bytes.length !== KEY_BYTES || rest.length > 0) throw closed(`Line ${index + 1} of the key file ${file} is no key: it must be a name of letters, digits and dashes, and 32 bytes in base64.`);
    return [{ id, bytes }];
  });
  const twice = keys.find(({ id }, index) => keys.findIndex((other) => other.id === id) !== index);
  if (twice !== undefined) throw closed(`The key file ${file} has two keys called ${twice.id}.`);
  if (keys.length === 0) throw closed(`The key file ${file} holds no key: put it back as it was. An empty file there gives all secrets up and begins anew.`);
  return keys;
}

function withKeys(keys: readonly Key[], file: string): Sealer {
  return {
    problem: null,
    seal(value, identity) {
      const { id, bytes } = keys.at(-1)!;
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, bytes, nonce).setAAD(identityBytes(identity));
      const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `1.${id}.${nonce.toString('base64url')}.${sealed.toString('base64url')}`;
    },
    open(sealed, identity) {
      const [version, id, nonce = '', text = ''] = sealed.split('.');
      const key = keys.find((each) => each.id === id);
      if (version !== '1' || id === undefined) throw closed('A sealed value is damaged.');
      if (key === undefined) throw closed(`The key ${id}, with which this was sealed, is not in the key file ${file}: put it back there.`);
      const bytes = Buffer.from(text, 'base64url');
      try {
        const decipher = createDecipheriv(ALGORITHM, key.bytes, Buffer.from(nonce, 'base64url'), { authTagLength: TAG_BYTES }).setAAD(identityBytes(identity)).setAuthTag(bytes.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
      } catch {
        throw closed(`The key ${id} of the key file ${file} does not open this: it is another key of that name, or the value was changed.`);
      }
    },
  };
}

const identityBytes = (identity: readonly string[]): Buffer => Buffer.from(JSON.stringify(identity));

function unusable(problem: string): Sealer {
  const refuse = () => {
    throw closed(problem);
  };
  return { problem, seal: refuse, open: refuse };
}

const closed = (message: string): UnavailableError => new UnavailableError('secrets-closed', message);
