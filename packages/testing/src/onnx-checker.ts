import { spawnSync } from 'node:child_process';

/**
 * Asks Python's onnx about model files, shape inference included: undefined when all are right, its complaint
 * otherwise; null, with a printed reason, where Python's onnx is not installed.
 */
export function askOnnxChecker(): ((files: readonly string[]) => string | undefined) | null {
  if (spawnSync('python3', ['-c', 'import onnx']).status !== 0) {
    console.warn("Python's onnx is not installed: onnx.checker is not asked about the written models");
    return null;
  }
  const program = 'import onnx, sys\nfor file in sys.argv[1:]: onnx.checker.check_model(file, full_check=True)';
  return (files) => {
    const { status, stderr } = spawnSync('python3', ['-c', program, ...files], { encoding: 'utf8' });
    return status === 0 ? undefined : stderr;
  };
}
