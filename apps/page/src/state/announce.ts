import { signal } from '@preact/signals';

/** What screen readers are told. */
export const announcement = signal('');

const quietMs = 5000;
let next: string | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says a sentence to screen readers, at most one in five seconds: of several the latest. */
export function announce(sentence: string): void {
  next = sentence;
  if (timer !== undefined) return;
  speak();
}

function speak(): void {
  timer = undefined;
  if (next === undefined) return;
  announcement.value = next;
  next = undefined;
  timer = setTimeout(speak, quietMs);
}
