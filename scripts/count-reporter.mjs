import path from 'node:path';

/**
 * A jest reporter whose last line on standard output is `N passed, N failed` (`, N skipped` where tests were skipped),
 * for programs that read no other summary; the lines before it say what was skipped. A test file that cannot be run
 * counts as one failed test, and a run without a passed test fails.
 */
export default class CountReporter {
  #error;

  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    if (results.numPassedTests === 0) this.#error = new Error('No test was run.');
    for (const { testFilePath, testResults } of results.testResults) {
      const names = testResults.filter(({ status }) => status === 'pending' || status === 'todo');
      if (names.length === 0) continue;
      const file = path.relative(process.cwd(), testFilePath);
      process.stdout.write(
        `skipped: ${names.length} in ${file}, for the reason that it printed (${names[0].fullName} …)\n`,
      );
    }
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    process.once('exit', () => process.stdout.write(`${line}\n`));
  }

  getLastError() {
    return this.#error;
  }
}
