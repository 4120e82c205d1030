import type { HandlersOf } from '../http/handlers.js';
import type { TenantUsage } from './tenant-usage.js';

export function usageHandlers(
  usage: TenantUsage,
  limits: { readonly jobs: number; readonly bytes: number; readonly datasets: number; readonly images: number },
): HandlersOf<'getUsage'> {
  return {
    async getUsage({ store }) {
      const [jobs, { stored, countedAtMs }] = await Promise.all([store.jobs.unfinishedByState(), usage.of(store)]);
      return {
        json: {
          jobs: { waiting: jobs.queued, running: jobs.running, limit: limits.jobs },
          storedBytes: { used: stored.bytes, limit: limits.bytes },
          datasets: { used: stored.datasets, limit: limits.datasets },
          images: { used: stored.images, limit: limits.images },
          models: { used: stored.models },
          countedAt: new Date(countedAtMs).toISOString(),
        },
      };
    },
  };
}
