// Refusals and warnings as sentences. The server sends them as data with an English sentence, which is shown where a rule is unknown here.
type Value = number | string;

export const reasons = {
  hostState: (available: Value, wanted: Value) => `the host is ${available}, it must be ${wanted}`,
  noHosts: 'there is no host in the fleet',
  cordon: 'the host is cordoned: it takes nothing new',
  diskFull: 'a disk of the host is full: it takes nothing new',
  environment: (wanted: Value, available: Value) => `environment ${wanted} may not run here, only ${available}`,
  unknownEnvironment: (environment: Value, state: Value) => `environment ${environment} is ${state}`,
  hostKind: (available: Value, wanted: Value) => `hosts of kind ${available} are not for this environment, only ${wanted}`,
  draining: 'the host is being drained: it takes nothing new',
  cloud: 'the workload may not run in the cloud',
  cloudPrice: 'a core of this cloud host is dearer than the policy allows',
  cloudSpend: 'the policy’s limit for all cloud hosts together is reached',
  labels: (resource: string, wanted: Value, available: Value) => `label ${resource} must be ${wanted}, it is ${available}`,
  taint: (resource: string) => `taint ${resource} is not tolerated`,
  cpu: (wanted: string, available: string) => `needs ${wanted}, ${available} free`,
  memory: (wanted: string, available: string) => `needs ${wanted}, ${available} free`,
  cap: (wanted: Value, domain: string, available: Value) => `would be replica ${wanted} of the workload in one ${domain}, at most ${available} allowed`,
  ownAddress: 'containers share its own network and address, so it takes one replica, and has one',
  addresses: (network: string) => `no address left on network ${network}`,
};

/** By code; the server's own message stands where null. */
export const warnings: Record<string, ((message: string) => string) | undefined> = {};
