/** What tells an object of this product from all others. */
export const manufacturer = 'MediCLIP';

/** The text of every SeriesDescription: nobody shall take it for a finding. */
export const seriesDescription = (what: string): string => `${manufacturer} ${what} (research)`;

/** Whether an object is one that this product has written, which it never scores: a loop would have no end. */
export function isOwnObject(object: {
  readonly manufacturer: string | undefined;
  readonly seriesDescription: string | undefined;
}): boolean {
  const { manufacturer: maker, seriesDescription: words = '' } = object;
  return maker === manufacturer || (words.startsWith(`${manufacturer} `) && words.endsWith('(research)'));
}
