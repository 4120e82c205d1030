/** Names of the files of an exported model beside those of its detector and its weights. */
export const exportFiles = {
  onnx: 'detector.onnx',
  /** What `GET /v1/models/{id}` answered when it was exported. */
  record: 'model.json',
  card: 'model-card.md',
  /** One line `<SHA-256>  <name>` for every other file. */
  sums: 'SHA256SUMS',
} as const;

/** Programs that score an image with the exported model: path in the export, and where they lie here. */
export const exportExamples: readonly { readonly name: string; readonly source: URL }[] = [
  'score.py',
  'greys.py',
  'score.mjs',
  'greys.mjs',
].map((file) => ({
  name: `examples/${file}`,
  source: new URL(`../../../assets/export-examples/${file}`, import.meta.url),
}));
