// Asks one service for its metrics over HTTP, within limits: a service that is slow, endless or elsewhere must not cost the agent anything.
import { request } from 'node:http';
import { countersIn } from './counters.ts';
import type { Scrape } from './board.ts';

const MOST_BYTES = 256 * 1024;

/** Gets a Prometheus text and gives its counters. Rejects with a sentence; follows no redirect. */
export const scrapeOverHttp: Scrape = ({ address, port, path }, signal) =>
  new Promise((resolve, reject) => {
    const headers = { 'user-agent': 'firn-agent', accept: 'text/plain; version=0.0.4' };
    const asked = request({ host: address, port, path, signal, agent: false, headers }, (response) => {
      const status = response.statusCode ?? 0;
      if (status !== 200) {
        asked.destroy();
        return reject(new Error(status >= 300 && status < 400 ? `HTTP ${status}; redirects are not followed` : `HTTP ${status}`));
      }
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MOST_BYTES) {
          asked.destroy();
          reject(new Error(`more than ${MOST_BYTES} bytes`));
        }
      });
      response.once('error', reject);
      response.once('end', () => {
        try {
          resolve(countersIn(Buffer.concat(chunks).toString('utf8')));
        } catch (error) {
          reject(error);
        }
      });
    });
    asked.once('error', reject);
    asked.end();
  });
