// The authority is tried as OpenSSL sees it: chains, names, times, and what is refused.
import { createPublicKey, X509Certificate } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { makeRequest } from '#agents/csr.ts';
import { fingerprintOf, issueHost, issueServer, type Keyed, makeAuthority } from './ca.ts';

const NOW = Date.parse('2026-11-23T09:30:00Z');
const HOUR_MS = 3_600_000;
let authority: Keyed;

beforeAll(async () => {
  authority = await makeAuthority('cluster-1', NOW);
});

test("a host's certificate is signed by the authority, names the host and the cluster, and is for clients only", async () => {
  const { key, csr } = makeRequest('phy1');
  const issued = await issueHost(authority, { csr, hostId: 'host-1', clusterId: 'cluster-1', now: NOW });
  const own = new X509Certificate(authority.certificate);
  const seen = new X509Certificate(issued.certificate);
  expect(seen.verify(own.publicKey)).toBe(true);
  expect(seen.checkIssued(own)).toBe(true);
  expect(seen.subject).toBe('CN=host-1\nO=cluster-1');
  expect(seen.ca).toBe(false);
  expect(seen.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(seen.serialNumber.toLowerCase()).toBe(issued.serial);
  expect(fingerprintOf(issued.certificate)).toBe(issued.sha256);
  expect(seen.publicKey.equals(createPublicKey(key))).toBe(true);
  expect([Date.parse(seen.validFrom), Date.parse(seen.validTo)]).toEqual([NOW - HOUR_MS, NOW + 30 * 24 * HOUR_MS]);
});

test("what a request says of its subject does not count: the server names the host", async () => {
  const { csr } = makeRequest('host-of-somebody-else');
  expect(new X509Certificate((await issueHost(authority, { csr, hostId: 'host-1', clusterId: 'cluster-1', now: NOW })).certificate).subject).toContain('CN=host-1');
});

test("the server's certificate has every name and address, and is for servers only", async () => {
  const issued = await issueServer(authority, { clusterId: 'cluster-1', names: ['firn.example', '10.0.0.5', '::1'], now: NOW });
  const seen = new X509Certificate(issued.certificate);
  expect(seen.checkHost('firn.example')).toBe('firn.example');
  expect(seen.checkIP('10.0.0.5')).toBe('10.0.0.5');
  expect(seen.checkIP('::1')).toBe('::1');
  expect(seen.checkHost('other.example')).toBeUndefined();
  expect(seen.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
});

test('a request is refused that is none, or whose signature does not fit', async () => {
  const ask = (csr: string) => issueHost(authority, { csr, hostId: 'h', clusterId: 'c', now: NOW });
  await expect(ask('-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n')).rejects.toThrow(/csr is not a certificate request/);
  const bytes = Buffer.from(makeRequest('phy1').csr.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  bytes[20] = bytes[20]! ^ 1;
  await expect(ask(`-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`)).rejects.toThrow(/csr is not signed with its own key|csr is not a certificate request/);
});
