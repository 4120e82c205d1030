/**
 * A jest reporter whose last line on standard output is `N passed, N failed` (`, N skipped` where tests were skipped),
 * for programs that read no other summary. A test file that cannot be run counts as one failed test, and a run
 * without a passed test fails.
 */
export default class CountReporter {
  #error;

  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    if (results.numPassedTests === 0) this.#error = new Error('No test was run.');
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    process.once('exit', () => process.stdout.write(`${line}\n`));
  }

  getLastError() {
    return this.#error;
  }
}
