import { useEffect, useRef, useState } from 'preact/hooks';
import { count, foreignFlags } from '../parts/words.js';
import type { Scored } from './scored.js';
import { decisionWords, isFlagged } from './scored.js';

interface GalleryProps {
  readonly datasetId: string;
  readonly results: readonly Scored[];
  readonly threshold: number;
  readonly onOpen: (imageId: string) => void;
}

/** Pictures that are added at a time, and how near to the screen their place must be. */
const portion = 60;
const nearPixels = 800;

/**
 * Pictures from the highest score to the lowest, more of them as somebody scrolls. Arrow keys go from one to the next.
 */
export function Gallery({ datasetId, results, threshold, onOpen }: GalleryProps) {
  const [atMost, setAtMost] = useState(portion);
  const more = useRef<HTMLButtonElement>(null);
  const hidden = Math.max(0, results.length - atMost);
  useEffect(() => {
    if (more.current === null) return;
    const watch = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && setAtMost((now) => now + portion),
      { rootMargin: `${nearPixels}px` },
    );
    watch.observe(more.current);
    return () => watch.disconnect();
  }, [atMost, hidden > 0]);
  const onKey = (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const cards = [...event.currentTarget.querySelectorAll('button')];
    const next = cards[cards.indexOf(document.activeElement as HTMLButtonElement) + step];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  };
  return (
    <>
      <fieldset class="gallery" aria-label="Pictures by score" onKeyDown={onKey}>
        {results.slice(0, atMost).map((result) => (
          <button type="button" class="tile" key={result.imageId} onClick={() => onOpen(result.imageId)}>
            <img
              src={`/v1/datasets/${datasetId}/images/${result.imageId}/preview?side=256`}
              alt=""
              loading="lazy"
              decoding="async"
            />
            <span class="tile-words">
              <strong>{result.score.toFixed(3)}</strong>{' '}
              <span class={isFlagged(result, threshold) ? 'flag abnormal' : 'flag normal'}>
                {isFlagged(result, threshold) ? '▲' : '▼'} {decisionWords(result, threshold)}
              </span>
              <span class="quiet">
                labelled {result.label}
                {result.verdict && ` · you say ${result.verdict.verdict}`}
              </span>
              {result.foreign && <span class="flag foreign">◆ {foreignFlags[result.foreign]}</span>}
              <span class="quiet name">{result.fileName}</span>
            </span>
          </button>
        ))}
      </fieldset>
      {hidden > 0 && (
        <button type="button" ref={more} onClick={() => setAtMost(atMost + portion)}>
          Show more of {count(results.length, 'picture')}
        </button>
      )}
    </>
  );
}
