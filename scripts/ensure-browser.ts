// Tests and training need a Chrome or Chromium, but installing the package must never fail for want of one.
// So the browser is looked for here, just before it is needed, and fetched only where there is none.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Browser, ChromeReleaseChannel, computeSystemExecutablePath } from '@puppeteer/browsers';
import puppeteer from 'puppeteer';

const MINUTE = 60_000;

/** Diagnostics go to stderr: the stdout of `npm run train -- --json` belongs to the training run. */
function log(message: string): void {
  console.error(`[browser] ${message}`);
}

/** What `read` returns, or nothing where it throws. */
async function attempt<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}

function starts(path: string): boolean {
  if (!existsSync(path)) return false;
  if (process.platform === 'win32') return true; // chrome.exe --version would open a window
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: MINUTE }).status === 0;
}

/** Chrome at the places that its installers use, then whatever lies on the PATH. */
async function systemCandidates(): Promise<(string | undefined)[]> {
  const installed = Object.values(ChromeReleaseChannel).map((channel) =>
    attempt(() => computeSystemExecutablePath({ browser: Browser.CHROME, channel })),
  );
  const names = ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser'];
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return [
    ...(await Promise.all(installed)),
    ...folders.flatMap((dir) => names.map((name) => join(dir, name))),
  ];
}

/** The path of a browser that starts, or undefined. Installs nothing. */
export async function findBrowser(): Promise<string | undefined> {
  const wanted = process.env.PUPPETEER_EXECUTABLE_PATH;
  if (wanted) {
    if (!starts(wanted)) throw new Error(`PUPPETEER_EXECUTABLE_PATH=${wanted} does not start`);
    return wanted;
  }
  const candidates = [await attempt(() => puppeteer.executablePath()), ...(await systemCandidates())];
  return candidates.find((path) => path !== undefined && starts(path));
}

function succeeds(command: string, args: string[], minutes: number): boolean {
  log(`${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    shell: process.platform === 'win32',
    timeout: minutes * MINUTE,
  });
  return status === 0;
}

function aptIsOurs(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** The path of a browser that starts, installing one where there is none; throws where that fails too. */
export async function ensureBrowser(): Promise<string> {
  const present = await findBrowser();
  if (present) return present;

  log('no Chrome or Chromium here: fetching one (about 180 MB)');
  if (succeeds('npx', ['--no-install', 'puppeteer', 'browsers', 'install', 'chrome'], 5)) {
    const downloaded = await findBrowser(); // it may lack system libraries, and then does not start
    if (downloaded) return downloaded;
  }
  if (aptIsOurs()) {
    succeeds('apt-get', ['update', '-q'], 5);
    succeeds('apt-get', ['install', '-qy', '--no-install-recommends', 'chromium'], 10);
    const packaged = await findBrowser();
    if (packaged) return packaged;
  }
  throw new Error(
    'There is no Chrome or Chromium here, and none could be installed. Install Chrome ' +
      '(https://www.google.com/chrome) or Chromium, or set PUPPETEER_EXECUTABLE_PATH to one.',
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    log(await ensureBrowser());
  } catch (error) {
    log(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
