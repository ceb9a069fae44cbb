// The one line that makes a machine a host: where `firn` is installed, and where only Node is. The token goes through the environment, because a
// process's arguments are visible to everybody on the machine; the fingerprint says which server to believe.
import type { Context } from '../context.ts';
import { findBundles } from './bundles.ts';

export interface JoinLine {
  readonly command: string;
  readonly bareCommand: string | null;
  readonly caSha256: string | null;
}

/** Where agents reach this server. */
export function agentUrlOf({ agentUrl, agentListen, agentTls }: Context['config']): string {
  const isLocal = /^(127\.|localhost$|::1$)/.test(agentListen.host);
  const scheme = agentTls === 'off' || (agentTls === 'on' && agentUrl === null && isLocal) ? 'http' : 'https';
  const url = agentUrl ?? `${scheme}://${agentListen.host.includes(':') ? `[${agentListen.host}]` : agentListen.host}:${agentListen.port}`;
  return agentTls === 'off' ? url : url.replace(/^http:/, scheme === 'https' ? 'https:' : 'http:').replace(/^ws:/, scheme === 'https' ? 'wss:' : 'ws:');
}

/** @param rest flags of `join` that only the caller knows */
export async function joinLine(context: Context, token: string, rest: string): Promise<JoinLine> {
  const server = agentUrlOf(context.config);
  const isSecure = /^(https|wss):/.test(server);
  const caSha256 = isSecure ? (await context.authority.own()).sha256 : null;
  const flags = `--server ${server}${caSha256 === null ? '' : ` --ca-sha256 ${caSha256}`} ${rest}`;
  const [bundle] = (await findBundles(context)).filter(({ source }) => source === 'server');
  const base = server.replace(/^ws/, 'http');
  const bareCommand = bundle === undefined || !isSecure ? null : `curl -fsSk ${base}/agents/bundles/${bundle.sha256} -o firn-agent.js && echo '${bundle.sha256}  firn-agent.js' | sha256sum -c - && FIRN_JOIN_TOKEN=${token} node firn-agent.js install ${flags}`;
  return { command: `FIRN_JOIN_TOKEN=${token} firn agent join ${flags}`, bareCommand, caSha256 };
}
