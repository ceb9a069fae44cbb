// `firn server`: runs the server in this process until it is stopped. Every flag has an environment variable; server/config.ts
// reads and checks both.
import { Command } from '@commander-js/extra-typings';
import { examples, type Begin } from '../invocation.ts';

export const command = (begin: Begin) =>
  new Command('server')
    .description('Runs the server: API, console and the listener for agents. Stops on SIGINT and SIGTERM.')
    .option('--data-dir <folder>', 'database and lock; .firn/data (FIRN_DATA)')
    .option('--listen <host:port>', 'console and API; 127.0.0.1:7070 (FIRN_LISTEN)')
    .option('--agent-listen <host:port>', 'agents; 127.0.0.1:7071 (FIRN_AGENT_LISTEN)')
    .option('--agent-url <url>', 'how hosts reach that listener, for the join command (FIRN_AGENT_URL)')
    .option('--fleet <kind>', 'real, lab or simulated (FIRN_FLEET)')
    .option('--fleet-note <text>', 'what every page says of this fleet (FIRN_FLEET_NOTE)')
    .option('--fleet-note-zh <text>', 'the same in Chinese (FIRN_FLEET_NOTE_ZH)')
    .option('--currency <code>', 'of every amount of money; CNY (FIRN_CURRENCY)')
    .option('--heartbeat-ms <ms>', 'how often an agent says that it is there; 1000 (FIRN_HEARTBEAT_MS)')
    .option('--report-ms <ms>', 'how often an agent reports when nothing changes; 2000 (FIRN_REPORT_MS)')
    .option('--lease-ms <ms>', 'silence after which a host is lost; 5000 (FIRN_LEASE_MS)')
    .option('--quarantine-ms <ms>', 'how long an address rests before it is used again; 60000 (FIRN_QUARANTINE_MS)')
    .option('--https <0|1>', 'a TLS-terminating proxy is in front (FIRN_HTTPS)')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent; info (FIRN_LOG)')
    .option('--console-dir <folder>', 'the built console (FIRN_CONSOLE_DIR)')
    .addHelpText('after', examples('server', 'server --data-dir /var/lib/firn --listen 0.0.0.0:7070 --agent-listen 0.0.0.0:7071 --agent-url http://10.0.0.5:7071'))
    .action(async (flags, self) => {
      const { endWith } = begin(self);
      const { runServer } = await import('../../main.ts');
      endWith(await runServer(flags));
    });
