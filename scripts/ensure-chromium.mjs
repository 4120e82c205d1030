/**
 * Finds Chromium or Chrome for the tests of pages, or installs Debian's where that is allowed: best the one without a
 * screen, which takes half of the processor time.
 */
import { ensurePrograms, findOnPath } from './ensure-packages.mjs';

const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The path of a browser; null, with a loud line on standard error, where none can be had. */
export function ensureChromium() {
  const found = names.map(findOnPath).find((file) => file !== undefined);
  if (found !== undefined) return found;
  const installed = ensurePrograms(['chromium-headless-shell'], {
    packages: ['chromium-headless-shell'],
    without: 'NO BROWSER: put Chromium or Chrome on the PATH; every test that looks at a page in a browser is SKIPPED',
  });
  return installed?.['chromium-headless-shell'] ?? null;
}
