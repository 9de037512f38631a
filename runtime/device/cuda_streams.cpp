// Streams, moments and graphs of a GPU.
#include <memory>
#include <type_traits>

#include <cuda_runtime_api.h>

#include "kernels/cuda_error.hpp"
#include "runtime/device/cuda_device.hpp"
#include "runtime/device/current_gpu.hpp"

namespace pleach {
namespace {

cudaStream_t stream_of(void* stream) { return static_cast<cudaStream_t>(stream); }

struct DestroyEvent {
  void operator()(cudaEvent_t event) const { (void)cudaEventDestroy(event); }
};
using Event = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, DestroyEvent>;

Event make_event(unsigned flags) {
  cudaEvent_t event = nullptr;
  PLEACH_CUDA_CHECK(cudaEventCreateWithFlags(&event, flags));
  return Event(event);
}

Event event_of(std::uint64_t moment) { return Event(reinterpret_cast<cudaEvent_t>(moment)); }

struct DestroyGraph {
  void operator()(cudaGraph_t graph) const { (void)cudaGraphDestroy(graph); }
};
using Graph = std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, DestroyGraph>;

// CUDA refuses what may wait for the GPU (cudaMalloc, say) in a thread while a graph is recorded,
// unless that thread says that it knows.
class CudaUnrecorded final : public Device::Unrecorded {
 public:
  CudaUnrecorded() { PLEACH_CUDA_CHECK(cudaThreadExchangeStreamCaptureMode(&mode_)); }
  ~CudaUnrecorded() override { (void)cudaThreadExchangeStreamCaptureMode(&mode_); }

 private:
  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;  // then the former one
};

}  // namespace

void* CudaDevice::make_stream() {
  const CurrentGpu current(device_);
  cudaStream_t stream = nullptr;
  PLEACH_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return stream;
}

void CudaDevice::destroy_stream(void* stream) {
  if (stream == nullptr) return;
  const CurrentGpu current(device_);
  PLEACH_CUDA_CHECK(cudaStreamDestroy(stream_of(stream)));
}

void CudaDevice::order(void* earlier, void* later) {
  if (earlier == later || is_recording(earlier) || is_recording(later)) return;
  const CurrentGpu current(device_);
  const Event event = make_event(cudaEventDisableTiming);
  PLEACH_CUDA_CHECK(cudaEventRecord(event.get(), stream_of(earlier)));
  PLEACH_CUDA_CHECK(cudaStreamWaitEvent(stream_of(later), event.get(), 0));
  // CUDA keeps what it needs of the event until the wait is over.
}

void CudaDevice::synchronize(void* stream) {
  const CurrentGpu current(device_);
  PLEACH_CUDA_CHECK(cudaStreamSynchronize(stream_of(stream)));
}

bool CudaDevice::is_done(void* stream) {
  const CurrentGpu current(device_);
  const cudaError_t status = cudaStreamQuery(stream_of(stream));
  if (status == cudaErrorNotReady) {
    (void)cudaGetLastError();  // it is no error to be told of later
    return false;
  }
  check_cuda(status, "cudaStreamQuery(stream)");
  return true;
}

std::uint64_t CudaDevice::mark(void* stream) {
  const CurrentGpu current(device_);
  Event event = make_event(cudaEventDefault);
  PLEACH_CUDA_CHECK(cudaEventRecord(event.get(), stream_of(stream)));
  return reinterpret_cast<std::uint64_t>(event.release());
}

double CudaDevice::seconds_between(std::uint64_t first, std::uint64_t last) {
  const CurrentGpu current(device_);
  const Event from = event_of(first);
  if (first == last) return 0;
  const Event to = event_of(last);
  PLEACH_CUDA_CHECK(cudaEventSynchronize(from.get()));
  PLEACH_CUDA_CHECK(cudaEventSynchronize(to.get()));
  float milliseconds = 0;
  PLEACH_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, from.get(), to.get()));
  return static_cast<double>(milliseconds) / 1000;
}

void CudaDevice::begin_recording(void* stream) {
  const CurrentGpu current(device_);
  PLEACH_CUDA_CHECK(cudaStreamBeginCapture(stream_of(stream), cudaStreamCaptureModeThreadLocal));
}

bool CudaDevice::is_recording(void* stream) {
  // The default stream never is, and CUDA gives an error for it while another stream is.
  if (stream == nullptr || stream == cudaStreamLegacy) return false;
  const CurrentGpu current(device_);
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  PLEACH_CUDA_CHECK(cudaStreamIsCapturing(stream_of(stream), &status));
  return status != cudaStreamCaptureStatusNone;
}

void* CudaDevice::end_recording(void* stream) {
  const CurrentGpu current(device_);
  cudaGraph_t recorded = nullptr;
  PLEACH_CUDA_CHECK(cudaStreamEndCapture(stream_of(stream), &recorded));
  const Graph graph(recorded);
  cudaGraphExec_t executable = nullptr;
  PLEACH_CUDA_CHECK(cudaGraphInstantiate(&executable, graph.get(), 0));
  return executable;
}

void CudaDevice::replay(void* graph, void* stream) {
  const CurrentGpu current(device_);
  PLEACH_CUDA_CHECK(cudaGraphLaunch(static_cast<cudaGraphExec_t>(graph), stream_of(stream)));
}

void CudaDevice::destroy_graph(void* graph) {
  if (graph == nullptr) return;
  const CurrentGpu current(device_);
  PLEACH_CUDA_CHECK(cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(graph)));
}

void CudaDevice::make_current() { PLEACH_CUDA_CHECK(cudaSetDevice(device_)); }

std::unique_ptr<Device::Unrecorded> CudaDevice::unrecorded() {
  return std::make_unique<CudaUnrecorded>();
}

}  // namespace pleach
