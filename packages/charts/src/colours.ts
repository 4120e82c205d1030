/** Colours of charts: custom properties that the style sheet around them declares, by light and in the dark. */
export const colours = {
  ink: 'var(--ink)',
  quiet: 'var(--quiet)',
  line: 'var(--line)',
  normal: 'var(--normal)',
  abnormal: 'var(--abnormal)',
} as const;
