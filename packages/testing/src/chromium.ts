/**
 * The path of Chromium or Chrome, installed first where that is allowed; null after a loud line where there is none,
 * and the tests that need it are to be skipped then.
 */
export async function findChromium(): Promise<string | null> {
  const script = new URL('../../../scripts/ensure-chromium.mjs', import.meta.url);
  const { ensureChromium } = (await import(script.href)) as { ensureChromium: () => string | null };
  return ensureChromium();
}
