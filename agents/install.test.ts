// What `firn agent install` writes: settings that the agent reads back as they were, and a unit that lets it do its work and nothing else.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCommand } from './config.ts';
import { settingsText, unitText } from './install.ts';

test('what was said at the installation is what the unit runs with; what was for joining is gone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'firn-install-'));
  try {
    for (const target of ['udp://10.0.0.9:514', 'tcp://[::1]:601', 'file:/var/log/firn.log']) {
      const joining = ['--ca-sha256', 'ab'.repeat(32), '--insecure-first-join', '--again'];
      const flags = ['--server', 'wss://10.0.0.2:7071', '--name', 'vm1', '--address', '10.0.0.11', '--container-cidr', '10.30.7.0/24', '--cpu-milli', '4000', '--memory-mib', '8192', '--builds', '1', '--git-protocols', 'https', '--network-confirm-seconds', '30', '--log-forward', target, '--log-keep-days', '3', '--log-keep-mib', '100', '--registry-certs-dir', '/srv/certs.d'];
      const { caSha256, insecureFirstJoin, again, ...kept } = readCommand(['install', ...flags, ...joining], {}).config;
      expect([caSha256, insecureFirstJoin, again]).toEqual(['ab'.repeat(32), true, true]);
      writeFileSync(join(folder, 'agent.json'), settingsText({ ...kept, again: true }));
      expect(readCommand(['run', '--config', join(folder, 'agent.json')], {}).config).toEqual(kept);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a host that builds may make file systems and read root’s keys; others may not', () => {
  const unit = (builds: boolean) => unitText({ node: '/usr/bin/node', program: '/p.js', settings: '/s.json', config: { stateDir: '/state', persistDir: '/persist', ...(builds ? { builds: { gitProtocols: ['ssh'] } } : {}) } });
  const plain = unit(false);
  expect(/^CapabilityBoundingSet=(.*)$/m.exec(plain)?.[1]).toBe('CAP_NET_ADMIN CAP_SYS_ADMIN CAP_SYS_PTRACE CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE');
  for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'ReadWritePaths=/state /persist -/etc/docker/certs.d -/proc/sys/net', 'ProtectHome=yes', 'RestrictNamespaces=net', 'SystemCallFilter=@system-service']) expect(plain.split('\n')).toContain(line);
  expect(unit(true).split('\n')).toContain('ProtectHome=read-only');
  expect(unit(true)).not.toContain('SystemCallFilter');
});
