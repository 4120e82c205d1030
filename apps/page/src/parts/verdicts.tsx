import type { VerdictsOnModel } from '@mediclip/contracts';

/** How often people and the detector agree. */
export function Verdicts({ verdicts: { confirmed, contradicted, undecided } }: { verdicts: VerdictsOnModel }) {
  const open = undecided.normal + undecided.abnormal;
  return (
    <section>
      <h2>What people say of it</h2>
      <dl class="facts">
        <dt>Confirmed</dt>
        <dd>
          {confirmed.normal} normal, {confirmed.abnormal} abnormal
        </dd>
        <dt>Contradicted</dt>
        <dd>
          {contradicted.normal} called abnormal that are normal, {contradicted.abnormal} called normal that are abnormal
        </dd>
        {open > 0 && (
          <>
            <dt>Without a decision</dt>
            <dd>{open} judged before it was calibrated</dd>
          </>
        )}
      </dl>
    </section>
  );
}
