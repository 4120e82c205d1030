/**
 * Why CUDA did not load, in words that stand in a sentence: from what ONNX Runtime said, and, where it could not open
 * its provider, from what the dynamic loader says of that file (which ONNX Runtime keeps to its log).
 */
export function cudaFault(message: string, askLoader: () => string | undefined): string {
  if (/failed to load shared library/i.test(message)) return openingFault(askLoader());
  if (/dlopen failed for libcudnn/.test(message)) return missing('libcudnn.so.9');
  const [, code, text] = /CUDA failure (\d+): ([^;]*[^; ])/.exec(message) ?? [];
  switch (code) {
    case undefined:
      return inOneLine(message);
    case '35':
      return `NVIDIA's driver is too old, CUDA 13 needs driver 580 or newer (${text})`;
    case '100':
      return `there is no NVIDIA device here (${text})`;
    case '101':
      return `there is no NVIDIA device of this number (${text})`;
    default:
      return `CUDA failed with ${code}: ${text}`;
  }
}

function openingFault(loaderMessage: string | undefined): string {
  const [, library] = /(\S+): cannot open shared object file/.exec(loaderMessage ?? '') ?? [];
  if (library === undefined) {
    return loaderMessage === undefined
      ? "ONNX Runtime's CUDA provider could not be opened"
      : `ONNX Runtime's CUDA provider could not be opened: ${inOneLine(loaderMessage)}`;
  }
  if (library.includes('onnxruntime_providers')) return "ONNX Runtime's CUDA provider is not installed";
  if (library.startsWith('libcuda.so')) return `NVIDIA's driver is missing, which brings the library ${library}`;
  return missing(library);
}

const missing = (library: string): string => `the library ${library} of CUDA 13 or cuDNN 9 is missing`;

/** Where in its sources ONNX Runtime was: a file with its line, and the C++ signature of a function. */
const place = /\S+\.(?:cc|cpp|cu|cuh|h):\d+ [^()]*\([^()]*\)(?: const)?(?: \[with [^\]]*\])?\s*/g;
/** What a `CudaCall` adds to an error: device, machine, file, line, expression. */
const circumstances = /\s*; GPU=-?\d+ ;.*$/;

function inOneLine(message: string): string {
  const [line] = message
    .replace(place, '')
    .replaceAll(/\[ONNXRuntimeError\] : \d+ : \w+ : /g, '')
    .split('\n', 1);
  return line!.replace(circumstances, '').trim();
}
