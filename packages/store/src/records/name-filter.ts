/** Whether a name has the text in it, in upper or lower case; any name, and none, where no text is asked for. */
export function hasText(name: string | undefined, text: string | undefined): boolean {
  if (text === undefined) return true;
  return name !== undefined && fold(name).includes(fold(text));
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
