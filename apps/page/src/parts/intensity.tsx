import type { AdaptationRequest, Model } from '@mediclip/contracts';
import { useState } from 'preact/hooks';

export type Intensity = NonNullable<AdaptationRequest['intensity']>;

const windows = ['brain', 'subdural', 'stroke', 'lung', 'mediastinum', 'abdomen', 'bone'] as const;
const usualWindow = { kind: 'window', centre: 40, width: 400 } as const;

/** How pictures deeper than 8 bits are seen; undefined is for the detector to choose. */
export function IntensityField({ onChange }: { onChange(intensity: Intensity | undefined): void }) {
  const [own, setOwn] = useState(usualWindow as { kind: 'window'; centre: number; width: number });
  const [kind, setKind] = useState('auto');
  const choose = (chosen: string) => {
    setKind(chosen);
    onChange(intensityOf(chosen) ?? (chosen === 'window' ? own : undefined));
  };
  const change = (part: Partial<typeof own>) => {
    const changed = { ...own, ...part };
    if (!Number.isFinite(changed.centre) || !(changed.width > 0)) return;
    setOwn(changed);
    onChange(changed);
  };
  return (
    <>
      <label>
        Greys of CT, MR and X-ray
        <select value={kind} onChange={({ currentTarget }) => choose(currentTarget.value)}>
          <option value="auto">as the pictures suggest</option>
          <option value="file">as each file says</option>
          {windows.map((name) => (
            <option key={name} value={name}>
              CT window: {name}
            </option>
          ))}
          <option value="window">a window of my own</option>
        </select>
      </label>
      {kind === 'window' && (
        <>
          <label>
            Centre
            <input
              type="number"
              value={own.centre}
              onChange={({ currentTarget }) => change({ centre: currentTarget.valueAsNumber })}
            />
          </label>
          <label>
            Width
            <input
              type="number"
              min="0"
              value={own.width}
              onChange={({ currentTarget }) => change({ width: currentTarget.valueAsNumber })}
            />
          </label>
        </>
      )}
    </>
  );
}

function intensityOf(chosen: string): Intensity | undefined {
  if (chosen === 'file') return { kind: 'file' };
  const name = windows.find((one) => one === chosen);
  return name && { kind: 'preset', name };
}

/** What a detector does with greys deeper than 8 bits, in words. */
export function intensityWords(intensity: Model['intensity']): string {
  switch (intensity?.kind) {
    case undefined:
      return 'of 8 bits, as they are';
    case 'file':
      return 'as each file says';
    case 'window':
      return `window of centre ${intensity.centre} and width ${intensity.width} ${intensity.unit ?? ''}`.trim();
    case 'percentiles':
      return `from percentile ${intensity.low} to ${intensity.high} of each picture`;
  }
}
