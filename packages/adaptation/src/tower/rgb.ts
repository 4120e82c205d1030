/** RGB bytes of a square image of `side`: greys as three equal channels (method.md, section 7), colours as they are. */
export function rgbOf(data: Uint8Array, side: number): Uint8Array {
  if (data.length === side * side * 3) return data;
  const rgb = new Uint8Array(data.length * 3);
  let place = 0;
  for (const grey of data) {
    rgb[place++] = grey;
    rgb[place++] = grey;
    rgb[place++] = grey;
  }
  return rgb;
}
