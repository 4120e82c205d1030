import type { NormalsFound } from './outliers.js';

/** More names than these are counted. */
const mostNames = 5;

/**
 * For people: what was found among normal images, which `nameOf` names, and what was done or can be. `excluded` where
 * the outliers were left out.
 */
export function outliersNotes(
  { outliers, isMixed }: NormalsFound,
  nameOf: (index: number) => string,
  excluded: boolean,
): string[] {
  const namesOf = (wanted: NormalsFound['outliers'][number]['kind']) =>
    outliers.flatMap(({ index, kind }) => (kind === wanted ? [nameOf(index)] : []));
  const others = namesOf('other-kind');
  const inverted = namesOf('inverted');
  return [
    ...(others.length > 0 ? [isMixed ? mixtureNote(others, excluded) : othersNote(others, excluded)] : []),
    ...(inverted.length > 0 ? [invertedNote(inverted, excluded)] : []),
  ];
}

function mixtureNote(names: readonly string[], excluded: boolean): string {
  const differ = `${list(names)} ${excluded ? 'were left out: they ' : ''}differ from the rest as a whole`;
  return `The normal images are at least two kinds mixed: ${differ}. Adapt a model to each kind.`;
}

function othersNote(names: readonly string[], excluded: boolean): string {
  const [was, it, differs] = names.length === 1 ? ['was', 'it', 'differs'] : ['were', 'they', 'differ'];
  const how = 'from the other normal images as a whole (another modality, view or quality)';
  if (excluded) return `${list(names)} ${was} left out: ${it} ${differs} ${how}.`;
  return `${list(names)} ${differs} ${how}: ${look(names)}.`;
}

function invertedNote(names: readonly string[], excluded: boolean): string {
  const [was, it, looks] = names.length === 1 ? ['was', 'it', 'looks'] : ['were', 'they', 'look'];
  const how = `${looks} like a negative of the other normal images`;
  if (excluded) return `${list(names)} ${was} left out: ${it} ${how}.`;
  return `${list(names)} ${how}: ${look(names)}.`;
}

const look = ({ length }: readonly string[]) =>
  length === 1
    ? 'look at it, and have it left out (excludeOutliers) if it does not belong'
    : 'look at them, and have them left out (excludeOutliers) if they do not belong';

function list(names: readonly string[]): string {
  const rest = names.length - mostNames;
  if (rest > 1) return `${names.slice(0, mostNames).join(', ')} and ${rest} more`;
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
