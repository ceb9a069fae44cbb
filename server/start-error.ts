// Why the server does not start, in one sentence that a person can act on. main.ts prints it and sets exit code 1.

export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
}
