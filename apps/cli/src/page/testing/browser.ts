import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

/** Where a picture of each screen is left, to be looked at by eye. */
const pictures = fileURLToPath(new URL('../../../../page/dist/screens', import.meta.url));

/** Widths of a phone, a tablet and a desk, in pixels. */
const widths = [320, 768, 1440] as const;

export function openBrowser(executablePath: string): Promise<Browser> {
  mkdirSync(pictures, { recursive: true });
  return puppeteer.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
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
        { timeout: timeoutMs },
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
    await handle?.click();
  }

  /** Puts `text` into the field with this label. */
  async fill(label: string, text: string): Promise<void> {
    const field = await this.page.waitForSelector(`::-p-xpath(//label[contains(., "${label}")]//input)`);
    await field?.click({ count: 3 });
    await field?.type(text);
    await this.page.keyboard.press('Tab');
  }

  /** Chooses files in the drop area with this label. */
  async choose(label: string, files: readonly string[]): Promise<void> {
    const input = await this.page.waitForSelector(`input[type="file"][aria-label="${label}"]`);
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...files);
  }

  /** What axe and the page's own width have to say about the screen at each width, and a picture of it. */
  async inspect(name: string): Promise<string[]> {
    const found: string[] = [];
    await this.page.evaluate(axe.source);
    for (const width of widths) {
      await this.page.setViewport({ width, height: 900 });
      const overflow = await this.page.evaluate('document.documentElement.scrollWidth - innerWidth');
      if (Number(overflow) > 0) found.push(`${name} is ${String(overflow)} px too wide at ${width}`);
      await this.page.screenshot({
        path: path.join(pictures, `${name}-${width}.png`) as `${string}.png`,
        fullPage: true,
      });
    }
    const { violations } = (await this.page.evaluate('axe.run()')) as axe.AxeResults;
    return [...found, ...violations.map(({ id, nodes }) => `${name}: ${id} ${nodes[0]?.html}`)];
  }

  /** Everything that should not have happened, violations of the content security policy included. */
  async allFaults(): Promise<string[]> {
    return [...this.faults, ...((await this.page.evaluate('violations')) as string[])];
  }
}
