// Kills the process in which a browser drives the GPU, as a crash of the driver would end it.
import type { Browser } from 'puppeteer';

/** The browser must be one that the test itself has started. */
export async function killGpuProcess(browser: Browser): Promise<void> {
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const [gpu, ...others] = processInfo.filter(({ type }) => type === 'GPU');
  if (!gpu || others.length > 0)
    throw new Error(`the browser has ${others.length + (gpu ? 1 : 0)} GPU processes, not 1`);
  process.kill(gpu.id, 'SIGKILL');
}
