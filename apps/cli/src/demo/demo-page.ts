import type { Evaluation } from '@mediclip/contracts';

/** A scored test image, and its overlay relative to the page. */
export interface DemoCase {
  readonly fileName: string;
  readonly label: string;
  readonly score: number;
  readonly overlay: string;
}

/** A page that shows all overlays side by side, from the highest score to the lowest. */
export function demoPage(cases: readonly DemoCase[], { images, image }: Evaluation): string {
  const auroc = image.auroc.value === null ? image.auroc.reason : image.auroc.value.toFixed(3);
  const figures = cases.map(
    ({ fileName, label, score, overlay }) => `<figure class="${label}">
<img src="${overlay}" alt="${fileName} as it is and under its heat map" loading="lazy">
<figcaption>${score.toFixed(3)} · ${label}<br>${fileName}</figcaption>
</figure>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>MediCLIP demo</title>
<style>
body { font: 16px/1.4 system-ui, sans-serif; margin: 1rem auto; max-width: 80rem; padding: 0 1rem; color: #222; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }
figure { margin: 0; padding: 0.5rem; border: 1px solid #ccc; border-top: 0.4rem solid #2a6f97; }
figure.abnormal { border-top-color: #b3541e; }
img { width: 100%; height: auto; display: block; }
figcaption { padding-top: 0.4rem; overflow-wrap: anywhere; }
</style>
<h1>MediCLIP demo</h1>
<p>${images.normal} normal (blue) and ${images.abnormal} abnormal (brown) synthetic test images, from the highest score to the lowest.
Image AUROC ${auroc}. The heat map is the probability of abnormal, coloured where it is high. A research tool, not a medical device.</p>
<main>
${figures.join('\n')}
</main>
</html>
`;
}
