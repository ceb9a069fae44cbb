// Refusals and warnings as sentences.
import type { Dictionary } from '../en/index.ts';

/** The first numbers of an English sentence, in their order: the figures of a warning without its words. */
const figures = (message: string): string => (message.match(/\d[\d,.]*/g) ?? []).join(' / ');
const withFigures = (text: string) => (message: string) => (figures(message) === '' ? text : `${text}（${figures(message)}）`);

export const reasons: Dictionary['reasons'] = {
  hostState: (available, wanted) => `主机状态是 ${available}，必须是 ${wanted}`,
  noHosts: '机群里没有主机',
  cordon: '主机已封锁，不再接收新副本',
  diskFull: '主机的磁盘已满，不再接收新副本',
  environment: (wanted, available) => `环境 ${wanted} 不能在这里运行，只允许 ${available}`,
  unknownEnvironment: (environment) => `策略里没有环境 ${environment}`,
  hostKind: (available, wanted) => `该环境不使用 ${available} 类主机，只用 ${wanted}`,
  draining: '主机正在腾空，不再接收新副本',
  cloudPrice: '这台云主机每核的价格超过策略允许的价格',
  cloudSpend: '已达到策略规定的云主机总费用上限',
  cloud: '该服务不允许运行在公有云',
  labels: (resource, wanted, available) => `标签 ${resource} 必须是 ${wanted}，现在是 ${available}`,
  taint: (resource) => `没有容忍污点 ${resource}`,
  cpu: (wanted, available) => `需要 ${wanted}，剩余 ${available}`,
  memory: (wanted, available) => `需要 ${wanted}，剩余 ${available}`,
  cap: (wanted, domain, available) => `将是同一${domain}中的第 ${wanted} 个副本，最多允许 ${available} 个`,
  ownAddress: '容器共用主机自己的网络和地址：只能放一个副本，而且已经有了',
  addresses: (network) => `网络 ${network} 没有空闲地址`,
};

export const warnings: Dictionary['warnings'] = {
  unplaced: withFigures('部分副本找不到位置'),
  'single-replica': () => '只有一个副本：每次重启都会中断服务',
  'survival-adds': withFigures('为满足容灾要求增加了副本'),
  'uses-cloud': withFigures('部分副本会放在公有云主机上'),
  'suspect-host': (message) => `有主机暂时无响应：${message}`,
  'addresses-low': withFigures('网络的空闲地址所剩不多'),
  'host-network': withFigures('部分副本会直接使用主机的网络：每台主机只放一个'),
  'stops-replicas': withFigures('会停止部分副本'),
  'moves-replicas': withFigures('会迁移部分副本'),
  'others-wait': withFigures('还有其他副本在等待容量'),
};
