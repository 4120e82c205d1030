import { decodeHTML, decodeHTMLStrict } from 'entities';

/**
 * What the bytes 0x80 to 0x9f mean in windows-1252; a space stands for a byte without a meaning, which stays as it is.
 */
const windows1252High = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';
const windows1252Byte = new Map<string, number>();
for (let byte = 0; byte < 256; byte++) windows1252Byte.set(windows1252Character(byte), byte);

const latinLigatures = /[ĲĳŉǄ-ǌǱ-ǳﬀ-ﬆ]/g;
const widthForms = /[\u3000\uff01-\uffef]/g;
const htmlEntity = /&#?[0-9A-Za-z]{1,24};/g;
const c1Controls = /[\u0080-\u009f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
const unwantedControls = /[\u0000-\u0008\u000b\u000e-\u001f\u007f\u206a-\u206f\ufeff\ufff9-\ufffc]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes begin with one
const terminalEscape = /\u001b\[[\d;]*[a-zA-Z]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python counts four of them as white space
const whiteSpace = /[\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

/**
 * CLIP's text clean-up before its byte-pair encoding: repair, HTML unescaped twice, white space collapsed, lower case.
 * Golden: tokenizer/clip_bpe.json, `normalised`.
 */
export function normaliseText(text: string): string {
  const unescaped = decodeHTML(decodeHTML(repairText(text)));
  return unescaped.replace(whiteSpace, ' ').trim().toLowerCase();
}

/**
 * The steps of Python's ftfy (`fix_text`, default settings) line by line: HTML entities (none from the first line with
 * a `<` on), mojibake, ligatures, character widths, straight quotes, line breaks, terminal escapes, control characters,
 * NFC.
 *
 * Mojibake is repaired where a whole line reads as UTF-8 that was taken for windows-1252. Not covered: lines that are
 * damaged only in part or have lost bytes, UTF-8 taken for other encodings, and entities in capitals (`&EACUTE;`).
 */
export function repairText(text: string): string {
  let unescapeHtml = true;
  return (text.match(/[^\n]*\n|[^\n]+/g) ?? [])
    .map((line) => {
      if (line.includes('<')) unescapeHtml = false;
      return repairLine(line, unescapeHtml);
    })
    .join('');
}

function repairLine(line: string, unescapeHtml: boolean): string {
  let before: string;
  let text = line;
  do {
    before = text;
    if (unescapeHtml) text = text.replace(htmlEntity, (entity) => decodeHTMLStrict(entity));
    text = repairMojibake(text)
      .replace(c1Controls, (character) => windows1252Character(character.charCodeAt(0)))
      .replace(latinLigatures, (ligature) => (ligature === 'ﬅ' ? 'ſt' : ligature.normalize('NFKC')))
      .replace(widthForms, (character) => character.normalize('NFKC'))
      .replace(/[\u02bc\u2018-\u201b]/g, "'")
      .replace(/[\u201c-\u201f]/g, '"')
      .replace(/\r\n|[\r\u2028\u2029\u0085]/g, '\n')
      .replace(/\p{Cs}/gu, '\ufffd')
      .replace(terminalEscape, '')
      .replace(unwantedControls, '')
      .normalize('NFC');
  } while (text !== before);
  return text;
}

function repairMojibake(text: string): string {
  const bytes: number[] = [];
  for (const character of text) {
    const byte = windows1252Byte.get(character);
    if (byte === undefined) return text;
    bytes.push(byte);
  }
  if (bytes.every((byte) => byte < 0x80)) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return text;
  }
}

function windows1252Character(byte: number): string {
  const character = windows1252High[byte - 0x80] ?? ' ';
  return character === ' ' ? String.fromCharCode(byte) : character;
}
