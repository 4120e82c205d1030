import type { Attributes } from './attributes.js';

const tags = { burnedInAnnotation: 'x00280301', pixelAspectRatio: 'x00280034' } as const;
/** Groups of overlay planes are 6000 to 601E (PS3.3, C.9.2). */
const overlayRows = Array.from({ length: 16 }, (_, plane) => `x${(0x6000 + 2 * plane).toString(16)}0010`);

/** What a file says of its picture that the pixels alone do not tell, in a sentence each. */
export function pictureNotes(attributes: Attributes): readonly string[] {
  const overlays = overlayRows.filter((tag) => attributes.value(tag) !== undefined).length;
  const [height = 1, width = 1] = attributes.numbers(tags.pixelAspectRatio, 'text');
  return [
    ...(attributes.text(tags.burnedInAnnotation) === 'YES'
      ? ['text is burned into the picture, which may name the patient']
      : []),
    ...(overlays > 0 ? [`overlays of the file were left out: ${overlays}`] : []),
    ...(height > 0 && width > 0 && height !== width
      ? [`pixels are not square (height to width ${height}:${width}), and are taken as if they were`]
      : []),
  ];
}
