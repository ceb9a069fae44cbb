// 工作负载或主机的历史指标，以及指标的来源。
import type { Dictionary } from '../en/index.ts';

export const metrics: Dictionary['metrics'] = {
  title: '指标',
  range: '指标的时间范围',
  names: {
    qps: '请求', qpsMax: '请求峰值', errorsPerSecond: '错误', rejectedPerSecond: '被拒绝', p99Ms: 'p99', cpuMilli: 'CPU', memoryMib: '内存', connections: '连接', throttledPermille: '被限流',
    receivedBytesPerSecond: '接收', sentBytesPerSecond: '发送', readBytesPerSecond: '磁盘读', writtenBytesPerSecond: '磁盘写', ready: '就绪', wanted: '应有',
  },
  perSecond: (value) => `${value}/秒`,
  ms: (value) => `${value} 毫秒`,
  chart: (name, subject) => `${subject} 的${name}`,
  note: (resolution, zone) => `${resolution} · 时区：${zone}`,
  resolutions: { raw: '每 2 秒', minute: '每分钟', 'ten-minutes': '每十分钟' },
  none: '这段时间没有数据',
  empty: '启动后几秒内会有第一批数据。',
  sources: '请求数来源',
  noSource: '还没有人给出它的请求数：可以用服务的指标路径、网关推送或 Prometheus。',
  kinds: { pushed: '推送', prometheus: 'Prometheus', scraped: '抓取' },
  silentFor: (length) => `已 ${length}无数据`,
  saidAgo: (ago) => `更新于${ago}`,
  replicasSay: (some, all) => `${all} 个副本中 ${some} 个在报告`,
  partial: '有来源没有数据：总和可能偏小。',
};
