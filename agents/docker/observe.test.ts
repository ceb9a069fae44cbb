// Docker's JSON, as Engine 20.10 gives it, in the agent's words.
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { expect, test } from 'vitest';
import { observeInspected, observeListed } from './observe.ts';

const INSPECTED = {
  Id: 'abc', Name: '/web-1', RestartCount: 3,
  State: { Status: 'running', Pid: 4242, StartedAt: '2026-11-23T02:00:00.123456789Z', ExitCode: 0, OOMKilled: false, Error: '' },
  Config: { Labels: { 'io.firn.cluster': 'c', 'io.firn.replica': 'r1', 'io.firn.workload': 'w@p', 'io.firn.identity': 'i' }, StopTimeout: 20, MacAddress: '02:42:0A:09:01:01' },
  HostConfig: { CpuPeriod: 100_000, CpuQuota: 50_000, Memory: 1024, MemorySwap: 1024 },
  NetworkSettings: { Networks: { firn: { NetworkID: 'n1', MacAddress: '02:42:0a:09:01:01', IPAddress: '10.9.1.1', IPAMConfig: { IPv4Address: '10.9.1.1' } } } },
};
const observe = (change: (info: typeof INSPECTED) => void): ReturnType<typeof observeInspected> => {
  const info = structuredClone(INSPECTED);
  change(info);
  return observeInspected(info as unknown as ContainerInspectInfo);
};

test('a running container', () => {
  expect(observe(() => undefined)).toEqual({
    id: 'abc', name: 'web-1', owner: { clusterId: 'c', replicaId: 'r1', workload: 'w@p', identity: 'i' }, status: 'running', pid: 4242, networkName: 'firn', networkId: 'n1',
    address: '10.9.1.1', mac: '02:42:0a:09:01:01', limits: { cpuPeriodMicros: 100_000, cpuQuotaMicros: 50_000, memoryBytes: 1024, memorySwapBytes: 1024 }, stopSeconds: 20,
    restartsItself: false, restarts: 3, startedAt: '2026-11-23T02:00:00.123Z', outOfMemory: false,
  });
});

test('networks that somebody put it on, or took it off, are told apart from its own; so is what the engine would do at its end', () => {
  const other = { NetworkID: 'n9', MacAddress: '02:42:ac:11:00:02', IPAddress: '172.17.0.2', IPAMConfig: {} };
  const besides = observe((info) => Object.assign(info, { HostConfig: { ...info.HostConfig, NetworkMode: 'firn', RestartPolicy: { Name: 'always' } }, NetworkSettings: { Networks: { bridge: other, ...info.NetworkSettings.Networks } } }));
  expect(besides).toMatchObject({ networkName: 'firn', address: '10.9.1.1', otherNetworks: ['bridge'], restartsItself: true });
  const off = observe((info) => Object.assign(info, { HostConfig: { ...info.HostConfig, NetworkMode: 'firn' }, NetworkSettings: { Networks: { bridge: other } } }));
  expect(off).toMatchObject({ otherNetworks: ['bridge'] });
  expect(off).not.toHaveProperty('address');
});

test('one that ended has no address of its own, but the one that it will get again', () => {
  const ended = observe((info) => {
    Object.assign(info.State, { Status: 'exited', Pid: 0, ExitCode: 137, OOMKilled: true, Error: 'no space' });
    Object.assign(info.NetworkSettings.Networks.firn, { IPAddress: '', MacAddress: '' });
  });
  expect(ended).toMatchObject({ status: 'exited', address: '10.9.1.1', mac: '02:42:0a:09:01:01', exitCode: 137, outOfMemory: true, error: 'no space' });
  expect(ended).not.toHaveProperty('pid');
});

test('one that was never started has no network id and no start', () => {
  const created = observe((info) => {
    Object.assign(info.State, { Status: 'created', Pid: 0, StartedAt: '0001-01-01T00:00:00Z' });
    info.NetworkSettings.Networks.firn.NetworkID = '';
  });
  expect(created).not.toHaveProperty('networkId');
  expect(created).not.toHaveProperty('startedAt');
});

test('of a stranger only what could collide is taken; half a set of labels makes nobody ours', () => {
  const listed = { Id: 's', Names: ['/db'], State: 'running', Labels: {}, NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2' } } } } as unknown as ContainerInfo;
  expect(observeListed(listed)).toEqual({ id: 's', name: 'db', status: 'running', stopSeconds: 10, restarts: 0, outOfMemory: false, address: '172.17.0.2' });
  expect(observe((info) => delete (info.Config.Labels as Partial<typeof INSPECTED.Config.Labels>)['io.firn.replica'])).not.toHaveProperty('owner');
});
