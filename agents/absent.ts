// Stands for packages that the bundled agent does without: see vite.config.ts. What dockerode reads from them while it loads is here;
// anything that would use them fails with this sentence instead of doing half of something.
function fail(): never {
  throw new Error('this agent is built without gRPC and ssh: it talks to engines over their unix socket only');
}

/** ssh2's, which docker-modem takes while it loads. */
export const Client = fail;
