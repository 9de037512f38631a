// The program behind scripts/gpu_check: checks and measurements of the GPU path through the Device
// interface, with nothing but a compiler's standard library, so that it can be built where nothing
// else is installed. With --device emulated it runs by threads of the host.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "compiler/core/machine_error.hpp"
#include "runtime/device/emulated_device.hpp"
#include "runtime/perf/nccl_library.hpp"
#include "tests/gpu/baselines.hpp"
#include "tests/gpu/nccl_rank.hpp"
#include "tests/gpu/steps.hpp"

namespace pleach::gpu_check {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kNoMachine = 3;

constexpr char kUsageText[] =
    "usage: gpu_check STEP... [--device cuda|emulated] [--scale full|reduced|tiny]\n"
    "       [--nccl PATH] [--plugin PATH] [--table PATH] [--nccl-limit SECONDS]\n"
    "       gpu_check nccl-library [--nccl PATH]    says which NCCL that is\n"
    "  STEP     correct, graphs, faults, nccl, bench, or probe: says what the device is\n"
    "  device   cuda: GPU 0. emulated: threads of the host, always at scale tiny\n"
    "  scale    reduced: for compute-sanitizer\n"
    "  nccl     libnccl.so.2, for the step nccl; else PLEACH_NCCL_LIBRARY, else the system's\n"
    "  plugin   libnccl-tuner-pleach.so, for it\n"
    "  table    tests/gpu/nccl_table.json, for it\n"
    "  nccl-limit  of each of its four runs: 1 to 150, the default\n"
    "exit code: 0 all passed, 1 a check failed, 2 usage, 3 no GPU, no NCCL or no plugin\n";

struct Step {
  const char* name;
  bool (*run)(const Setup& setup);
};
bool probe(const Setup& setup) {
  std::printf("  %s; %u blocks at once\n", setup.device->identity().c_str(),
              setup.device->resident_blocks());
  return true;
}
constexpr Step kSteps[] = {{"probe", probe},       {"correct", run_correct}, {"graphs", run_graphs},
                           {"faults", run_faults}, {"nccl", run_nccl},       {"bench", run_bench}};

struct Options {
  std::vector<Step> steps;
  bool emulated = false;
  Scale scale = Scale::Full;
  NcclSetup nccl;
  bool wants_nccl = false;
};

// "": wherever the system finds it.
std::string default_library() {
  const char* const library = std::getenv("PLEACH_NCCL_LIBRARY");
  return library == nullptr ? "" : library;
}

// Where the value of an option of the step `nccl` goes, or null: `word` is no such option.
std::string* nccl_option(const std::string& word, NcclSetup& nccl) {
  if (word == "--nccl") return &nccl.library;
  if (word == "--plugin") return &nccl.plugin;
  if (word == "--table") return &nccl.table;
  return nullptr;
}

// Whether `text` was one that is known.
bool set_scale(const std::string& text, Options& options) {
  if (text == "full") options.scale = Scale::Full;
  if (text == "reduced") options.scale = Scale::Reduced;
  if (text == "tiny") options.scale = Scale::Tiny;
  return text == "full" || text == "reduced" || text == "tiny";
}

bool parse(const std::vector<std::string>& words, Options& options) {
  options.nccl.library = default_library();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (std::string* const value = nccl_option(word, options.nccl)) {
      if (i + 1 == words.size()) return false;
      *value = words[++i];
      continue;
    }
    if (word == "--device" && i + 1 < words.size()) {
      const std::string& device = words[++i];
      if (device != "cuda" && device != "emulated") return false;
      options.emulated = device == "emulated";
    } else if (word == "--nccl-limit" && i + 1 < words.size()) {
      options.nccl.limit = std::atoi(words[++i].c_str());
      if (options.nccl.limit < 1 || options.nccl.limit > 150) return false;
    } else if (word == "--scale" && i + 1 < words.size()) {
      if (!set_scale(words[++i], options)) return false;
    } else {
      const std::size_t before = options.steps.size();
      for (const Step& step : kSteps) {
        if (word == step.name) options.steps.push_back(step);
      }
      if (options.steps.size() == before) return false;
      options.wants_nccl = options.wants_nccl || word == "nccl";
    }
  }
  if (options.emulated) options.scale = Scale::Tiny;
  return !options.steps.empty();
}

// Kernels that wait for each other must not wait for a queue that another one holds, nor for the
// loading of one that has not run yet. Before CUDA starts.
void prepare_environment() {
  (void)::setenv("CUDA_DEVICE_MAX_CONNECTIONS", "32", 0);
  (void)::setenv("CUDA_MODULE_LOADING", "EAGER", 0);
}

int run_steps(const Options& options, const Setup& setup) {
  std::printf("device: %s\n", setup.baselines.describe().c_str());
  bool all = true;
  for (const Step& step : options.steps) {
    std::printf("%s\n", step.name);
    std::fflush(stdout);
    const bool passed = step.run(setup);
    std::printf("%s: %s\n", step.name, passed ? "passed" : "FAILED");
    std::fflush(stdout);
    all = all && passed;
  }
  return all ? 0 : kFailed;
}

int say_library(const std::vector<std::string>& words) {
  const bool named = words.size() == 3 && words[1] == "--nccl";
  if (words.size() != 1 && !named) {
    std::fputs(kUsageText, stderr);
    return kUsage;
  }
  try {
    int number = 0;
    (void)perf::open_nccl(named ? words[2] : default_library()).GetVersion(&number);
    std::printf("NCCL %s\n", perf::nccl_version_text(number).c_str());
    return 0;
  } catch (const MachineError& error) {
    std::fprintf(stderr, "error: %s, or by --nccl PATH\n", error.what());
    return kNoMachine;
  }
}

int run(const std::vector<std::string>& words) {
  Options options;
  // A rank of the step nccl, which that step has started.
  if (!words.empty() && words[0] == kNcclRankWord) return run_nccl_rank(nccl_rank_of(words));
  if (!words.empty() && words[0] == "nccl-library") return say_library(words);
  if (!parse(words, options)) {
    std::fputs(kUsageText, stderr);
    return kUsage;
  }
  prepare_environment();
  std::shared_ptr<Device> device;
  std::unique_ptr<Baselines> baselines;
  try {
    constexpr std::uint32_t kEmulatedBlocks = 64;
    device = options.emulated ? open_emulated_device(0, kEmulatedBlocks) : open_cuda_device(0);
    baselines = options.emulated ? host_baselines() : cuda_baselines();
  } catch (const MachineError& error) {
    std::fprintf(stderr, "error: no GPU to check: %s\n", error.what());
    return kNoMachine;
  }
  try {
    if (options.wants_nccl) prepare_nccl(options.nccl);
  } catch (const MachineError& error) {
    std::fprintf(stderr, "error: no NCCL to check: %s\n", error.what());
    return kNoMachine;
  }
  return run_steps(options, {.device = device,
                             .baselines = *baselines,
                             .asynchronous = !options.emulated,
                             .scale = options.scale,
                             .nccl = options.nccl});
}

}  // namespace
}  // namespace pleach::gpu_check

int main(int argc, char** argv) {
  try {
    return pleach::gpu_check::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    // The device, or what drives it, gave up in the middle of a check.
    std::fprintf(stderr, "error: the check was cut short: %s\n", error.what());
    return 1;
  }
}
