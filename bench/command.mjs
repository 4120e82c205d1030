import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The checkout that the benches are in. */
export const checkoutHere = path.resolve(fileURLToPath(new URL('..', import.meta.url)));

/** The arguments with which Node runs `mediclip` of a built checkout, without a look whether it is built. */
export function mediclipOf(checkout) {
  const main = pathToFileURL(path.join(checkout, 'apps', 'cli', 'dist', 'index.js'));
  const start = `const { main } = await import(${JSON.stringify(main)}); process.exit(await main(process.argv));`;
  return ['--input-type=module', '-e', start, 'mediclip'];
}
