import { accessSync, constants } from 'node:fs';
import path from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * The path of Chromium or Chrome; null after a loud line where there is none, and the tests that need it are to be
 * skipped then.
 */
export function findChromium(): string | null {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const found = names.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(isExecutable);
  if (found !== undefined) return found;
  console.warn(
    'SKIPPED: there is no Chromium here (Debian: apt-get install chromium), so pages are not looked at in a browser.',
  );
  return null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
