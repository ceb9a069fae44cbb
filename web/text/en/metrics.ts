// Figures of a workload or a host through time, and who says them.
export const metrics = {
  title: 'Figures',
  range: 'Range of the figures',
  names: {
    qps: 'Requests', qpsMax: 'Requests at most', errorsPerSecond: 'Errors', rejectedPerSecond: 'Turned away', p99Ms: 'p99', cpuMilli: 'CPU', memoryMib: 'Memory', connections: 'Connections', throttledPermille: 'Throttled',
    receivedBytesPerSecond: 'Received', sentBytesPerSecond: 'Sent', readBytesPerSecond: 'Read from disks', writtenBytesPerSecond: 'Written to disks', ready: 'Ready', wanted: 'Wanted',
  },
  perSecond: (value: string) => `${value}/s`,
  ms: (value: string) => `${value} ms`,
  chart: (name: string, subject: string) => `${name} of ${subject}`,
  note: (resolution: string, zone: string) => `${resolution} · times: ${zone}`,
  resolutions: { raw: 'every 2 s', minute: 'by minute', 'ten-minutes': 'by ten minutes' },
  none: 'no figure in this time',
  empty: 'The first figures arrive within seconds of a start.',
  sources: 'Who says the requests',
  noSource: 'Nobody says its requests yet: a metrics path of the service, a gateway that pushes, or a Prometheus.',
  kinds: { pushed: 'Pushed', prometheus: 'Prometheus', scraped: 'Scraped' },
  silentFor: (length: string) => `silent for ${length}`,
  saidAgo: (ago: string) => `said ${ago}`,
  replicasSay: (some: string, all: string) => `${some} of ${all} replicas say it`,
  partial: 'Some source is silent: the sum may be too small.',
};
