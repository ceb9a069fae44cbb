// What Docker is told, word for word, and what differs between versions of its API and of control groups.
import { expect, test } from 'vitest';
import { FLAT, ROUTED, spec } from '../fixtures.ts';
import { createBody, isAtLeast, networkBody, networkSettingsIn } from './create-body.ts';
import { networkSettingsOf, type ContainerOrder } from './runtime.ts';

const ORDER: ContainerOrder = {
  spec: spec(1, { command: ['serve', '--fast'], env: { B: '2', A: 'x=y' }, dns: ['10.9.0.2'], hosts: [{ name: 'db', address: '10.9.0.3' }], cpuMilli: 2500, stopSeconds: 20 }),
  owner: { clusterId: 'c', replicaId: 'r1', workload: 'web@production', identity: 'i' },
  networkName: 'firn',
  files: { persistPath: '/persist/10.9.1.1', resolvPath: '/state/resolv/10.9.1.1.conf' },
  cgroupParent: '/lab/phy1',
};

test('a container on API 1.41 and cgroup v1', () => {
  expect(createBody(ORDER, { apiVersion: '1.41', cgroupVersion: 1 })).toEqual({
    name: 'web-1', Hostname: 'web-1', Image: 'firn/demo:1', Cmd: ['serve', '--fast'], Env: ['B=2', 'A=x=y'],
    Labels: { 'io.firn.cluster': 'c', 'io.firn.replica': 'r1', 'io.firn.workload': 'web@production', 'io.firn.identity': 'i' },
    MacAddress: '02:42:0a:09:01:01',
    StopTimeout: 20,
    HostConfig: {
      NetworkMode: 'firn', CpuPeriod: 100_000, CpuQuota: 250_000, Memory: 134_217_728, MemorySwap: 134_217_728, MemorySwappiness: 0, PidsLimit: 4_096, Dns: ['10.9.0.2'],
      ExtraHosts: ['db:10.9.0.3'], Binds: ['/persist/10.9.1.1:/persist', '/state/resolv/10.9.1.1.conf:/etc/resolv.conf:ro'], RestartPolicy: { Name: 'no' },
      Sysctls: { 'net.ipv4.conf.all.arp_notify': '1' }, SecurityOpt: ['no-new-privileges'], CapDrop: ['NET_RAW', 'MKNOD', 'SETFCAP'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } }, CgroupParent: '/lab/phy1',
    },
    NetworkingConfig: { EndpointsConfig: { firn: { IPAMConfig: { IPv4Address: '10.9.1.1' } } } },
  });
});

test('from API 1.44 on the MAC belongs to the endpoint; cgroup v2 knows no swappiness', () => {
  const body = createBody(ORDER, { apiVersion: '1.50', cgroupVersion: 2 });
  expect(body).not.toHaveProperty('MacAddress');
  expect(body.NetworkingConfig?.EndpointsConfig?.['firn']).toEqual({ IPAMConfig: { IPv4Address: '10.9.1.1' }, MacAddress: '02:42:0a:09:01:01' });
  expect(body.HostConfig).not.toHaveProperty('MemorySwappiness');
});

test('on every API from 1.41 on, with either cgroup version, the MAC and the address are said once, and limits always', () => {
  for (let minor = 41; minor <= 70; minor += 1) {
    for (const cgroupVersion of [1, 2] as const) {
      const body = createBody(ORDER, { apiVersion: `1.${minor}`, cgroupVersion });
      const endpoint = body.NetworkingConfig?.EndpointsConfig?.['firn'] as { MacAddress?: string; IPAMConfig?: { IPv4Address?: string } };
      const macs = [(body as { MacAddress?: string }).MacAddress, endpoint.MacAddress].filter((mac) => mac !== undefined);
      expect([minor, cgroupVersion, macs, endpoint.IPAMConfig?.IPv4Address]).toEqual([minor, cgroupVersion, ['02:42:0a:09:01:01'], '10.9.1.1']);
      expect(body.HostConfig).toMatchObject({ CpuPeriod: 100_000, CpuQuota: 250_000, Memory: 134_217_728, MemorySwap: 134_217_728 });
      expect('MemorySwappiness' in (body.HostConfig ?? {})).toBe(cgroupVersion === 1);
    }
  }
});

test("without a command the image's own runs", () => {
  expect(createBody({ ...ORDER, spec: spec(1) }, { apiVersion: '1.41', cgroupVersion: 1 })).not.toHaveProperty('Cmd');
});

test('networks: nothing can be allocated dynamically, and what Docker tells back compares as equal', () => {
  const flat = networkBody(networkSettingsOf(FLAT), 'c');
  expect(flat).toMatchObject({
    Name: 'firn', Driver: 'bridge', Labels: { 'io.firn.cluster': 'c' },
    Options: { 'com.docker.network.bridge.name': 'br0', 'com.docker.network.bridge.enable_ip_masquerade': 'false' },
    IPAM: { Config: [{ Subnet: '10.9.0.0/16', IPRange: '10.9.0.11/32', Gateway: '10.9.0.11', AuxiliaryAddresses: { DefaultGatewayIPv4: '10.9.0.1' } }] },
  });
  const routed = networkBody(networkSettingsOf(ROUTED), 'c');
  expect(routed.IPAM?.Config).toEqual([{ Subnet: '10.9.1.0/24', IPRange: '10.9.1.254/32', Gateway: '10.9.1.254', AuxiliaryAddresses: {} }]);
  for (const [network, body] of [[FLAT, flat], [ROUTED, routed]] as const) {
    expect(networkSettingsIn('firn', body.Options ?? {}, (body.IPAM?.Config ?? []) as never)).toEqual(networkSettingsOf(network));
  }
});

test('API versions compare as numbers', () => {
  expect([isAtLeast('1.9', 1, 41), isAtLeast('1.41', 1, 41), isAtLeast('1.100', 1, 44), isAtLeast('2.0', 1, 44), isAtLeast('', 1, 41)]).toEqual([false, true, true, true, false]);
});
