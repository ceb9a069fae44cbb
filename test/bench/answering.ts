/**
 * Waits for services from the outside, as their users would: an address counts when it answers HTTP with 2xx.
 * Bounded by a deadline; says which addresses are still silent.
 */
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when every URL has answered 2xx once. Throws after `deadlineMs` with those that have not. */
export async function answering(urls: readonly string[], deadlineMs: number): Promise<void> {
  const until = performance.now() + deadlineMs;
  const silent = new Set(urls);
  while (silent.size > 0) {
    if (performance.now() > until) throw new Error(`no answer in ${deadlineMs} ms from ${[...silent].slice(0, 5).join(', ')}${silent.size > 5 ? ` and ${silent.size - 5} more` : ''}`);
    await Promise.all(
      [...silent].map(async (url) => {
        if (await answersOnce(url)) silent.delete(url);
      }),
    );
    if (silent.size > 0) await delay(20);
  }
}

/** One request of at most half a second. */
export function answersOnce(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: 500, agent: false }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 300);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
