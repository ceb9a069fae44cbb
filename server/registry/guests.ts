// Who may pass the registry's door: every host that joined may pull; a host that builds may push to the repositories of the builds that it was
// given, while they run, and nowhere else, so that one builder cannot replace another's images. A host that has a certificate shows it here, too.
import type { Context } from '../context.ts';
import { buildsOn } from '../db/builds.ts';
import { hostById } from '../db/hosts.ts';
import { admitShown } from '../fleet/peer.ts';
import type { Guests } from './registry.ts';
import { isBuilder } from '../builds/builders.ts';
import { repositoryOf } from '../builds/orders.ts';

/** Said in the hello of agents that let their engine show the host's certificate to the registry. */
const ENGINE_SHOWS = 'registry-tls';

export function registryGuests(context: Context): Guests {
  return {
    async authenticate(hostId, credential, peer) {
      const { connections, config } = context;
      // An agent of an older version gives its engine no certificate to show; one that is away is not known to be older.
      const mayOmit = config.registryTls === 'off' || (connections.has(hostId) && !connections.speaks(hostId, ENGINE_SHOWS));
      return (await admitShown(context, peer, { hostId, credential, mode: mayOmit ? 'off' : 'on' })).host;
    },
    whyNotHere({ isTls, isLoopback }) {
      return isTls || isLoopback || context.config.registryTls === 'off' ? null : 'this registry speaks TLS only: take its address out of insecure-registries, its agent gives the engine what it needs (/etc/docker/certs.d)';
    },
    whyNotPush: async ({ id, name }, repository) =>
      await context.store.read(async (reader) => {
        const host = await hostById(reader, id);
        if (host === undefined || !isBuilder(host)) return `${name} is no builder host: it may pull and not push`;
        const isItsBuild = (await buildsOn(reader, id)).some((build) => repositoryOf(build) === repository);
        return isItsBuild ? null : `${name} runs no build of ${repository}: a host pushes to the repositories of its own builds only`;
      }),
  };
}
