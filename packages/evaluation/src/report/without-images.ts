const caseFigure = /<figure class="panel"(?: data-image="([^"]*)")?><div class="pictures">.*?<\/figure>/gs;
const deletedFigure = '<figure class="panel"><figcaption>This image was deleted.</figcaption></figure>';
const namedImage = /<li data-image="([^"]*)">.*?<\/li>/gs;
const deletedName = '<li>This image was deleted.</li>';

/**
 * A report without the cases of these images: their pictures, names and scores. A case that does not say which image it
 * shows (in reports of earlier versions) goes too. The same text when there is nothing to remove.
 */
export function withoutImages(report: string, imageIds: ReadonlySet<string>): string {
  return report
    .replaceAll(caseFigure, (figure, id: string | undefined) =>
      id !== undefined && !imageIds.has(id) ? figure : deletedFigure,
    )
    .replaceAll(namedImage, (item, id: string) => (imageIds.has(id) ? deletedName : item));
}
