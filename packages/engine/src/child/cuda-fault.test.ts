import { expect, test } from '@jest/globals';
import { cudaFault } from './cuda-fault.js';

// What onnxruntime-node 1.30.0 threw with its CUDA provider under NVIDIA's libraries of CUDA 13.0, or a stand-in for
// them.
const signature =
  '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, const char*, SUCCTYPE, const char*, const char*, int) [with ERRTYPE = cudaError; bool THRW = true; SUCCTYPE = cudaError; std::conditional_t<THRW, void, common::Status> = void] /onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:146 std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, const char*, SUCCTYPE, const char*, const char*, int) [with ERRTYPE = cudaError; bool THRW = true; SUCCTYPE = cudaError; std::conditional_t<THRW, void, common::Status> = void] ';
const circumstances =
  ' ; GPU=-1 ; hostname=vm ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider.cc ; line=352 ; expr=cudaSetDevice(info_.device_id); \n\n';
const unopened = 'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library';
const notFound = (library: string) => `${library}: cannot open shared object file: No such file or directory`;

test.each([
  [
    `${signature}CUDA failure 100: no CUDA-capable device is detected${circumstances}`,
    'there is no NVIDIA device here (no CUDA-capable device is detected)',
  ],
  [
    `${signature}CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version${circumstances}`,
    "NVIDIA's driver is too old, CUDA 13 needs driver 580 or newer (CUDA driver version is insufficient for CUDA runtime version)",
  ],
  [
    `${signature}CUDA failure 101: invalid device ordinal${circumstances}`,
    'there is no NVIDIA device of this number (invalid device ordinal)',
  ],
  [`${signature}CUDA failure 2: out of memory${circumstances}`, 'CUDA failed with 2: out of memory'],
  [
    "Non-zero status code returned while running Conv node. Name:'Conv' Status Message: /onnxruntime_src/onnxruntime/core/providers/cuda/cuda_kernel.h:296 static cudnnContext* onnxruntime::cuda::CudaKernel::RequireCudnnHandle(cudnnHandle_t) [ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : cuDNN is unavailable or disabled for CUDA Execution Provider: dlopen failed for libcudnn.so: libcudnn.so: cannot open shared object file: No such file or directory\n",
    'the library libcudnn.so.9 of CUDA 13 or cuDNN 9 is missing',
  ],
  [
    "Non-zero status code returned while running Conv node. Name:'Conv' Status Message: OP not supported by CUDNN Frontend: /onnxruntime_src/onnxruntime/core/providers/cuda/cudnn_fe_call.cc:117 std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, const char*, SUCCTYPE, const char*, const char*, int) [with ERRTYPE = cudnn_frontend::error_object; bool THRW = true] CUDNN_FE failure 6: GRAPH_EXECUTION_PLAN_CREATION_FAILED ; GPU=0 ; hostname=vm ; file=conv.cc ; line=248 ; expr=check_support(handle); \n\n with the cudnn frontend json:\n{}",
    "Non-zero status code returned while running Conv node. Name:'Conv' Status Message: OP not supported by CUDNN Frontend: CUDNN_FE failure 6: GRAPH_EXECUTION_PLAN_CREATION_FAILED",
  ],
  [
    'Exception during initialization: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 256\n',
    'Exception during initialization: Failed to allocate memory for requested buffer of size 256',
  ],
])('%# what ONNX Runtime says is told in one line without its sources', (message, sentence) => {
  expect(cudaFault(message, () => undefined)).toBe(sentence);
});

test.each([
  [notFound('/app/libonnxruntime_providers_cuda.so'), "ONNX Runtime's CUDA provider is not installed"],
  [notFound('libcublasLt.so.13'), 'the library libcublasLt.so.13 of CUDA 13 or cuDNN 9 is missing'],
  [notFound('libcuda.so.1'), "NVIDIA's driver is missing, which brings the library libcuda.so.1"],
  [
    '/app/libonnxruntime_providers_cuda.so: undefined symbol: Provider_GetHost',
    "ONNX Runtime's CUDA provider could not be opened: /app/libonnxruntime_providers_cuda.so: undefined symbol: Provider_GetHost",
  ],
  [undefined, "ONNX Runtime's CUDA provider could not be opened"],
])('%# a provider that does not open is told by what the loader misses', (loaderMessage, sentence) => {
  expect(cudaFault(unopened, () => loaderMessage)).toBe(sentence);
});
