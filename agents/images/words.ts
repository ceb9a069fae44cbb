// What went wrong with an image, in words for people, from what the engine says. Pure.

/** `registry`: it cannot be asked now; `absent`: it is not there; `refused`: this host may not; `damaged`, `full`: what came cannot be kept; `foreign`: it is for other machines. */
export type ImageTrouble = 'registry' | 'absent' | 'refused' | 'damaged' | 'full' | 'foreign' | 'other';

/** An image cannot be had here. The message is a sentence for people. */
export class ImageError extends Error {
  override name = 'ImageError';
  readonly trouble: ImageTrouble;

  constructor(trouble: ImageTrouble, message: string, cause?: unknown) {
    super(message, { cause });
    this.trouble = trouble;
  }
}

/** In this order: a sentence of Docker's may hold the words of several. */
const KNOWN: readonly { readonly trouble: ImageTrouble; readonly said: RegExp; readonly sentence: (reference: string) => string }[] = [
  { trouble: 'full', said: /no space left|disk quota exceeded/i, sentence: (reference) => `the disk of this host is full: ${reference} cannot be stored` },
  { trouble: 'foreign', said: /no matching manifest|does not match the (specified|detected|requested) .*platform|image operating system|exec format error/i, sentence: (reference) => `${reference} is not made for the architecture of this host` },
  { trouble: 'damaged', said: /verification failed|unexpected commit digest|digest mismatch|did not match|does not match.*digest|invalid checksum|unexpected content digest/i, sentence: (reference) => `what the registry gives for ${reference} does not match its digest` },
  { trouble: 'absent', said: /manifest unknown|name unknown|not found|repository does not exist|no such image/i, sentence: (reference) => `${reference} is not in the registry` },
  { trouble: 'registry', said: /x509:|bad certificate|unknown certificate authority/i, sentence: (reference) => `the engine does not trust the certificate of ${registryIn(reference)}, so ${reference} cannot be pulled yet: the agent gives it the authority where it may write /etc/docker/certs.d` },
  { trouble: 'refused', said: /unauthorized|authentication required|no basic auth|access denied|denied:|forbidden/i, sentence: (reference) => `${registryIn(reference)} does not let this host pull ${reference}` },
  {
    trouble: 'registry',
    said: /refused|unreachable|no route|no such host|timeout|timed out|deadline|reset by peer|\bEOF\b|unavailable|bad gateway|too ?many ?requests|server error|internal error|handshake|nothing moved|no answer|server misbehaving|http response to https/i,
    sentence: (reference) => `${registryIn(reference)} does not answer, so ${reference} cannot be pulled yet`,
  },
];

/** The trouble behind a failed pull, with the sentence and, in brackets, what the engine said. */
export function troubleOf(reference: string, said: string): ImageError {
  const known = KNOWN.find((one) => one.said.test(said));
  const brief = said.replace(/^pull of \S+: /, '').replaceAll(/\s+/g, ' ').slice(0, 300);
  return known === undefined ? new ImageError('other', `${reference} cannot be pulled: ${brief}`) : new ImageError(known.trouble, `${known.sentence(reference)} (${brief})`);
}

/** The registry that a reference names, in words. */
function registryIn(reference: string): string {
  const [first = ''] = reference.split('/');
  return reference.includes('/') && /[.:]|^localhost$/.test(first) ? `the registry ${first}` : 'the registry';
}

/** Go's names, which images carry, by what the kernel calls the machine. */
const GO_NAMES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm', armv6l: 'arm', i386: '386', i686: '386' };

/** Throws ImageError (`foreign`) when an image is for another architecture; an engine or an image that names none is believed. */
export function checkArchitecture(reference: string, image: string, host: string): void {
  const own = GO_NAMES[host] ?? host;
  if (image === '' || own === '' || image === own || own === 'simulated' || image === 'simulated') return;
  throw new ImageError('foreign', `${reference} is made for ${image}, and this host is ${own}`);
}

/** What was built cannot be started here, on whatever host like this one. The message is a sentence for people. */
export class StartError extends Error {
  override name = 'StartError';
}

/** The kernel's and the container runtime's words for a start command that is none; a start that fails otherwise is the host's trouble. */
const CANNOT_RUN: readonly { readonly said: RegExp; readonly sentence: string }[] = [
  { said: /exec format error/i, sentence: 'the start command is no program for the architecture of this host' },
  { said: /executable file not found|exec: .*no such file or directory|stat .*: no such file or directory/i, sentence: 'the start command is not in the image' },
  { said: /exec: .*permission denied|is a directory: unknown/i, sentence: 'the start command is not a program that may be run' },
  { said: /no command specified/i, sentence: 'neither the image nor the release says what to start' },
];

/** What a failed creation or start means: StartError where the image or its command is to blame, else the error as it is. */
export function startTrouble(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const known = CANNOT_RUN.find(({ said }) => said.test(error.message));
  return known === undefined ? error : new StartError(`${known.sentence} (${error.message.replaceAll(/\s+/g, ' ').slice(0, 300)})`, { cause: error });
}
