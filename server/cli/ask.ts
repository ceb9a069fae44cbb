// Asks a person on the terminal; what is hidden is not shown while typed. Loaded only when somebody is asked.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** @returns the line without its end. Questions go to stderr, so that stdout stays data. */
export async function ask(question: string, hidden: boolean): Promise<string> {
  let quiet = false;
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!quiet) process.stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    const answer = lines.question(question);
    quiet = hidden;
    return await answer;
  } finally {
    lines.close();
    if (hidden) process.stderr.write('\n');
  }
}
