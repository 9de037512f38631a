#include "tests/runtime/comm/c_cases.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "compiler/ir/schedule_json.hpp"
#include "compiler/topology/digest.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach::testing {
namespace {

constexpr std::size_t kGuard = 64;
constexpr std::byte kUntouched{0xa5};

std::string text_of(Schedule schedule) {
  schedule.topology_digest = topology_digest(schedule.topology);
  schedule.algbw = Rational(1);
  schedule.bound.algbw = Rational(1);
  schedule.bound.cut = {schedule.topology.ranks[0]};
  return write_schedule(schedule);
}

bool is_sharded(Collective collective) {
  return collective == Collective::AllGather || collective == Collective::ReduceScatter;
}

bool reduces(Collective collective) {
  return collective != Collective::AllGather && collective != Collective::Broadcast;
}

// Elements of a rank's input and output, as NCCL has them.
std::uint64_t input_elements(const CollectiveCall& call, int rank) {
  if (call.collective == Collective::Broadcast && rank != call.root) return 0;
  return call.collective == Collective::ReduceScatter ? call.count * call.ranks : call.count;
}
std::uint64_t output_elements(const CollectiveCall& call, int rank) {
  if (call.collective == Collective::Reduce && rank != call.root) return 0;
  return call.collective == Collective::AllGather ? call.count * call.ranks : call.count;
}

void fill_rough(std::byte* input, std::uint64_t elements, int rank) {
  std::mt19937_64 random(static_cast<std::uint64_t>(rank) + 77);
  for (std::uint64_t i = 0; i < elements; ++i) {
    const float value = static_cast<float>(static_cast<double>(random() % 2000001) - 1e6) / 7;
    std::memcpy(input + i * sizeof value, &value, sizeof value);
  }
}

}  // namespace

Machine machine_named(const std::string& name) {
  if (name == "alone") return {};
  if (name.starts_with("made-")) {
    std::istringstream words(name.substr(5));
    Machine machine;
    std::uint64_t seed = 0;
    char dash = 0;
    if (!(words >> machine.ranks >> dash >> seed)) throw std::runtime_error("no machine: " + name);
    std::mt19937_64 random(seed);
    machine.root = static_cast<int>(random() % machine.ranks);
    for (const Collective collective : kCollectives) {
      // Those with a root: random trees, but for all runs the same one.
      Schedule schedule = random_schedule(collective, machine.ranks, random);
      if (has_root(collective)) {
        std::vector<SampleTree> trees;
        for (int i = 0; i < 2; ++i) {
          trees.push_back(random_tree(machine.ranks, machine.root, Rational(1, 2), random));
        }
        schedule = make_schedule(collective, machine.ranks, trees, trees);
      }
      machine.schedules.push_back(text_of(std::move(schedule)));
    }
    return machine;
  }
  const std::string path = PLEACH_SOURCE_DIR "/schedules/" + name + ".allreduce.json";
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("no schedule " + path);
  std::string text(std::istreambuf_iterator<char>(file), {});
  const auto schedule = read_schedule(text, path);
  if (!schedule.ok()) throw std::runtime_error(path + " can not be read");
  return {.ranks = static_cast<int>(schedule.value().topology.num_ranks()),
          .root = -1,
          .schedules = {std::move(text)}};
}

std::string to_string(const Case& one) {
  const CollectiveCall& call = one.call;
  return std::string(name_of(call.collective)) + " of " + std::to_string(call.count) + " " +
         std::string(name_of(call.dtype)) + " " + std::string(name_of(call.op)) + " root " +
         std::to_string(call.root) + " ranks " + std::to_string(call.ranks) +
         (one.in_place ? " in place" : "") + (one.misaligned ? " misaligned" : "") +
         (one.shared ? " shared" : "") + (one.rough ? " rough" : "");
}

std::vector<Case> random_cases(const Machine& machine,
                               int count,
                               std::uint64_t most,
                               std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Case> cases;
  while (static_cast<int>(cases.size()) < count) {
    Case one;
    CollectiveCall& call = one.call;
    call.collective = kCollectives[random() % kCollectives.size()];
    call.ranks = machine.ranks;
    call.root = machine.root >= 0 ? machine.root : static_cast<int>(random() % machine.ranks);
    call.dtype = kDataTypes[random() % kDataTypes.size()];
    call.op = kReduceOps[random() % kReduceOps.size()];
    // Small and large alike, and seldom a round number.
    call.count = (random() % (most + 1)) >> (random() % 12);
    if (is_sharded(call.collective)) call.count /= machine.ranks;
    one.in_place = random() % 2 == 0;
    one.misaligned = random() % 2 == 0;
    one.shared = random() % 2 == 0;
    if (reduces(call.collective) && random() % 4 == 0) {
      one.rough = true;
      call.dtype = DataType::Float32;
      call.op = ReduceOp::Sum;
    }
    cases.push_back(one);
  }
  return cases;
}

std::vector<Case> every_case(const Machine& machine) {
  std::vector<Case> cases;
  for (const Collective collective : kCollectives) {
    for (const DataType dtype : kDataTypes) {
      for (const ReduceOp op : kReduceOps) {
        if (!reduces(collective) && op != ReduceOp::Sum) continue;
        for (const std::uint64_t count : {1U, 61U, 4099U}) {
          for (int variant = 0; variant < 4; ++variant) {
            Case one;
            one.call = {.collective = collective,
                        .ranks = machine.ranks,
                        .root = machine.root >= 0 ? machine.root : variant % machine.ranks,
                        .count = count,
                        .dtype = dtype,
                        .op = op};
            one.in_place = variant % 2 == 1;
            one.misaligned = variant / 2 == 1;
            one.shared = count == 61;
            cases.push_back(one);
          }
        }
      }
    }
  }
  return cases;
}

CaseMemory::Block CaseMemory::allocate(std::size_t bytes) const {
  const std::size_t shift = kGuard + (case_.misaligned ? 1 + 2 * (rank_ % 8) : 0);
  Block block{.bytes = bytes};
  const std::size_t whole = shift + bytes + kGuard;
  void* memory = nullptr;
  if (case_.shared) {
    if (pleachMemAlloc(&memory, whole) != pleachSuccess) throw std::bad_alloc();
  } else {
    memory = std::malloc(whole);
    if (memory == nullptr) throw std::bad_alloc();
  }
  block.whole = static_cast<std::byte*>(memory);
  block.data = block.whole + shift;
  std::fill(block.whole, block.whole + whole, kUntouched);
  return block;
}

CaseMemory::CaseMemory(const Case& one, int rank) : case_(one), rank_(rank) {
  const CollectiveCall& call = case_.call;
  const std::size_t size = size_of(call.dtype);
  const std::size_t in = input_elements(call, rank) * size;
  const std::size_t out = output_elements(call, rank) * size;
  const std::size_t shard = call.count * rank * size;
  output_bytes_ = out;
  if (case_.in_place) {
    output_ = allocate(std::max(in, out));
    send_ = output_.data + (call.collective == Collective::AllGather ? shard : 0);
    receive_ = output_.data + (call.collective == Collective::ReduceScatter ? shard : 0);
  } else {
    // What a rank has no need of is not there.
    if (in > 0) input_ = allocate(in);
    if (out > 0) output_ = allocate(out);
    send_ = input_.data;
    receive_ = output_.data;
  }
  if (in > 0 && case_.rough) fill_rough(send_, input_elements(call, rank), rank);
  if (in > 0 && !case_.rough) fill_input(call, rank, send_);
  if (input_.data != nullptr) input_before_.assign(input_.data, input_.data + input_.bytes);
}

CaseMemory::~CaseMemory() {
  for (const Block& block : {input_, output_}) {
    if (case_.shared) {
      (void)pleachMemFree(block.whole);
    } else {
      std::free(block.whole);
    }
  }
}

CaseMemory::CaseMemory(CaseMemory&& other) noexcept
    : case_(other.case_),
      rank_(other.rank_),
      input_(std::exchange(other.input_, {})),
      output_(std::exchange(other.output_, {})),
      send_(other.send_),
      receive_(other.receive_),
      output_bytes_(other.output_bytes_),
      input_before_(std::move(other.input_before_)) {}

pleachResult_t CaseMemory::start(pleachComm_t comm) const {
  const CollectiveCall& call = case_.call;
  const pleachDataType_t type = c_type(call.dtype);
  const pleachRedOp_t op = c_op(call.op);
  switch (call.collective) {
    case Collective::AllReduce:
      return pleachAllReduce(send_, receive_, call.count, type, op, comm, nullptr);
    case Collective::AllGather:
      return pleachAllGather(send_, receive_, call.count, type, comm, nullptr);
    case Collective::ReduceScatter:
      return pleachReduceScatter(send_, receive_, call.count, type, op, comm, nullptr);
    case Collective::Broadcast:
      return pleachBroadcast(send_, receive_, call.count, type, call.root, comm, nullptr);
    case Collective::Reduce:
      return pleachReduce(send_, receive_, call.count, type, op, call.root, comm, nullptr);
  }
  return pleachInternalError;
}

const std::byte* CaseMemory::output() const { return output_bytes_ > 0 ? receive_ : nullptr; }

std::string CaseMemory::digest() const {
  if (output_bytes_ == 0) return "-";
  return sha256_of({reinterpret_cast<const char*>(receive_), output_bytes_});
}

std::string CaseMemory::damage() const {
  for (const Block& block : {input_, output_}) {
    if (block.whole == nullptr) continue;
    const auto untouched = [](std::byte byte) { return byte == kUntouched; };
    if (!std::all_of(block.whole, block.data, untouched)) return "before a buffer";
    std::byte* const end = block.data + block.bytes;
    if (!std::all_of(end, end + kGuard, untouched)) return "behind a buffer";
  }
  if (!std::equal(input_before_.begin(), input_before_.end(), input_.data)) return "in an input";
  return "";
}

std::uint64_t count_wrong(const Case& one, const std::vector<CaseMemory>& ranks) {
  if (one.call.count == 0) return 0;
  std::vector<const std::byte*> outputs;
  for (const CaseMemory& rank : ranks) outputs.push_back(rank.output());
  return pleach::count_wrong(one.call, outputs);
}

pleachDataType_t c_type(DataType dtype) {
  switch (dtype) {
    case DataType::Int8: return pleachInt8;
    case DataType::Uint8: return pleachUint8;
    case DataType::Int16: return pleachInt16;
    case DataType::Int32: return pleachInt32;
    case DataType::Uint32: return pleachUint32;
    case DataType::Int64: return pleachInt64;
    case DataType::Uint64: return pleachUint64;
    case DataType::Float16: return pleachFloat16;
    case DataType::Bfloat16: return pleachBfloat16;
    case DataType::Float32: return pleachFloat32;
    case DataType::Float64: return pleachFloat64;
  }
  return pleachInt8;
}

pleachRedOp_t c_op(ReduceOp op) {
  switch (op) {
    case ReduceOp::Sum: return pleachSum;
    case ReduceOp::Min: return pleachMin;
    case ReduceOp::Max: return pleachMax;
    case ReduceOp::Prod: return pleachProd;
    case ReduceOp::Avg: return pleachAvg;
  }
  return pleachSum;
}

}  // namespace pleach::testing
