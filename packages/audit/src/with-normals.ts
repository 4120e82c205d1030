import type { AuditedImage, AuditFindings, AuditNormals, AuditWarning } from '@mediclip/contracts';

/** What an inspection of the normal training images of a data set found (`inspectNormals`). */
interface NormalsInspection extends Pick<AuditNormals, 'isMixed' | 'advice'> {
  /** The images that were looked at. */
  readonly looked: readonly AuditedImage[];
  readonly outliers: readonly {
    /** Of `looked`. */
    readonly index: number;
    readonly kind: AuditNormals['outliers'][number]['kind'];
  }[];
  readonly gainOfMore?: number | undefined;
}

/** Findings with those about the normal training images, of which `available` could be read. */
export function withNormals(
  { warnings, ...findings }: AuditFindings,
  { looked, outliers, isMixed, gainOfMore, advice }: NormalsInspection,
  available: number,
): AuditFindings {
  const normals: AuditNormals = {
    available,
    inspected: looked.length,
    outliers: outliers.flatMap(({ index, kind }) => {
      const image = looked[index];
      if (!image) return [];
      const { imageId, fileName, split, label } = image;
      return [{ imageId, fileName, split, label, kind }];
    }),
    isMixed,
    ...(gainOfMore !== undefined && { gainOfMore }),
    advice,
  };
  // Copies within a part are the least of all.
  const graver = warnings.filter(({ kind }) => kind !== 'copies');
  const least = warnings.filter(({ kind }) => kind === 'copies');
  return { ...findings, warnings: [...graver, ...warningsOfNormals(normals), ...least], normals };
}

/** They name no file, so that they need not change when an image is deleted. */
function warningsOfNormals({ inspected, outliers, isMixed }: AuditNormals): AuditWarning[] {
  const count = (wanted: AuditNormals['outliers'][number]['kind']) =>
    outliers.filter(({ kind }) => kind === wanted).length;
  const [others, negatives] = [count('other-kind'), count('inverted')];
  const of = (some: number) => `${some} of ${inspected} normal training images`;
  const differ = others === 1 ? 'differs' : 'differ';
  return [
    ...(others > 0 && isMixed
      ? [
          {
            kind: 'mixture' as const,
            sentence:
              `The normal training images are at least two kinds mixed: ${of(others)} ${differ} from the rest as a whole (another modality, view or quality). ` +
              'Make a data set, and adapt a model, for each kind.',
          },
        ]
      : []),
    ...(others > 0 && !isMixed
      ? [
          {
            kind: 'outliers' as const,
            sentence: `${of(others)} ${differ} from the others as a whole (another modality, view or quality): ${look(others)}.`,
          },
        ]
      : []),
    ...(negatives > 0
      ? [
          {
            kind: 'inverted' as const,
            sentence: `${of(negatives)} ${negatives === 1 ? 'looks like a negative' : 'look like negatives'} of the others: ${look(negatives)}.`,
          },
        ]
      : []),
  ];
}

const look = (some: number): string =>
  some === 1 ? 'look at it, and remove it if it does not belong' : 'look at them, and remove those that do not belong';
