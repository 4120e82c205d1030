import { Html } from './html.js';

/**
 * Colours of the page by light and in the dark. Text colours have a contrast of at least 4.5 with `paper` and `panel`
 * (WCAG 2.2, 1.4.3).
 */
export const palettes = {
  light: {
    paper: '#ffffff',
    panel: '#f4f6f8',
    ink: '#1a1d21',
    quiet: '#4c545d',
    line: '#c3cad2',
    link: '#0a5aa8',
    normal: '#0f62a8',
    abnormal: '#b03a0e',
  },
  dark: {
    paper: '#14171a',
    panel: '#1f2429',
    ink: '#e8eaed',
    quiet: '#aab3bd',
    line: '#454d56',
    link: '#7cb8f2',
    normal: '#69aff0',
    abnormal: '#f29066',
  },
} as const;

type Colour = keyof typeof palettes.light;

const names = Object.keys(palettes.light) as Colour[];

/** The colours as the style sheet and the charts name them: what they are is up to the reader's screen. */
const colours = Object.fromEntries(names.map((name) => [name, `var(--${name})`])) as Record<Colour, string>;

const declared = (palette: Record<Colour, string>): string =>
  names.map((name) => `--${name}: ${palette[name]};`).join(' ');

/** The style sheet: one column on a phone, panels side by side on a desk, and nothing torn apart on paper. */
export const styleSheet = new Html(`
:root { color-scheme: light; ${declared(palettes.light)} }
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; ${declared(palettes.dark)} }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1rem; background: ${colours.paper}; color: ${colours.ink};
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 0.6rem; border-bottom: 1px solid ${colours.line}; }
h3 { font-size: 1rem; margin: 1.2rem 0 0.4rem; }
p { max-width: 46rem; }
a { color: ${colours.link}; }
.quiet { color: ${colours.quiet}; font-size: 0.9rem; }
.notice { border-left: 4px solid ${colours.abnormal}; background: ${colours.panel}; padding: 0.6rem 0.9rem; }
.grid { display: flex; flex-wrap: wrap; gap: 0.9rem; }
.grid > * { flex: 1 1 min(100%, 19rem); }
.grid + .grid { margin-top: 0.9rem; }
.plots > * { flex-basis: min(100%, 20rem); }
.panel { background: ${colours.panel}; padding: 0.8rem; border-radius: 6px; margin: 0; min-width: 0; }
.panel h3 { margin-top: 0; }
.value { font-size: 1.5rem; font-weight: 600; margin: 0; }
.panel p { margin: 0.3rem 0; }
svg { display: block; width: 100%; height: auto; max-width: 34rem; margin: 0 auto; background: ${colours.paper}; }
figcaption { margin-top: 0.5rem; font-size: 0.9rem; color: ${colours.quiet}; overflow-wrap: anywhere; }
.pictures { display: flex; gap: 0.4rem; align-items: flex-start; }
.pictures > span { flex: 1 1 0; min-width: 0; max-width: 22rem; font-size: 0.8rem; color: ${colours.quiet}; }
.pictures img, .none { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: #000000; }
.none { background: ${colours.line}; }
.colours { max-width: 22rem; margin: 0.6rem 0; fill: ${colours.ink}; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; }
th, td { text-align: left; padding: 0.35rem 0.6rem 0.35rem 0; border-bottom: 1px solid ${colours.line};
  vertical-align: top; overflow-wrap: anywhere; }
tbody th { font-weight: 600; width: 38%; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  .panel, figure, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .grid > * { flex-basis: 30%; }
  .plots > * { flex-basis: 45%; }
}
`);
