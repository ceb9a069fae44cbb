// Warnings of a quote as sentences, for the people who read it before they submit.
import type { Warning } from '#scheduler/quote.ts';

export function warningText({ code, values }: Warning): string {
  switch (code) {
    case 'unplaced':
      return `${values.count} of ${values.replicas} replicas find no room now: they would wait until capacity appears.`;
    case 'single-replica':
      return 'One replica only: while it restarts or moves, nobody answers.';
    case 'survival-adds':
      return `${Number(values.replicas) - Number(values.forPeak)} replicas are there only to survive the loss of a ${values.survive}: the peak alone needs ${values.forPeak}.`;
    case 'uses-cloud':
      return `${values.count} of ${values.replicas} replicas would run on cloud VMs.`;
    case 'suspect-host':
      return `Host ${values.host} has been silent for a moment: replicas placed there may have to move.`;
    case 'addresses-low':
      return `Only ${values.left} addresses would be left on network ${values.network}.`;
    case 'host-network':
      return `${values.count} of ${values.replicas} replicas would share the network of their host: one on each such host, which has to leave the service's port free.`;
    case 'stops-replicas':
      return `${values.count} replicas would stop.`;
    case 'moves-replicas':
      return `${values.count} replicas would move to another host, which restarts them.`;
    case 'others-wait':
      return `${values.count} replicas of other workloads wait for room already.`;
  }
}
