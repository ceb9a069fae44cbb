// The process behind `firn agent run|join|prepare|doctor`: reads settings, does what was asked, stops on a signal. Nothing else.
// Exit codes: 0 done, 1 failed (doctor: something is wrong), 64 bad settings.
import { runAgent } from './agent.ts';
import { ConfigError, readCommand, type AgentCommand } from './config.ts';
import { doctor, type Check } from './doctor.ts';
import { joinServer } from './join.ts';
import { prepareHost } from './prepare.ts';
import { sentenceOf } from './log.ts';

process.exitCode = await main();

async function main(): Promise<number> {
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
    case 'run': {
      const signalled = nextSignal();
      const agent = await runAgent(config);
      await signalled;
      await agent.stop();
      return 0;
    }
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

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once, as people expect. */
function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}

function lineOf(check: Check): string {
  const mark = { well: 'ok   ', doubtful: 'doubt', wrong: 'WRONG' }[check.state];
  return `${mark}  ${check.name}: ${check.finding}${check.remedy === undefined ? '' : `\n       -> ${check.remedy}`}`;
}
