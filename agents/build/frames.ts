// Docker's stream of a container's output: frames of eight bytes of head (which stream, how long) and the text. Reads no faster than it is taken.

import { StringDecoder } from 'node:string_decoder';

const HEAD_BYTES = 8;
/** A frame that claims to be longer is no frame: the stream is of another kind. */
const MOST_FRAME_BYTES = 16 << 20;

/** Gives each piece of standard output and error on, in order, until the stream ends. Text is UTF-8; what is not becomes a mark. */
export async function readFrames(stream: NodeJS.ReadableStream, onText: (text: string) => Promise<void> | void): Promise<void> {
  const decoders = new Map<number, StringDecoder>();
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    while (rest.length >= HEAD_BYTES) {
      const length = rest.readUInt32BE(4);
      if (length > MOST_FRAME_BYTES) throw new Error('the output of the container cannot be read');
      if (rest.length < HEAD_BYTES + length) break;
      const kind = rest[0] ?? 1;
      const decoder = decoders.get(kind) ?? new StringDecoder('utf8');
      decoders.set(kind, decoder);
      // A letter may be cut in two by the end of a frame.
      const text = decoder.write(rest.subarray(HEAD_BYTES, HEAD_BYTES + length));
      rest = rest.subarray(HEAD_BYTES + length);
      if (text !== '') await onText(text);
    }
  }
}
