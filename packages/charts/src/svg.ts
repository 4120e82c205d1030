/** An element of SVG as data: text in the report, an element on the page, where text may not become markup. */
export interface SvgElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (SvgElement | string)[];
}

/** An element with what stands in it. Attributes that are undefined are left out. */
export function svg(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...children: readonly (SvgElement | string)[]
): SvgElement {
  const given = Object.entries(attributes).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  );
  return { name, attributes: Object.fromEntries(given), children };
}
