import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A process as the system sees it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly residentBytes: number;
  readonly command: string;
}

/** Every process of the machine, or those of the given: from /proc (Linux), or from `ps`. */
function processes(pids?: readonly number[]): ProcessEntry[] {
  if (existsSync('/proc/self/stat')) {
    return (pids?.map(String) ?? readdirSync('/proc').filter((name) => /^\d+$/.test(name))).flatMap(fromProc);
  }
  return fromPs().filter(({ pid }) => pids?.includes(pid) ?? true);
}

/** The children of a process. */
export function childrenOf(pid: number): ProcessEntry[] {
  return processes().filter(({ parentPid }) => parentPid === pid);
}

/** Resident memory of a process; throws when there is no such process. */
export function residentBytes(pid: number): number {
  const found = processes([pid])[0];
  if (!found) throw new Error(`There is no process ${pid}.`);
  return found.residentBytes;
}

/** Whether the process is there; one that has ended and whose parent has not yet asked for its status is not. */
export function isAlive(pid: number): boolean {
  return processes([pid]).some(({ residentBytes }) => residentBytes > 0);
}

function fromProc(pid: string): ProcessEntry[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (label: string) => Number(new RegExp(`^${label}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return [{ pid: Number(pid), parentPid: field('PPid'), residentBytes: field('VmRSS') * 1024, command }];
  } catch (error) {
    // The process is not there, or ended between the listing and the reading.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

function fromPs(): ProcessEntry[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss=,args='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, parentPid, kibibytes, ...command] = line.trim().split(/\s+/);
    return {
      pid: Number(pid),
      parentPid: Number(parentPid),
      residentBytes: Number(kibibytes) * 1024,
      command: command.join(' '),
    };
  });
}
