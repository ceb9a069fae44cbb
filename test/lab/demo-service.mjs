/**
 * The demo team's service: answers HTTP and burns the CPU time that its profile declares, so that a declared cost can be seen to hold:
 * within 10 % from 1 ms a request on, within 2 % from 4 ms on; HTTP itself costs up to 0.7 ms, less cannot be declared.
 * Takes PORT (default 8080), CPU_MS_PER_REQUEST (default 0) and DRAIN_MS (default 1000) from the environment. Bad releases are made of
 * CRASH_AFTER_MS (ends with 1 so long after its start), FAIL_PERMILLE (of a thousand requests, so many are answered with 500), SLOW_MS (waits
 * before each answer) and CPU_FACTOR (burns that many times what is declared); VERSION is repeated in every answer.
 * Plain JavaScript and nothing but Node's own modules, because it runs in an image that holds Node alone.
 */
import { createServer } from 'node:http';
import { Server } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

const port = numberFrom('PORT', 8080, 1, 65535);
const cpuMsPerRequest = numberFrom('CPU_MS_PER_REQUEST', 0, 0, 10_000);
const drainMs = numberFrom('DRAIN_MS', 1000, 0, 60_000);
const crashAfterMs = numberFrom('CRASH_AFTER_MS', 0, 0, 86_400_000);
const failPermille = numberFrom('FAIL_PERMILLE', 0, 0, 1000);
const slowMs = numberFrom('SLOW_MS', 0, 0, 60_000);
const cpuFactor = numberFrom('CPU_FACTOR', 1, 0, 1000);
const version = process.env.VERSION ?? '';

/** Upper bounds of the histogram of durations, in seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Requests by bound, each counted at the lowest that holds it; the last is for those beyond all. */
const durations = Array.from({ length: BOUNDS.length + 1 }, () => 0);
let durationSeconds = 0;
let requestsTotal = 0;
let requestsFailed = 0;
let draining = false;
/** CPU time of the process when the last burn ended: what came after it is overhead that belongs to the next request. */
let settledMicros = cpuMicros();

const server = createServer((request, response) => {
  // A client that keeps connections open learns here that this one is about to end, and loses nothing.
  if (draining) response.setHeader('Connection', 'close');
  const path = request.url?.split('?')[0];
  if (path === '/') {
    const begun = performance.now();
    if (slowMs === 0) serve(response, begun);
    else setTimeout(() => serve(response, begun), slowMs);
  } else if (path === '/up') {
    answer(response, 200, 'text/plain', 'up\n');
  } else if (path === '/metrics') {
    answer(response, 200, 'text/plain; version=0.0.4', metrics());
  } else {
    answer(response, 404, 'text/plain', 'not here; try /, /up or /metrics\n');
  }
});
server.keepAliveTimeout = 60_000;
// Without a listener errors of one connection would end the process.
server.on('clientError', (_, socket) => socket.destroy());
server.listen(port, () => console.log(`listening on ${port}, ${cpuMsPerRequest} ms of CPU a request`));
process.once('SIGTERM', drain);
process.once('SIGINT', drain);
if (crashAfterMs > 0) setTimeout(crash, crashAfterMs).unref();

/** Burns, counts and answers; failures are spread evenly, so that their share holds over any stretch of requests. */
function serve(response, begun) {
  burn();
  requestsTotal += 1;
  const fails = Math.floor((requestsTotal * failPermille) / 1000) > requestsFailed;
  if (fails) requestsFailed += 1;
  const seconds = (performance.now() - begun) / 1000;
  const index = BOUNDS.findIndex((bound) => seconds <= bound);
  durations[index === -1 ? BOUNDS.length : index] += 1;
  durationSeconds += seconds;
  if (fails) answer(response, 500, 'text/plain', 'told to fail\n');
  else answer(response, 200, 'application/json', JSON.stringify({ hostname: hostname(), ...interfaceFacts(), cpuMsPerRequest, ...(version === '' ? {} : { version }) }));
}

function crash() {
  console.error(`told to crash after ${crashAfterMs} ms`);
  process.exit(1);
}

/**
 * Uses CPU until this request has cost what is declared. What parsing, writing and collecting garbage have used since the last
 * request counts as part of it, up to nine tenths, so that the total stays near the declared cost under load.
 */
function burn() {
  if (cpuMsPerRequest * cpuFactor === 0) return;
  const wanted = cpuMsPerRequest * cpuFactor * 1000;
  const start = cpuMicros();
  const overhead = Math.min(start - settledMicros, wanted * 0.9);
  let number = 1;
  while (cpuMicros() - start < wanted - overhead) {
    // Short rounds: reading the clock is a system call, and a round must be short against the smallest cost.
    for (let round = 0; round < 2000; round += 1) number = (number * 16807) % 2147483647;
  }
  settledMicros = cpuMicros();
}

function cpuMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function answer(response, status, type, body) {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function interfaceFacts() {
  const own = Object.values(networkInterfaces()).flat().find((entry) => !entry.internal && entry.family === 'IPv4');
  return { ip: own?.address ?? null, mac: own?.mac ?? null };
}

function metrics() {
  return [
    '# HELP http_requests_total Requests answered with the declared CPU cost.',
    '# TYPE http_requests_total counter',
    `http_requests_total{code="200"} ${requestsTotal - requestsFailed}`,
    `http_requests_total{code="500"} ${requestsFailed}`,
    '# HELP http_request_duration_seconds How long they took from their head to their answer.',
    '# TYPE http_request_duration_seconds histogram',
    ...BOUNDS.map((bound, index) => `http_request_duration_seconds_bucket{le="${bound}"} ${upTo(index)}`),
    `http_request_duration_seconds_bucket{le="+Inf"} ${requestsTotal}`,
    `http_request_duration_seconds_sum ${durationSeconds.toFixed(6)}`,
    `http_request_duration_seconds_count ${requestsTotal}`,
    '# HELP process_cpu_seconds_total CPU time of the process.',
    '# TYPE process_cpu_seconds_total counter',
    `process_cpu_seconds_total ${(cpuMicros() / 1e6).toFixed(6)}`,
    '# HELP process_resident_memory_bytes Resident memory.',
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    '',
  ].join('\n');
}

function upTo(index) {
  return durations.slice(0, index + 1).reduce((sum, count) => sum + count, 0);
}

/**
 * Goes on for `DRAIN_MS`, because clients learn a moment later that it leaves; then takes no more, finishes what was accepted, and ends with 0.
 * Connections that the kernel has accepted by then are taken over first; idle ones get `DRAIN_MS` more to send a request and to be told that
 * the connection closes.
 */
function drain() {
  if (draining) return;
  draining = true;
  setTimeout(() => setImmediate(() => setImmediate(() => {
    // The HTTP server's own `close` would cut idle connections at once, and a request that is on its way to one would be lost.
    Server.prototype.close.call(server, () => {
      console.log(`ended after ${requestsTotal} requests`);
      process.exit(0);
    });
    setTimeout(() => server.closeIdleConnections(), drainMs).unref();
  })), drainMs);
}

function numberFrom(name, fallback, least, most) {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  console.error(`${name}: "${text}" is not allowed; give a number from ${least} to ${most}`);
  process.exit(64);
}
