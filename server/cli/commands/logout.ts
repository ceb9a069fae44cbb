// `firn logout`: deletes a context's token on its server, and the context.
import { Command } from '@commander-js/extra-typings';
import { readContexts, writeContexts } from '../config.ts';
import { usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { forget } from './login.ts';

export const command = (begin: Begin) =>
  new Command('logout')
    .description('Deletes a context and its token.')
    .argument('[context]', 'the present one when left out')
    .addHelpText('after', examples('logout', 'logout work'))
    .action(async (asked, _options, self) => {
      const { io } = begin(self);
      const file = readContexts(io.env);
      const name = asked ?? file.current;
      const stored = name === null ? undefined : file.contexts[name];
      if (name === null || stored === undefined) throw usageError(name === null ? 'You are not signed in anywhere.' : `There is no context "${name}".`, [`known: ${Object.keys(file.contexts).join(', ') || 'none'}`]);
      await forget(stored.address, stored.token, stored.tokenId, io);
      const contexts = Object.fromEntries(Object.entries(file.contexts).filter(([each]) => each !== name));
      writeContexts(io.env, { current: file.current === name ? null : file.current, contexts });
      io.err(`Signed out of ${stored.address}.\n`);
    });
