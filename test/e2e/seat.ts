/**
 * A person's seat before the console: the product with a simulated fleet on free ports, the built console, and a Chromium with windows in
 * any language, theme and size. What the console complains about while it is used is collected, so that a test can expect silence.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { type SimulatedOptions, type SimulatedSite, startSimulatedSite } from '../lab/simulated-site.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Without a screen and without a word to anybody: these tests talk to this machine only. */
const ARGUMENTS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Every page that is open in this process: what a failing test looked at. */
export const openPages = new Set<Page>();

export interface Window {
  readonly page: Page;
  readonly context: BrowserContext;
}

export interface WindowOptions {
  readonly language?: 'en' | 'zh';
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Pixels of the picture per pixel of the page. */
  readonly scale?: number;
}

export interface Seat extends AsyncDisposable {
  readonly site: SimulatedSite;
  readonly url: string;
  /** What any window complained about: errors of scripts, of the console, of the content policy. */
  readonly complaints: string[];
  open(options?: WindowOptions): Promise<Window>;
  signIn(page: Page, who: 'admin' | 'sre' | 'dev'): Promise<void>;
}

/** @param more of the simulated site: what its services do, settings of its server */
export async function takeSeat(fleet = { physical: 4, 'private-vm': 2, 'cloud-vm': 2 }, { behaviours, server }: Pick<SimulatedOptions, 'behaviours' | 'server'> = {}): Promise<Seat> {
  const directory = await mkdtemp(join(tmpdir(), 'firn-console-'));
  await using taken = new AsyncDisposableStack();
  taken.defer(() => rm(directory, { recursive: true, force: true }));
  const consoleDir = await builtConsole(join(directory, 'console'));
  const anywhere = { host: '127.0.0.1', port: 0 };
  const site = await startSimulatedSite({ dataDirectory: join(directory, 'data'), note: 'These hosts are simulated: no container really runs.', server: { listen: anywhere, agentListen: anywhere, registryListen: anywhere, consoleDir, ...server }, fleet, ...(behaviours === undefined ? {} : { behaviours }) });
  taken.defer(() => site.stop());
  const browser = await launch();
  taken.defer(() => browser.close());
  const complaints: string[] = [];
  const url = site.server.url;
  const resources = taken.move();
  return {
    site,
    url,
    complaints,
    open: (options = {}) => openWindow(browser, complaints, options),
    async signIn(page, who) {
      await page.goto(url);
      await page.getByLabel(/^(User name|用户名)$/).fill(who);
      await page.getByLabel(/^(Password|密码)$/).fill(site.logins[who]);
      await page.getByRole('button', { name: /^(Sign in|登录)$/ }).click();
      await page.getByRole('heading', { level: 1, name: /^(Overview|总览)$/ }).waitFor();
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function launch(): Promise<Browser> {
  const executablePath = CHROMIUM.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error(`There is no Chromium at ${CHROMIUM.join(' or ')}: apt-get install chromium`);
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

async function openWindow(browser: Browser, complaints: string[], options: WindowOptions): Promise<Window> {
  const context = await browser.newContext({ viewport: { width: options.width ?? 1440, height: options.height ?? 900 }, deviceScaleFactor: options.scale ?? 1, colorScheme: options.theme ?? 'light', locale: 'en-GB' });
  if (options.language === 'zh') await context.addInitScript("localStorage.getItem('firn.language') ?? localStorage.setItem('firn.language', 'zh')");
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  openPages.add(page);
  page.once('close', () => openPages.delete(page));
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    // The browser reports every refused call; who refuses and whether that is right is for the tests of the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(`${page.url()}: ${message.text()}`);
  });
  return { page, context };
}

/** The console as it is built now: the folder of `npm run build` when it is newer than its sources, else a build of its own. */
async function builtConsole(outDir: string): Promise<string> {
  const built = join(ROOT, 'dist', 'console');
  const builtAt = await stat(join(built, 'index.html')).then(({ mtimeMs }) => mtimeMs, () => 0);
  if (builtAt > (await newestChange(join(ROOT, 'web')))) return built;
  await build({ configFile: join(ROOT, 'web', 'vite.config.ts'), logLevel: 'error', build: { outDir } });
  return outDir;
}

async function newestChange(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const changes = await Promise.all(entries.filter((entry) => entry.isFile()).map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mtimeMs));
  return Math.max(0, ...changes);
}
