// Pushes what this process counts of its requests every two seconds. Node 20 and later, no packages.
//   FIRN_ADDR=http://10.0.0.5:7070 FIRN_TOKEN=firn_... GATEWAY=gateway-1 SERVICE=quote ENVIRONMENT=production node push.mjs
const { FIRN_ADDR = 'http://127.0.0.1:7070', FIRN_TOKEN = '', GATEWAY = 'gateway-1', SERVICE = 'quote', ENVIRONMENT = 'production' } = process.env;

/** Count here, since the process started: what was let through, what waits for a place, what was turned away. */
export const counters = { accepted: 0, queued: 0, rejected: 0, errors: 0 };

async function push() {
  const body = { source: GATEWAY, at: new Date().toISOString(), workloads: [{ service: SERVICE, environment: ENVIRONMENT, counters }] };
  try {
    const answer = await fetch(`${FIRN_ADDR}/api/v1/metrics/push`, { method: 'POST', headers: { authorization: `Bearer ${FIRN_TOKEN}`, 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(1_500) });
    const said = await answer.json();
    for (const trouble of answer.ok ? said.refused : [{ message: said.detail }]) console.error(`not taken: ${trouble.message}`);
  } catch (error) {
    console.error(`not pushed: ${error.message}`); // The next push counts what this one would have: nothing is lost.
  }
}

setInterval(push, 2_000);
