import { getPriority, setPriority } from 'node:os';

/**
 * Lets others go first where cores are short: the niceness of this process (on Linux of this thread and of those that
 * it starts from now on) becomes `niceness`, from 0 to 19, unless it is higher. Nothing changes where the system does
 * not allow it.
 */
export function giveWay(niceness: number): void {
  try {
    if (getPriority() < niceness) setPriority(niceness);
  } catch {
    // A matter of speed alone.
  }
}
