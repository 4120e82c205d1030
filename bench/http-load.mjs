import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const examples = fileURLToPath(new URL('../examples/brain-mri/test', import.meta.url));
const form = {
  before: '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n',
  after: '\r\n--x--\r\n',
};

/** A form with one part `file`, as `post` sends it. */
export const formOf = (file) => Buffer.concat([Buffer.from(form.before), file, Buffer.from(form.after)]);

/** Sends a form and reads the answer, with as little work here as can be; what the answer's JSON says. */
export async function post(url, body, agent) {
  const headers = { 'content-type': 'multipart/form-data; boundary=x', 'content-length': body.length };
  const sent = request(url, { method: 'POST', agent, headers });
  sent.end(body);
  const [answer] = await once(sent, 'response');
  const chunks = [];
  for await (const chunk of answer) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** The score that the product has answered with. Throws when it has answered with none. */
export function scoreOf({ results, detail }) {
  if (results?.[0]?.outcome !== 'scored') throw new Error(detail ?? results[0].error.detail);
  return results[0].score;
}

/** Does `work` for all items, for so many at once; how many a second. */
export async function allOf(items, atOnce, work) {
  const left = [...items];
  const begun = performance.now();
  const one = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return (items.length * 1000) / (performance.now() - begun);
}

/**
 * So many files that nobody has seen: the examples in `folders` with a little noise, as `encode` makes them of sharp.
 */
export async function unseenFiles(count, encode, folders = ['abnormal']) {
  const sources = folders.flatMap((folder) =>
    readdirSync(path.join(examples, folder))
      .sort()
      .map((name) => path.join(examples, folder, name)),
  );
  const files = [];
  for (let index = 0; index < count; index++) {
    const source = readFileSync(sources[index % sources.length]);
    const { data, info } = await sharp(source).greyscale().raw().toBuffer({ resolveWithObject: true });
    const noise = crypto.getRandomValues(new Uint8Array(data.length));
    for (const [at, value] of noise.entries()) data[at] = Math.min(255, data[at] + (value & 3));
    files.push(await encode(sharp(data, { raw: { ...info } })).toBuffer());
  }
  return files;
}
