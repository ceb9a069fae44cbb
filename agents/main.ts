// The process behind `firn agent run|join|install|prepare|doctor|version`: reads settings and does what was asked. Nothing else.
// Exit codes: 0 done, 1 failed (doctor: something is wrong), 64 bad settings.
import { ConfigError, readCommand, type AgentCommand } from './config.ts';
import { doctor, type Check } from './doctor.ts';
import { installAgent } from './install.ts';
import { joinServer } from './join.ts';
import { prepareHost } from './prepare.ts';
import { sentenceOf } from './log.ts';
import { runProcess } from './run-process.ts';
import { AGENT_VERSION } from './version.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  // Before any setting is read: whoever asks may have none.
  if (process.argv[2] === 'version') {
    process.stdout.write(`${AGENT_VERSION}\n`);
    return 0;
  }
  let command: AgentCommand;
  try {
    command = readCommand(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : sentenceOf(error)}\n`);
    return 64;
  }
  try {
    return await perform(command);
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    return 1;
  }
}

async function perform({ verb, config, token, output }: AgentCommand): Promise<number> {
  switch (verb) {
    case 'run':
      return await runProcess(config);
    case 'version':
      return 0;
    case 'install':
      process.stdout.write(await installAgent(config, token));
      return 0;
    case 'join':
      if (token === undefined) throw new Error('a token is missing; give --token-file FILE or FIRN_JOIN_TOKEN');
      await joinServer(config, token);
      process.stdout.write(`joined; the credential is in ${config.stateDir}\n`);
      return 0;
    case 'prepare': {
      const { stands, sentence } = await prepareHost(config);
      process.stdout.write(`${sentence}\n`);
      return stands ? 0 : 1;
    }
    case 'doctor': {
      const checks = await doctor(config);
      process.stdout.write(output === 'json' ? `${JSON.stringify({ checks }, null, 2)}\n` : checks.map((check) => `${lineOf(check)}\n`).join(''));
      return checks.some((check) => check.state === 'wrong') ? 1 : 0;
    }
  }
}

function lineOf(check: Check): string {
  const mark = { well: 'ok   ', doubtful: 'doubt', wrong: 'WRONG' }[check.state];
  return `${mark}  ${check.name}: ${check.finding}${check.remedy === undefined ? '' : `\n       -> ${check.remedy}`}`;
}
