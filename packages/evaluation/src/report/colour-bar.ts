import { inferno, infernoOffset } from '@mediclip/maps';
import { type Html, html } from './html.js';
import { round } from './words.js';

const width = 400;
const steps = 80;

/** The colours of heat maps from the threshold to 1, with both numbers. */
export function colourBar(from: number): Html {
  const step = width / steps;
  return html`<svg class="colours" viewBox="0 0 ${width} 34" role="img" aria-labelledby="colours-title"
    font-family="system-ui, sans-serif" font-size="12" shape-rendering="crispEdges">
    <title id="colours-title">Colours of heat maps from ${round(from)}, dark, to 1, bright</title>
    ${Array.from({ length: steps }, (_, i) => {
      const colour = colourOf(from + ((i + 0.5) / steps) * (1 - from));
      return html`<rect x="${i * step}" width="${step}" height="14" fill="${colour}"/>`;
    })}
    <text x="0" y="30">${round(from)}</text><text x="${width}" y="30" text-anchor="end">1</text>
  </svg>`;
}

function colourOf(value: number): string {
  const at = infernoOffset(value);
  return `rgb(${inferno.subarray(at, at + 3).join(' ')})`;
}
