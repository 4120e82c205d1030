/** The worker thread of an audit: comparing pictures takes minutes of arithmetic, which no event loop may wait for. */

import { type AuditedEvaluation, auditEvaluation, auditImages, type ImageToAudit } from '@mediclip/audit';
import type { AuditFindings } from '@mediclip/contracts';
import { serveTasks } from '@mediclip/threads';

const images: ImageToAudit[] = [];

const tasks = {
  add(image: ImageToAudit): void {
    images.push(image);
  },
  /** What was found among the images added so far. */
  findings(): AuditFindings {
    return auditImages(images).findings;
  },
  /** What the audit of these images says of a model's scores, by the image's id. */
  evaluation(scores: ReadonlyMap<string, number>): AuditedEvaluation {
    return auditEvaluation(images, auditImages(images), scores);
  },
};

export type AuditTasks = typeof tasks;
serveTasks(tasks);
