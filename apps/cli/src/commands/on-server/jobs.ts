import type { Job, ScoringResult } from '@mediclip/contracts';
import { followJob } from '../../server/follow-job.js';
import { onServer, type Server } from '../../server/server.js';
import { createOutput, type Output } from '../../terminal/output.js';
import { type JsonFlags, tellEach } from './tell-each.js';

const tell = (output: Output, job: Job) => {
  const { id, kind, state, createdAt, progress, error } = job;
  output.event({ event: 'job', ...job });
  const said =
    error?.detail ?? (state === 'running' && progress ? `${progress.phase} ${progress.done}/${progress.total}` : '');
  output.line([id, createdAt, kind.padEnd(15), state.padEnd(9), said].join('  ').trimEnd());
};

export const listJobs = ({ client }: Server, flags: JsonFlags): Promise<void> =>
  tellEach(client.listJobs(), tell, flags);

export async function showJob({ client }: Server, id: string, { json }: JsonFlags): Promise<void> {
  tell(createOutput(json), await onServer(client.getJob(id)));
}

/** `mediclip jobs wait ID`: follows a job to its end; one that failed or was cancelled is a fault. */
export async function waitForJob(server: Server, id: string, { json }: JsonFlags, signal: AbortSignal): Promise<void> {
  const output = createOutput(json);
  const ended = async () => {
    await followJob(server, await server.client.getJob(id), { output, signal });
    return server.client.getJob(id);
  };
  tell(output, await onServer(ended()));
}

export async function cancelJob({ client }: Server, id: string, { json }: JsonFlags): Promise<void> {
  tell(createOutput(json), await onServer(client.cancelJob(id)));
}

export async function deleteJob({ client }: Server, id: string, { json }: JsonFlags): Promise<void> {
  await onServer(client.deleteJob(id));
  createOutput(json).event({ event: 'job-deleted', id });
}

/** `mediclip jobs results ID`: the scores of a scoring, a line for each image, or a table in a file. */
export async function listResults(
  { client }: Server,
  id: string,
  { json, csv }: JsonFlags & { readonly csv?: string },
): Promise<void> {
  const output = createOutput(json);
  const tellResult = (result: ScoringResult) => {
    output.event({ event: 'result', ...result });
    if (result.outcome === 'rejected') output.line(`-       ${result.fileName}: ${result.error.detail}`);
    else
      output.line(
        `${result.score.toFixed(4)}${result.decision ? `  ${result.decision.padEnd(8)}` : ''}  ${result.fileName}`,
      );
  };
  const tellAll = async () => {
    for await (const result of client.listJobResults(id)) tellResult(result);
  };
  await onServer(csv === undefined ? tellAll() : client.jobResultsCsv(id, csv));
}
