// `install`: makes the agent of this host a service. Joins where there is a token, puts the program and its settings in place, writes the systemd unit,
// and starts it where systemd runs. The unit allows what an agent does on a host and nothing else; pure but for the writing at the end.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AgentConfig } from './config.ts';
import { joinServer, readCredential } from './join.ts';
import { targetText } from './logs/forward.ts';
import { runBriefly } from './program/run.ts';
import { CERTS_DIR } from './registry-trust.ts';

const PROGRAM = '/usr/local/lib/firn/agent.js';
const SETTINGS = '/etc/firn/agent.json';
const UNIT = '/etc/systemd/system/firn-agent.service';

/** Settings of the unit's process; those of joining are used up. */
export function settingsText({ declared, builds, keepLogs, logForward, caSha256: _fingerprint, insecureFirstJoin: _trust, again: _again, ...rest }: AgentConfig): string {
  const flat = {
    ...rest,
    ...(declared === undefined ? {} : declared),
    ...(builds === undefined ? {} : { builds: '1', gitProtocols: builds.gitProtocols.join(',') }),
    ...(logForward === undefined ? {} : { logForward: targetText(logForward) }),
    ...(keepLogs?.keepMs === undefined ? {} : { logKeepDays: Math.round(keepLogs.keepMs / 86_400_000) }),
    ...(keepLogs?.hostBytes === undefined ? {} : { logKeepMib: Math.round(keepLogs.hostBytes / (1024 * 1024)) }),
  };
  return `${JSON.stringify(flat, undefined, 2)}\n`;
}

export interface UnitParts {
  /** Node, absolute. */
  readonly node: string;
  readonly program: string;
  readonly settings: string;
  readonly config: Pick<AgentConfig, 'stateDir' | 'persistDir' | 'builds' | 'registryCertsDir'>;
}

/** Bridges, addresses and routes; the network of a container, entered by its process; folders below /persist, which belong to other users. */
const CAPABILITIES = ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN', 'CAP_SYS_PTRACE', 'CAP_CHOWN', 'CAP_FOWNER', 'CAP_DAC_OVERRIDE'];
const LIMITS = `ProtectHome=yes
PrivateDevices=yes
RestrictNamespaces=net
RestrictSUIDSGID=yes
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM`;
/** A lowest layer is made by debootstrap: other users, devices and a root of its own. */
const BUILDER_CAPABILITIES = ['CAP_SYS_CHROOT', 'CAP_MKNOD', 'CAP_SETUID', 'CAP_SETGID', 'CAP_FSETID', 'CAP_KILL'];
/** Git over SSH reads root's keys. */
const BUILDER_LIMITS = 'ProtectHome=read-only';

/** The unit, pure. The process is root because Docker's socket makes whoever has it root anyway; what root may do is cut down to the host's network. */
export function unitText({ node, program, settings, config }: UnitParts): string {
  const { stateDir, persistDir, builds, registryCertsDir: certsDir = CERTS_DIR } = config;
  const isBuilder = builds !== undefined;
  return `[Unit]
Description=Firn agent: keeps the containers of this host as the server wants them
After=network-online.target docker.service
Wants=network-online.target

[Service]
Type=exec
ExecStart=${node} --max-semi-space-size=1 --max-old-space-size=64 --v8-pool-size=1 ${program} run --config ${settings}
Restart=always
RestartSec=1
# Containers are the engine's: they go on when this ends.
KillMode=mixed
TimeoutStopSec=15
OOMScoreAdjust=-500
LimitNOFILE=8192

# See the README of agents for what each is needed for.
CapabilityBoundingSet=${[...CAPABILITIES, ...(isBuilder ? BUILDER_CAPABILITIES : [])].join(' ')}
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=${stateDir} ${persistDir} -${certsDir} -/proc/sys/net
${isBuilder ? BUILDER_LIMITS : LIMITS}
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictRealtime=yes
LockPersonality=yes
SystemCallArchitectures=native
UMask=0077

[Install]
WantedBy=multi-user.target
`;
}

/** @returns what was done and what is left to do, for people */
export async function installAgent(config: AgentConfig, token: string | undefined): Promise<string> {
  const lines: string[] = [];
  const program = process.argv[1] ?? '';
  if (!program.endsWith('.js')) throw new Error(`${program} is not the built agent: run \`install\` of dist/agent/main.js, or of the file that the server gives`);
  if (token !== undefined && (config.again === true || (await readCredential(config.stateDir)) === undefined)) {
    await joinServer(config, token);
    lines.push(`joined; credential and certificate are in ${config.stateDir}`);
  } else if ((await readCredential(config.stateDir)) === undefined) throw new Error('a token is missing, and this host has not joined; give --token-file FILE or FIRN_JOIN_TOKEN');
  for (const file of [PROGRAM, SETTINGS]) await mkdir(dirname(file), { recursive: true });
  // What the unit may write has to be there when it starts.
  for (const folder of [config.stateDir, config.persistDir, config.registryCertsDir ?? CERTS_DIR]) await mkdir(folder, { recursive: true });
  if (program !== PROGRAM) await copyFile(program, PROGRAM);
  await writeFile(SETTINGS, settingsText(config), { mode: 0o600 });
  lines.push(`program ${PROGRAM}, settings ${SETTINGS}`);
  if (!existsSync(dirname(UNIT))) return `${[...lines, `there is no systemd here: keep this running by other means:\n  ${process.execPath} ${PROGRAM} run --config ${SETTINGS}`].join('\n')}\n`;
  await writeFile(UNIT, unitText({ node: process.execPath, program: PROGRAM, settings: SETTINGS, config }), { mode: 0o644 });
  lines.push(`unit ${UNIT}`);
  // The folder that says whether systemd is what runs this machine.
  if (!existsSync('/run/systemd/system')) return `${[...lines, 'systemd does not run now: at the next boot, run systemctl enable --now firn-agent'].join('\n')}\n`;
  await runBriefly('systemctl', ['daemon-reload'], 30_000);
  await runBriefly('systemctl', ['enable', '--now', 'firn-agent'], 30_000);
  return `${[...lines, 'the agent runs: systemctl status firn-agent'].join('\n')}\n`;
}
