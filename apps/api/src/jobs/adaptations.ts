import { ProblemError, resolveAdaptationOptions } from '@mediclip/contracts';
import type { BackboneThreads } from '../backbone-threads/backbone-threads.js';
import { usableBackbone } from '../backbones/backbone-catalogue.js';
import type { HandlersOf } from '../http/handlers.js';
import { type Submission, submitJob, tooFewImages } from './submit-job.js';

export interface AdaptationDependencies extends Submission {
  readonly modelsFolder: string;
  readonly backboneThreads: BackboneThreads;
}

export function adaptationHandlers(dependencies: AdaptationDependencies): HandlersOf<'createAdaptation'> {
  const { modelsFolder, backboneThreads } = dependencies;
  return {
    async createAdaptation(call) {
      const { datasetId, ...input } = call.body;
      const options = resolveAdaptationOptions(input);
      const { train } = await call.store.images.counts(datasetId);
      usableBackbone(options.backbone, modelsFolder);
      if (train.normal < options.shots) throw tooFewImages(options.shots, train.normal, 'normal training images');
      const errors = await backboneThreads.run('optionFaults', options, {
        signal: call.signal,
        caller: call.store.tenant,
      });
      if (errors.length > 0) throw new ProblemError('validation-failed', errors[0]!.detail, { errors });
      return submitJob(call, { kind: 'adaptation', request: { datasetId, options } }, dependencies);
    },
  };
}
