/** A piece of HTML or SVG that is safe to put into a page as it is. */
export class Html {
  constructor(readonly text: string) {}
}

/** What can stand in an `html` template; undefined stands for nothing. */
export type HtmlPart = string | number | Html | readonly Html[] | undefined;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Template tag: strings and numbers are escaped, pieces of HTML are not. For example html`<h1>${title}</h1>`. */
export function html(literals: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new Html(literals.reduce((text, literal, i) => text + textOf(parts[i - 1]) + literal));
}

function textOf(part: HtmlPart): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('');
  return String(part).replace(/[&<>"']/g, (character) => entities[character]!);
}
