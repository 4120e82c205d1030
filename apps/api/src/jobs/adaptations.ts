import { ProblemError, resolveAdaptationOptions } from '@mediclip/contracts';
import { usableBackbone } from '../backbones/backbone-catalogue.js';
import type { HandlersOf } from '../http/handlers.js';
import type { OptionCheck } from './option-check.js';
import { type Submission, submitJob, tooFewImages } from './submit-job.js';

export interface AdaptationDependencies extends Submission {
  readonly modelsFolder: string;
  readonly optionCheck: Pick<OptionCheck, 'faults'>;
}

export function adaptationHandlers(dependencies: AdaptationDependencies): HandlersOf<'createAdaptation'> {
  const { modelsFolder, optionCheck } = dependencies;
  return {
    async createAdaptation(call) {
      const { datasetId, ...input } = call.body;
      const options = resolveAdaptationOptions(input);
      const { train } = await call.store.images.counts(datasetId);
      usableBackbone(options.backbone, modelsFolder);
      if (train.normal < options.shots) throw tooFewImages(options.shots, train.normal, 'normal training images');
      const errors = await optionCheck.faults(options);
      if (errors.length > 0) throw new ProblemError('validation-failed', errors[0]!.detail, { errors });
      return submitJob(call, { kind: 'adaptation', request: { datasetId, options } }, dependencies);
    },
  };
}
