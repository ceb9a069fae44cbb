/**
 * Waiting in browser tests: reads again until the value is as expected; says what it still is when it gives up.
 */

/** @throws after `deadlineMs` with the last value */
export async function until<T>(read: () => Promise<T>, isRight: (value: T) => boolean, deadlineMs = 15_000): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await read();
    if (isRight(value)) return value;
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(value)} after ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
