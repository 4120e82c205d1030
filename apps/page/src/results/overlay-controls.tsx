/** How heat is laid over a picture. */
export interface Overlay {
  readonly isShown: boolean;
  /** 0 to 1. */
  readonly strength: number;
  /** Map value from which on heat is shown. */
  readonly from: number;
}

interface OverlayControlsProps {
  readonly overlay: Overlay;
  readonly onChange: (overlay: Overlay) => void;
}

const fromSteps = 100;

export function OverlayControls({ overlay, onChange }: OverlayControlsProps) {
  const { isShown, strength, from } = overlay;
  return (
    <div class="row controls">
      <label>
        <input type="checkbox" checked={isShown} onChange={() => onChange({ ...overlay, isShown: !isShown })} /> Overlay
        (O)
      </label>
      <label>
        Strength
        <input
          type="range"
          min="0"
          max="1"
          step="0.05"
          value={strength}
          onInput={({ currentTarget }) => onChange({ ...overlay, strength: currentTarget.valueAsNumber })}
        />
      </label>
      <label>
        Contour at <output>{from.toFixed(2)}</output>
        <input
          type="range"
          min="0"
          max="1"
          step={1 / fromSteps}
          value={from}
          onInput={({ currentTarget }) => onChange({ ...overlay, from: currentTarget.valueAsNumber })}
        />
      </label>
    </div>
  );
}
