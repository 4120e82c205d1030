/** What native libraries, the system and Node read; an engine has no use for passwords and keys of its parent. */
const wanted =
  /^(PATH|HOME|TMPDIR|TZ|LANG|LANGUAGE|NODE_OPTIONS|NODE_V8_COVERAGE|JEST_WORKER_ID|(LC|LD|DYLD|CUDA|CUDNN|CUBLAS|NVIDIA|ORT|OMP|KMP|GOMP|MKL|MALLOC|GLIBC)_\w+)$/;

/** The variables of `environment` that an engine process needs. */
export function engineEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => wanted.test(name)));
}
