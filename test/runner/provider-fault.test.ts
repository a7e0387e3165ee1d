import { expect, test } from 'vitest'
import { isModelFault, providerFault } from '../../src/runner/provider-fault.ts'

const CUDA_CALL =
  '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:121 std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*) [with ERRTYPE = cudaError; bool THRW = true] ' +
  '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:114 onnxruntime::CudaCall(ERRTYPE, const char*) [with ERRTYPE = cudaError] ' +
  'CUDA failure 100: no CUDA-capable device is detected ; GPU=0 ; hostname=my-host ; file=/onnxruntime_src/cuda_execution_provider.cc ; line=245 ; expr=cudaSetDevice(info_.device_id);'
const NO_ADAPTER =
  '/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::Initialize(const onnxruntime::webgpu::WebGpuContextConfig&)::<lambda()> adapter_result.status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters\n'

test.each([
  [
    'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
    'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
  ],
  [NO_ADAPTER, 'Failed to get a WebGPU adapter: No supported adapters'],
  [CUDA_CALL, 'CUDA failure 100: no CUDA-capable device is detected'],
  [
    'Failed to load library /home/ann/app/libonnxruntime_providers_cuda.so with error: libcudart.so.12: cannot open',
    'Failed to load library libonnxruntime_providers_cuda.so with error: libcudart.so.12: cannot open',
  ],
  ["cannot open '/home/ann/a.so' (/etc/b) either/or", "cannot open 'a.so' (b) either/or"],
  ['the first line\nat /home/ann/x.ts:3', 'the first line'],
])('of %j people read %j', (message, reason) => {
  expect(providerFault(new Error(message))).toBe(reason)
})

test('a file that cannot be read is no fault of a provider', () => {
  expect(isModelFault(new Error('Load model from /p/a.onnx failed:Protobuf parsing failed.'))).toBe(true)
  expect(isModelFault(new Error('CUDA failure 2: out of memory'))).toBe(false)
})
