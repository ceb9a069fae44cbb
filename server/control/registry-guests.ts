// Who may pass the registry's door: every host that joined may pull; a host that builds may push to the repositories of the builds that it was
// given, while they run, and nowhere else, so that one builder cannot replace another's images.
import type { Context } from '../context.ts';
import { buildsOn } from '../db/builds.ts';
import { hostById } from '../db/hosts.ts';
import type { Guests } from '../registry/registry.ts';
import { isBuilder } from './builders.ts';
import { repositoryOf } from './build-orders.ts';
import { hostOfCredential } from './host-credentials.ts';

export function registryGuests(context: Context): Guests {
  return {
    authenticate: async (hostId, credential) => await hostOfCredential(context, hostId, credential),
    whyNotPush: async ({ id, name }, repository) =>
      await context.store.read(async (reader) => {
        const host = await hostById(reader, id);
        if (host === undefined || !isBuilder(host)) return `${name} is no builder host: it may pull and not push`;
        const isItsBuild = (await buildsOn(reader, id)).some((build) => repositoryOf(build) === repository);
        return isItsBuild ? null : `${name} runs no build of ${repository}: a host pushes to the repositories of its own builds only`;
      }),
  };
}
