import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Ticks in a second of the times in /proc: a constant of Linux's interface. */
const ticksPerSecond = 100;

/** The process and all its descendants, by /proc (Linux). */
function processTree(root) {
  const parents = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const [, parent] = readFileSync(`/proc/${entry}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      parents.set(Number(entry), Number(parent));
    } catch {
      // The process ended between the listing and the reading.
    }
  }
  const tree = [root];
  for (const member of tree) {
    for (const [pid, parent] of parents) if (parent === member) tree.push(pid);
  }
  return tree;
}

/** Memory of a process in bytes; pages shared with others count by their share. 0 when it has ended. */
function proportionalMemory(pid) {
  try {
    const [, kibibytes] = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Processor seconds that a process has used so far, in all of its threads. 0 when it has ended. */
export function processorSecondsOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return 0;
  }
}

/** The same of a process and all its descendants together. */
export function processorSeconds(root) {
  return processTree(root).reduce((sum, pid) => sum + processorSecondsOf(pid), 0);
}

/** Memory of a process and all its descendants in bytes; pages that several share count once. */
export function memoryOfTree(root) {
  return processTree(root).reduce((sum, pid) => sum + proportionalMemory(pid), 0);
}

/** A size of `/proc/<pid>/status` in bytes. 0 when the process has ended. */
function statusOf(pid, field) {
  try {
    const [, kibibytes] =
      new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Resident memory of a process in bytes. */
export const residentMemory = (pid) => statusOf(pid, 'VmRSS');

/** The largest resident memory of a process in bytes since its start, or since `forgetPeak`. */
export const peakResidentMemory = (pid) => statusOf(pid, 'VmHWM');

/** Has the kernel begin anew with the largest resident memory of a process. */
export const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** As `memoryOfTree`, but pages that several share count in each of them. */
export function residentOfTree(root) {
  return processTree(root).reduce((sum, pid) => sum + residentMemory(pid), 0);
}

/**
 * Runs a command to its end; `stdout`, wall-clock `seconds`, `processorSeconds` of it and all its descendants that were
 * waited for, and `peakBytes`, the largest memory that they had together, sampled five times a second. Throws when it
 * fails.
 */
export async function runMeasured(command, args, options = {}) {
  const startedAt = performance.now();
  // The shell knows what its children took once they have ended, and says it where the command does not write.
  const script = '"$@" 3>&-; status=$?; times >&3; exit $status';
  const stdio = ['ignore', 'pipe', 'inherit', 'pipe'];
  const child = spawn('sh', ['-c', script, 'sh', command, ...args], { ...options, stdio });
  const told = { stdout: '', times: '' };
  for (const [name, stream] of [
    ['stdout', child.stdout],
    ['times', child.stdio[3]],
  ]) {
    stream.setEncoding('utf8').on('data', (text) => {
      told[name] += text;
    });
  }
  let peakBytes = 0;
  const sample = setInterval(() => {
    peakBytes = Math.max(peakBytes, memoryOfTree(child.pid));
  }, 200);
  const status = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(sample);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${status}`);
  const [, ofChildren] = told.times.trim().split('\n');
  const processorSeconds = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds),
    0,
  );
  return { stdout: told.stdout, seconds: (performance.now() - startedAt) / 1000, processorSeconds, peakBytes };
}
