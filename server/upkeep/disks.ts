// The disks of hosts: how full they are, and which hosts take no new replicas because of that. What is full stays so until it is below the mark of
// warning, so that placement does not swing with each file.
import type { Report } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { hostById } from '../db/hosts.ts';

export type Disk = NonNullable<Report['disks']>[number];

export const usedPermille = ({ usedBytes, totalBytes }: Disk): number => (totalBytes === 0 ? 0 : Math.round((usedBytes / totalBytes) * 1_000));

/** The fullest disk of a host; undefined: its agent does not say. */
export const fullestOf = (report: Report | null | undefined): Disk | undefined => report?.disks?.toSorted((one, other) => usedPermille(other) - usedPermille(one))[0];

/** Closes hosts whose disk has become full to new replicas, opens those that have room again, and says so. */
export async function watchDisks({ store, fleet, clock, config, loops }: Context): Promise<void> {
  const turned = [...fleet.all()].flatMap(({ hostId, report }) => {
    const disk = fullestOf(report);
    if (disk === undefined) return [];
    const isFull = usedPermille(disk) > (fleet.fullDisks.has(hostId) ? config.diskWarnPermille : config.diskFullPermille);
    return fleet.setDiskFull(hostId, isFull) ? [{ hostId, disk, isFull }] : [];
  });
  if (turned.length === 0) return;
  await store.tx(async (tx) => {
    for (const { hostId, disk, isFull } of turned) {
      const host = await hostById(tx, hostId);
      if (host === undefined) continue;
      const figure = `its disk of ${disk.place === 'engine' ? 'images and containers' : '/persist'} is ${usedPermille(disk) / 10} % full`;
      await appendEvent(tx, { at: clock.now(), actor: 'firn', kind: isFull ? 'host.disk-full' : 'host.disk-well', subjectType: 'host', subjectId: hostId, subject: host.name, message: isFull ? `${host.name} takes no new replicas: ${figure}` : `${host.name} has room on its disks again: ${figure}` });
      tx.changed('hosts', hostId);
    }
    tx.afterCommit(() => loops.wake('planner'));
  });
}
