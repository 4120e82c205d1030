/** Prints a figure with its unit in a line; names and values have columns of these widths. */
export const rowsWith = (nameWidth, valueWidth) => (name, value, unit) =>
  console.log(`${name.padEnd(nameWidth)} ${value.padStart(valueWidth)} ${unit}`);
