// The entry of `firn`. Compiled code is kept in the user's cache, so that only the first command of a version takes its time;
// everything else is loaded after that was switched on.
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Where that folder cannot be written, commands are as slow as the first one, and that is all.
enableCompileCache(join(homedir(), '.cache', 'firn'));
const { main } = await import('./process-io.ts');
process.exitCode = await main(process.argv.slice(2));
