/** @file The same command in a child process with more environment, for what is read when a process starts. */
import { spawn } from 'node:child_process';

/** Its exit code. Requests to stop go on to the child. */
export function again(env: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('exit', (code) => done(code ?? 130));
  });
}
