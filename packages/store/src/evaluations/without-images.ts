import { evaluationScoresFileName, evaluationScoresSchema, reportFileName } from '@mediclip/contracts';
import { withoutImages as reportWithoutImages } from '@mediclip/evaluation';
import type { StoredEvaluation } from './evaluation-record.js';

/** The files of an evaluation that tell of single images. */
export const filesOfImages = [reportFileName, evaluationScoresFileName];

/** A file of an evaluation that says nothing of these images; `undefined` when it says nothing anyway. */
export function withoutImages(name: string, bytes: Uint8Array, imageIds: ReadonlySet<string>): Uint8Array | undefined {
  const text = new TextDecoder().decode(bytes);
  const left = name === reportFileName ? reportWithoutImages(text, imageIds) : scoresWithoutImages(text, imageIds);
  return left === text ? undefined : new TextEncoder().encode(left);
}

/** An evaluation that names none of these images; the same one when it names none anyway. What it counted stays. */
export function recordWithoutImages(evaluation: StoredEvaluation, imageIds: ReadonlySet<string>): StoredEvaluation {
  const { foreign } = evaluation;
  const left = foreign?.images.filter(({ imageId }) => !imageIds.has(imageId));
  if (!foreign || !left || left.length === foreign.images.length) return evaluation;
  return { ...evaluation, foreign: { ...foreign, images: left } };
}

function scoresWithoutImages(text: string, imageIds: ReadonlySet<string>): string {
  const scores = evaluationScoresSchema.parse(JSON.parse(text));
  const left = scores.filter(({ imageId }) => !imageIds.has(imageId));
  return left.length === scores.length ? text : JSON.stringify(left);
}
