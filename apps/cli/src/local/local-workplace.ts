import type { Workplace } from '../workplace/workplace.js';

/** This machine. What computes is loaded only when it is asked for. */
export const localWorkplace: Workplace = {
  adapt: async (folder, flags, task) => (await import('./adapt.js')).adapt(folder, flags, task),
  // The engine of both starts before anything else is loaded, which takes as long as its own start.
  revise: async (model, folder, flags, task) =>
    (await import('./start-engine.js')).withEngineFor(model, flags, async (starting) =>
      (await import('./revise.js')).revise(model, folder, starting, flags, task),
    ),
  score: async (model, flags, task, use) =>
    (await import('./start-engine.js')).withEngineFor(model, flags, async (starting) =>
      (await import('./score.js')).score(model, starting, flags, task, use),
    ),
  evaluate: async (model, folder, flags, task) => (await import('./evaluate.js')).evaluate(model, folder, flags, task),
  audit: async (folder, flags, task) => (await import('./audit.js')).audit(folder, flags, task),
  setThreshold: async (model, choice) => (await import('./threshold.js')).setThreshold(model, choice),
};
