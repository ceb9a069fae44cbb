// `firn host certificates|renew|revoke|rejoin`: the identity of one host.
import { Command, Option } from '@commander-js/extra-typings';
import type { Certificates, CertificateView, JoinCommand } from '../../http/contract/index.ts';
import { age, parseDurationMs } from '../amounts.ts';
import { path } from '../client.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

const COLUMNS: readonly Column<CertificateView>[] = [
  { title: 'SERIAL', value: ({ serial }) => serial },
  { title: 'STATE', value: ({ state, revoked }) => (revoked === null ? state : `revoked by ${revoked.by}: ${revoked.reason}`) },
  { title: 'UNTIL', value: ({ notAfter }) => notAfter },
  { title: 'USED', value: ({ usedAt }) => usedAt },
];

const certificates = (begin: Begin) =>
  new Command('certificates')
    .description('Every certificate of a host.')
    .argument('<host>')
    .addHelpText('after', examples('host certificates phy1'))
    .action(async (name, _options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Certificates>(path('hosts', name, 'certificates'));
      await printList(io, printing, { body, rows: body.items, name: ({ serial }) => serial, columns: COLUMNS, empty: `${name} has no certificate.` });
    });

const renew = (begin: Begin) =>
  new Command('renew')
    .description('Has a host ask for a new certificate now, with a new key.')
    .argument('<host>')
    .addHelpText('after', examples('host renew phy1'))
    .action(async (name, _options, self) => {
      const { io, client } = begin(self);
      await client().send('POST', path('hosts', name, 'renew'));
      io.err(`${name} was told.\n`);
    });

const revoke = (begin: Begin) =>
  new Command('revoke')
    .description("Ends a host's identity at once; its containers go on. `host rejoin` lets the machine come back.")
    .argument('<host>')
    .requiredOption('--why <reason>', 'for whoever wonders tomorrow')
    .addHelpText('after', examples('host revoke phy1 --why "the disk was stolen"'))
    .action(async (name, { why }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().send<Certificates>('POST', path('hosts', name, 'revoke'), { reason: why });
      await printList(io, printing, { body, rows: body.items, name: ({ serial }) => serial, columns: COLUMNS, empty: `${name} had no certificate; its credential ended.` });
    });

const rejoin = (begin: Begin) =>
  new Command('rejoin')
    .description('Prints the command with which the machine of a host joins again, as the same host under a new identity.')
    .argument('<host>')
    .addOption(new Option('--ends-after <duration>', 'how long it can be used').argParser(parseDurationMs).default(3_600_000, '1h'))
    .addHelpText('after', examples('host rejoin phy1'))
    .action(async (name, { endsAfter }, self) => {
      const { io, printing, client } = begin(self);
      const made = await client().send<JoinCommand>('POST', path('hosts', name, 'rejoin'), { expiresInSeconds: Math.round(endsAfter / 1000) });
      io.err(`Run this on ${name}, as root, within ${age(endsAfter)}; then start its agent again:\n`);
      await printOne(io, printing, made, name, () => `${made.command}\n`);
    });

export const identityVerbs = [certificates, renew, revoke, rejoin] as const;
