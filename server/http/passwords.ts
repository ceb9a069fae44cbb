// Passwords and other secrets: argon2id for what people choose, SHA-256 for what 256 random bits make.
// Hashes are PHC strings, so that the cost can be raised later and old hashes still verify. No store, no HTTP.
import { argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(argon2);

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane; about 40 ms of one core. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 };
const TAG_BYTES = 32;
const SALT_BYTES = 16;
/** So that a hash written by somebody else cannot make one login take minutes. */
const MOST_MEMORY_KIB = 262_144;
const MOST_PASSES = 16;

/** `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(SALT_BYTES);
  const tag = await derive('argon2id', { message: password.normalize('NFKC'), nonce, tagLength: TAG_BYTES, ...COST });
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${unpadded(nonce)}$${unpadded(tag)}`;
}

/** False for a wrong password and for a hash that is not one of ours. Takes as long when there is no hash (null). */
export async function verifyPassword(password: string, hash: string | null): Promise<boolean> {
  const parsed = parse(hash ?? (await nobodysHash()));
  if (parsed === null) return false;
  const tag = await derive('argon2id', { message: password.normalize('NFKC'), nonce: parsed.nonce, tagLength: parsed.tag.length, ...parsed.cost });
  return timingSafeEqual(tag, parsed.tag) && hash !== null;
}

/** 256 random bits, in letters that survive URLs and cookies. */
export const newSecret = (): string => randomBytes(32).toString('base64url');
/** How a secret of 256 random bits is stored: it cannot be guessed, so a fast hash is enough. */
export const digest = (secret: string): string => createHash('sha256').update(secret).digest('hex');
/** Compares two hex digests without telling by time how much of them agrees. */
export const sameDigest = (one: string, other: string): boolean => one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

/** A password that a person can type: 24 letters without look-alikes, about 118 bits. */
export function newPassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const limit = 256 - (256 % letters.length);
  let password = '';
  while (password.length < 24) for (const byte of randomBytes(32)) if (byte < limit && password.length < 24) password += letters[byte % letters.length];
  return password.replace(/(.{6})(?=.)/g, '$1-');
}

let dummy: Promise<string> | undefined;
const nobodysHash = (): Promise<string> => (dummy ??= hashPassword(newSecret()));

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

function parse(hash: string): { nonce: Buffer; tag: Buffer; cost: { memory: number; passes: number; parallelism: number } } | null {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(hash);
  if (match === null) return null;
  const cost = { memory: Number(match[1]), passes: Number(match[2]), parallelism: Number(match[3]) };
  if (cost.memory > MOST_MEMORY_KIB || cost.passes > MOST_PASSES || cost.parallelism > 16) return null;
  const nonce = Buffer.from(match[4] ?? '', 'base64');
  const tag = Buffer.from(match[5] ?? '', 'base64');
  return nonce.length < 8 || tag.length < 16 ? null : { nonce, tag, cost };
}
