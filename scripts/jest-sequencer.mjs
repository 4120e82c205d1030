import Sequencer from '@jest/test-sequencer';

/**
 * The tests of the command line come first: they start processes, wait for them, and are the longest, so that no
 * worker is left with one of them at the end.
 */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const startsProcesses = ({ path }) => (/[\\/]apps[\\/]cli[\\/]/.test(path) ? 1 : 0);
    return [...super.sort(tests)].sort((a, b) => startsProcesses(b) - startsProcesses(a));
  }
}
