// How this project starts Chrome with WebGPU, and how Dawn in Node borrows the browser's software GPU
// (SwiftShader) on a Linux machine that has no GPU of its own.
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer';
import { ensureBrowser, findBrowser } from './ensure-browser.ts';

export const CHROME_ARGS: readonly string[] = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), // Chrome refuses to run as root with its sandbox
  '--enable-unsafe-webgpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * For pages that show what WebGPU draws on a machine without a GPU: the compositor must run on SwiftShader's Vulkan as
 * WebGPU does. Otherwise canvases stay blank, or the GPU process crashes over them. (visgl/luma.gl#2874)
 */
const CANVAS_ARGS: readonly string[] = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  '--enable-gpu',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
];

interface Launch {
  readonly headed?: boolean;
  /** Whether the page shows canvases that WebGPU draws on. */
  readonly draws?: boolean;
  /** False blocks WebGPU. */
  readonly webgpu?: boolean;
  /** How long a single call into a page may take, in milliseconds. */
  readonly patience?: number;
}

/** Starts Chrome, headless unless `headed`; finds or installs it first. */
export async function launchChrome({
  headed = false,
  draws = false,
  webgpu = true,
  patience = 180_000,
}: Launch = {}): Promise<Browser> {
  const software = process.platform === 'linux' && !hasVulkanGpu();
  return puppeteer.launch({
    executablePath: await ensureBrowser(),
    headless: !headed,
    protocolTimeout: patience,
    args: [
      ...CHROME_ARGS.filter((arg) => webgpu || arg !== '--enable-unsafe-webgpu'),
      ...(webgpu ? [] : ['--disable-features=WebGPU']),
      ...(draws && software ? CANVAS_ARGS : []),
    ],
  });
}

/** Where the browser's own files may lie when its path is only a wrapper script. */
const BROWSER_FOLDERS = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];

/** SwiftShader's Vulkan driver manifest beside the browser binary, or undefined. */
export function swiftshaderIcd(browserPath: string): string | undefined {
  if (!existsSync(browserPath)) return undefined;
  return [dirname(realpathSync(browserPath)), ...BROWSER_FOLDERS]
    .map((folder) => join(folder, 'vk_swiftshader_icd.json'))
    .find((path) => existsSync(path));
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** A GPU's device node together with an installed Vulkan driver; either alone is of no use to Dawn. */
function hasVulkanGpu(): boolean {
  const node = existsSync('/dev/nvidia0') || list('/dev/dri').some((name) => name.startsWith('renderD'));
  const driver = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'].some(
    (folder) => list(folder).some((name) => name.endsWith('.json')),
  );
  return node && driver;
}

/**
 * The environment variables to add for Dawn in Node, to be set before the process starts: empty except on
 * Linux without a GPU, where they name the browser's SwiftShader. The user's own choice of driver wins.
 * With ensureBrowser as `find`, a browser is installed where there is none.
 */
export async function dawnEnv(find = findBrowser): Promise<Record<string, string>> {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES, LD_LIBRARY_PATH } = process.env;
  if (process.platform !== 'linux' || VK_ICD_FILENAMES || VK_DRIVER_FILES || hasVulkanGpu()) return {};
  const browser = await find();
  const icd = browser && swiftshaderIcd(browser);
  if (!icd) return {};
  const env: Record<string, string> = { VK_ICD_FILENAMES: icd };
  // A machine without a GPU often lacks the Vulkan loader too; the browser brings one.
  if (existsSync(join(dirname(icd), 'libvulkan.so.1'))) {
    env.LD_LIBRARY_PATH = [LD_LIBRARY_PATH, dirname(icd)].filter(Boolean).join(':');
  }
  return env;
}
