import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Browser, ElementHandle, HTTPRequest, Page } from 'puppeteer-core';

/** Where a picture of each screen is left, to be looked at by eye. */
const pictures = fileURLToPath(new URL('../../../apps/page/dist/screens', import.meta.url));

/** Widths of a phone, a tablet and a desk, in pixels. */
const widths = [320, 768, 1440] as const;
/** The width of A4 at 96 pixels an inch. */
const paperWidth = 794;

/** The browser of Debian without a screen; it is loaded here only, for most tests need none. */
export async function openBrowser(executablePath: string): Promise<Browser> {
  mkdirSync(pictures, { recursive: true });
  const { default: puppeteer } = await import('puppeteer-core');
  return puppeteer.launch({ executablePath, headless: 'shell', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page of the server, and everything that should not happen on it. */
export class Visitor {
  readonly faults: string[] = [];

  private constructor(
    readonly page: Page,
    readonly baseUrl: string,
  ) {}

  static async arrive(browser: Browser, baseUrl: string): Promise<Visitor> {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    const visitor = new Visitor(page, baseUrl);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warn') visitor.faults.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => visitor.faults.push(`exception: ${String(error)}`));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${baseUrl}/`) && !/^(data|blob):/.test(url)) visitor.faults.push(`request: ${url}`);
    });
    await page.evaluateOnNewDocument(`
      globalThis.violations = [];
      addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective));
    `);
    await page.setViewport({ width: 1440, height: 900 });
    await page.goto(`${baseUrl}/`);
    return visitor;
  }

  /** Waits for a text in an element that `selector` names. */
  async see(selector: string, text: string | RegExp, timeoutMs = 60_000): Promise<void> {
    const pattern = typeof text === 'string' ? text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : text.source;
    await this.page
      .waitForFunction(
        `[...document.querySelectorAll(${JSON.stringify(selector)})].some(
          (element) => new RegExp(${JSON.stringify(pattern)}).test(element.textContent))`,
        // Looked for in every frame, as is the default, it would have the browser draw one sixty times a second.
        { timeout: timeoutMs, polling: 100 },
      )
      .catch(async (error: unknown) => {
        const shown = await this.page.evaluate('document.body.innerText');
        throw new Error(`There is no ${selector} with ${String(text)}. The page shows:\n${String(shown)}`, {
          cause: error,
        });
      });
  }

  /** Presses the button or follows the link with this text. */
  async press(text: string): Promise<void> {
    const handle = await this.page.waitForSelector(
      `::-p-xpath(//*[self::button or self::a or self::summary][contains(., "${text}")])`,
    );
    // What is under way lies over the foot of the screen.
    await handle?.evaluate((element) =>
      (element as unknown as { scrollIntoView(how: object): void }).scrollIntoView({ block: 'center' }),
    );
    await handle?.click();
  }

  /** Puts `text` into the field with this label. */
  async fill(label: string, text: string): Promise<void> {
    const field = await this.page.waitForSelector(`::-p-xpath(//label[contains(., "${label}")]//input)`);
    await field?.click({ count: 3 });
    await field?.type(text);
    await this.page.keyboard.press('Tab');
  }

  /** Chooses the option with this value in the field with this label. */
  async select(label: string, value: string): Promise<void> {
    const field = await this.page.waitForSelector(`::-p-xpath(//label[contains(., "${label}")]//select)`);
    await field?.select(value);
  }

  /** Drops files and folders from elsewhere on the drop area with this label. */
  async drop(label: string, files: readonly string[]): Promise<void> {
    const area = await this.page.waitForSelector(
      `::-p-xpath(//label[contains(@class, "drop")][contains(., "${label}")])`,
    );
    const { x, y } = await (area as ElementHandle).clickablePoint();
    const session = await this.page.createCDPSession();
    const data = { items: [], files: [...files], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, x, y, data });
    }
    await session.detach();
  }

  /** Follows the link with this text to a file, and tells the name and the size of what was saved. */
  async download(text: string): Promise<{ name: string; sizeBytes: number }> {
    const session = await this.page.browser().target().createCDPSession();
    const downloadPath = mkdtempSync(path.join(tmpdir(), 'mediclip-downloads-'));
    const browserContextId = this.page.browserContext().id;
    await session.send('Browser.setDownloadBehavior', {
      behavior: 'allow',
      downloadPath,
      eventsEnabled: true,
      ...(browserContextId !== undefined && { browserContextId }),
    });
    const ended = new Promise<string>((resolve) => {
      session.on('Browser.downloadProgress', ({ state }) => state !== 'inProgress' && resolve(state));
    });
    await this.press(text);
    const state = await ended;
    await session.detach();
    const [name] = readdirSync(downloadPath);
    if (state !== 'completed' || name === undefined) throw new Error(`The download of ${text} was ${state}.`);
    const sizeBytes = statSync(path.join(downloadPath, name)).size;
    rmSync(downloadPath, { recursive: true });
    return { name, sizeBytes };
  }

  /** Holds requests back whose address contains `part`; `one` resolves at the first of them. */
  async holdBack(part: string): Promise<{ readonly one: Promise<void>; readonly end: () => Promise<void> }> {
    const { page } = this;
    let look: (request: HTTPRequest) => void = () => undefined;
    const one = new Promise<void>((resolve) => {
      look = (request) => (request.url().includes(part) ? resolve() : void request.continue());
    });
    await page.setRequestInterception(true);
    page.on('request', look);
    const end = async () => {
      page.off('request', look);
      await page.setRequestInterception(false);
    };
    return { one, end };
  }

  /** Chooses files in the drop area with this label. */
  async choose(label: string, files: readonly string[]): Promise<void> {
    const input = await this.page.waitForSelector(`input[type="file"][aria-label="${label}"]`);
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...files);
  }

  /**
   * What axe, in light and dark, and the page's own width have to say about the screen at each width, and pictures of
   * it.
   */
  async inspect(name: string): Promise<string[]> {
    const found: string[] = [];
    const { default: axe } = await import('axe-core');
    await this.page.evaluate(axe.source);
    for (const width of widths) {
      await this.page.setViewport({ width, height: 900 });
      found.push(...(await this.#look(name, String(width))));
    }
    found.push(...(await this.#axe(name, 'axe.run()')));
    await this.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    found.push(...(await this.#look(name, 'dark')));
    found.push(...(await this.#axe(`${name} in the dark`, `axe.run({ runOnly: ['color-contrast'] })`)));
    await this.page.emulateMediaFeatures([]);
    return found;
  }

  /** What is wrong with the screen on paper, and a picture of it: what is too wide, and what can only be pressed. */
  async inspectOnPaper(name: string): Promise<string[]> {
    await this.page.emulateMediaType('print');
    await this.page.setViewport({ width: paperWidth, height: 1123 });
    const found = await this.#look(name, 'paper');
    const buttons = await this.page.evaluate(
      `[...document.querySelectorAll('button:not(.tile), nav, input')].filter((one) => one.checkVisibility()).length`,
    );
    if (Number(buttons) > 0) found.push(`${name} has ${String(buttons)} controls on paper`);
    await this.page.emulateMediaType('screen');
    await this.page.setViewport({ width: widths[2], height: 900 });
    return found;
  }

  async #look(name: string, view: string): Promise<string[]> {
    const overflow = Number(await this.page.evaluate('document.documentElement.scrollWidth - innerWidth'));
    const file = path.join(pictures, `${name}-${view}.png`) as `${string}.png`;
    await this.page.screenshot({ path: file, fullPage: true, optimizeForSpeed: true });
    return overflow > 0 ? [`${name} is ${overflow} px too wide (${view})`] : [];
  }

  async #axe(name: string, run: string): Promise<string[]> {
    const { violations } = (await this.page.evaluate(run)) as AxeResults;
    return violations.map(({ id, nodes }) => `${name}: ${id} ${nodes[0]?.html}`);
  }

  /** Everything that should not have happened, violations of the content security policy included. */
  async allFaults(): Promise<string[]> {
    return [...this.faults, ...((await this.page.evaluate('violations')) as string[])];
  }
}
