#include "runtime/comm/communicator.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <thread>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "compiler/ir/schedule_json.hpp"
#include "compiler/plan/forest_shape.hpp"
#include "compiler/topology/digest.hpp"
#include "runtime/comm/exchange_descriptors.hpp"
#include "runtime/comm/hop_cost.hpp"
#include "runtime/comm/rails.hpp"
#include "runtime/net/launcher.hpp"

namespace pleach {
namespace {

using Kind = CommError::Kind;

// Calls that touch more than this on one host write their results past the caches. Measured: it
// costs at 8 MiB and gains at 32.
constexpr double kCachedBytes = 16 << 20;

// How long a rank that fails waits to be told of another call, which may be the cause.
constexpr std::chrono::milliseconds kLongestAnswer{250};

constexpr std::chrono::milliseconds kLongestGoodbye = std::chrono::seconds(5);

std::string name_with_root(Collective collective, int root) {
  std::string name(name_of(collective));
  if (has_root(collective)) name += " with root " + std::to_string(root);
  return name;
}

}  // namespace

Communicator::Communicator(const UniqueId& id, int rank, int ranks, const CommOptions& options)
    : id_(id),
      rank_(rank),
      ranks_(ranks),
      options_(options),
      plans_(rank, ranks, options.device.open != nullptr ? device::kStateWords : 0) {
  if (ranks < 1 || rank < 0 || rank >= ranks) {
    throw CommError(Kind::InvalidArgument, "rank " + std::to_string(rank) + " of " +
                                               std::to_string(ranks) + " ranks does not exist");
  }
  bootstrap_ = as_comm_error(
      Kind::Remote, [&] { return std::make_unique<Bootstrap>(id, rank, ranks, deadline()); });
  try {
    meet();
  } catch (...) {
    process_heap().deallocate(counters_);  // nobody has looked at it
    throw;
  }
}

Communicator::~Communicator() {
  const bool on_device = device_ != nullptr;
  if (on_device) leave_device();
  if (failure_ || current_ != nullptr || aborted_) neighbourhood_->give_up();
  free_memory(on_device);
}

// Ranks of this host read from this one's scratch and counters until they are through their last
// call, or have failed; pages that turned zero before that would be taken for data. In doubt they
// are kept.
void Communicator::free_memory(bool on_device) {
  // On devices nobody reads these; what they read is kept for them (leave_device).
  if (!on_device && !soon([&] { return others_are_through(); })) return;
  process_heap().deallocate(counters_);
  process_heap().deallocate(scratch_);
}

bool Communicator::others_are_through() const {
  return neighbourhood_->others_are_through(bootstrap_->lost());
}

// Whether `condition` comes true before a goodbye takes too long.
bool Communicator::soon(const std::function<bool()>& condition) const {
  const Deadline moment(std::min(options_.timeout, kLongestGoodbye));
  while (!condition()) {
    if (moment.passed()) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  return true;
}

// What every rank gives, by rank.
std::vector<Blob> Communicator::gather(std::span<const std::byte> mine) {
  try {
    return bootstrap_->all_gather(mine, deadline());
  } catch (const MachineError& error) {
    check_alive();  // an abort interrupts
    throw CommError(Kind::Remote, error.what());
  }
}

// A GPU has its bus id from CUDA, unless the program says otherwise.
RankIdentity Communicator::place() const {
  RankIdentity place = options_.place;
  if (options_.device.open != nullptr && !place.host.empty() && place.pci.empty()) {
    place.pci = as_comm_error(Kind::Device,
                              [&] { return options_.device.open(options_.device.number)->pci(); });
  }
  return place;
}

void Communicator::meet() {
  SharedHeap& heap = process_heap();
  // Never freed: ranks of this host may look at it at any time.
  control_ = heap.allocate_for_good(sizeof(RankControl));
  counters_ = heap.allocate(kCountersOfRank * sizeof(OpCounter));
  DescriptorExchange exchange;
  const Member mine{.host = options_.host.empty() ? host_identity() : options_.host,
                    .process = process_identity(),
                    .backend = options_.device.backend,
                    .place = place(),
                    .exchange = exchange.name(),
                    .heap_bytes = heap.size(),
                    .control = heap.offset_of(control_),
                    .counters = heap.offset_of(counters_)};
  const std::vector<Blob> told = gather(encode(mine));
  std::vector<Member> members;
  for (int rank = 0; rank < ranks_; ++rank) members.push_back(decode_member(rank, told[rank]));
  for (int rank = 0; rank < ranks_; ++rank) {
    if (members[rank].backend == mine.backend) continue;
    throw CommError(Kind::InvalidUsage, "rank " + std::to_string(rank_) + " has its buffers on \"" +
                                            mine.backend + "\", rank " + std::to_string(rank) +
                                            " on \"" + members[rank].backend +
                                            "\"; give all ranks the same backend (PLEACH_BACKEND)");
  }
  Placement placement = placement_of(members);

  std::map<int, std::string> near;
  for (int rank = 0; rank < ranks_; ++rank) {
    if (placement.between(rank_, rank) == Reach::Host) near[rank] = members[rank].exchange;
  }
  const std::map<int, int> descriptors = as_comm_error(
      Kind::System, [&] { return exchange.exchange(rank_, heap.descriptor(), near, deadline()); });
  std::map<int, MappedHeap> heaps;
  for (const auto& [rank, descriptor] : descriptors) {
    as_comm_error(Kind::System, [&, rank = rank, descriptor = descriptor] {
      heaps.emplace(rank, MappedHeap(descriptor, members[rank].heap_bytes));
    });
  }
  std::unique_ptr<NetworkPort> port = open_network(placement);
  neighbourhood_ = std::make_unique<Neighbourhood>(rank_, std::move(members), std::move(placement),
                                                   heap, std::move(heaps), std::move(port));
  if (options_.device.open != nullptr) meet_on_device();
}

// None where all ranks are on one host.
std::unique_ptr<NetworkPort> Communicator::open_network(const Placement& placement) {
  if (*std::max_element(placement.host.begin(), placement.host.end()) == 0) return nullptr;
  if (ranks_ > kMostNetworkRanks) {
    throw CommError(Kind::InvalidUsage, "more than " + std::to_string(kMostNetworkRanks) +
                                            " ranks can not be joined by a network");
  }
  auto transport = as_comm_error(Kind::System, [&] { return open_fabric(options_.fabric); });
  const NetworkMember mine{.rails = transport->rails(), .address = transport->address()};
  const std::vector<Blob> told = gather(encode(mine));
  std::vector<Blob> addresses(ranks_);
  for (int rank = 0; rank < ranks_; ++rank) {
    const NetworkMember member = decode_network_member(rank, told[rank]);
    rails_.push_back(member.rails);
    if (placement.between(rank_, rank) == Reach::Network) addresses[rank] = member.address;
  }
  as_comm_error(Kind::Remote, [&] { transport->connect(addresses); });
  return std::make_unique<NetworkPort>(std::move(transport), rank_, ranks_);
}

void Communicator::load(Schedule schedule) {
  check_alive();
  if (schedule.topology.num_ranks() != static_cast<std::size_t>(ranks_)) {
    throw CommError(Kind::InvalidArgument,
                    "the schedule is for " + std::to_string(schedule.topology.num_ranks()) +
                        " GPUs (" + schedule.topology.name + "), this communicator has " +
                        std::to_string(ranks_) + " ranks");
  }
  const auto shape = pleach::shape_of(schedule);
  if (!shape.ok()) {
    throw CommError(Kind::InvalidArgument,
                    "the schedule can not be executed: " + to_string(shape.mistakes().front()));
  }
  const std::string digest = sha256_of(write_schedule(schedule)) + " " + schedule.topology_digest;
  const std::vector<Blob> told = gather(std::as_bytes(std::span(digest)));
  for (int rank = 0; rank < ranks_; ++rank) {
    const std::string theirs(reinterpret_cast<const char*>(told[rank].data()), told[rank].size());
    if (theirs == digest) continue;
    const std::size_t cut = digest.find(' ');
    const bool other_machine = theirs.substr(std::min(cut, theirs.size())) != digest.substr(cut);
    throw CommError(Kind::InvalidUsage,
                    "ranks " + std::to_string(rank_) + " and " + std::to_string(rank) +
                        " load different schedules" +
                        (other_machine ? ", for different machines" : " for the same machine") +
                        " (SHA-256 " + digest.substr(0, 12) + "… and " + theirs.substr(0, 12) +
                        "…); give all ranks the same file");
  }
  std::vector<RankIdentity> places;
  for (const Member& member : neighbourhood_->members()) places.push_back(member.place);
  schedules_.add(place_ranks(std::move(schedule), places));
  start_counters_again();  // plans of a schedule before are of no use
}

void Communicator::check_alive() {
  if (failure_) throw *failure_;
  if (device_ != nullptr) check_device(Look::Here);
  if (aborted_.load(std::memory_order_relaxed)) {
    fail(Kind::Aborted, "rank " + std::to_string(rank_) + ": the communicator was aborted");
  }
}

void Communicator::abort() {
  aborted_.store(true, std::memory_order_relaxed);
  if (device_ != nullptr) device_->abort();
  bootstrap_->interrupt();
}

void Communicator::check(const Call& call) {
  check_alive();
  const CallShape& shape = call.shape;
  if (has_root(shape.collective) && (shape.root < 0 || shape.root >= ranks_)) {
    throw CommError(Kind::InvalidArgument, "root " + std::to_string(shape.root) +
                                               " is no rank; there are ranks 0 to " +
                                               std::to_string(ranks_ - 1));
  }
  const std::uint64_t parts = is_sharded(shape.collective) ? ranks_ : 1;
  if (shape.count > (std::uint64_t{1} << 62) / size_of(shape.dtype) / parts) {
    throw CommError(Kind::InvalidArgument,
                    std::to_string(shape.count) + " elements are more than memory can hold");
  }
  const bool needs_send = shape.collective != Collective::Broadcast || shape.root == rank_;
  const bool needs_receive = shape.collective != Collective::Reduce || shape.root == rank_;
  if (shape.count > 0 &&
      ((needs_send && call.send == nullptr) || (needs_receive && call.receive == nullptr))) {
    throw CommError(Kind::InvalidArgument, "a buffer of " + to_string(shape) + " is null");
  }
  if (ranks_ > 1 && schedule_of(shape.collective, shape.root) == nullptr) {
    throw CommError(Kind::InvalidUsage,
                    "no schedule for " + name_with_root(shape.collective, shape.root) +
                        " is loaded" + schedules_.other_roots(shape.collective) +
                        "; compile one (pleach compile -c " +
                        std::string(name_of(shape.collective)) + ") and load it on every rank");
  }
}

PreparedPlan& Communicator::plan_for(const CallShape& shape) {
  PreparedPlan* prepared = plans_.find(shape);
  if (prepared == nullptr) {
    const Schedule& schedule = *schedule_of(shape.collective, shape.root);
    NetworkPort* const port = neighbourhood_->port();
    const HopCost hop_cost =
        port != nullptr ? network_hop_cost(schedule, port->transport().max_write()) : HopCost();
    const DeviceBudget* const device = device_ != nullptr ? &device_->budget() : nullptr;
    const auto make = [&] {
      return plans_.make(shape, schedule, placement(), rails_, hop_cost, device);
    };
    prepared = make();
    if (prepared == nullptr) {
      start_counters_again();
      prepared = make();
      ENSURE(prepared != nullptr, "an empty arena takes a plan that was found to fit");
    }
    if (provide_scratch(prepared->plan)) {
      start_counters_again();
      prepared = make();
      ENSURE(prepared != nullptr, "an empty arena takes a plan that was found to fit");
    }
  }
  if (device_ != nullptr) {
    if (prepared->device == nullptr) prepare_on_device(*prepared, shape);
  } else if (prepared->executor == nullptr) {
    std::vector<RankMemory> memory(ranks_);
    for (int rank = 0; rank < ranks_; ++rank) {
      const Member& member = neighbourhood_->members()[rank];
      if (placement().between(rank_, rank) == Reach::Network) continue;
      std::byte* const counters = neighbourhood_->at(rank, member.counters);
      memory[rank] = {
          .scratch = scratch_of_[rank],
          .counters = reinterpret_cast<OpCounter*>(counters) + prepared->counters[rank]};
    }
    prepared->executor = std::make_unique<RankExecutor>(prepared->plan, rank_, std::move(memory));
  }
  return *prepared;
}

// All ranks lower the same plan, so all know whether any of them needs more, and meet.
bool Communicator::provide_scratch(const Plan& plan) {
  const std::size_t most = *std::max_element(plan.scratch.begin(), plan.scratch.end());
  const std::size_t needed = std::max<std::size_t>(most * plan.element_size, 1);
  if (needed <= scratch_bytes_) return false;
  // Room to grow, so that ranks do not meet for every size.
  scratch_bytes_ = std::bit_ceil(std::max<std::size_t>(needed, std::size_t{1} << 20));
  SharedHeap& heap = process_heap();
  NetworkPort* const port = neighbourhood_->port();
  // Of plans that were made before: their kernels write where they always did.
  const bool moves_rings = device_ != nullptr && port != nullptr && scratch_ != nullptr;
  if (device_ != nullptr) leave_rings();
  std::byte* const before = scratch_;
  ScratchMember mine;
  as_comm_error(Kind::System, [&] {
    scratch_ = heap.allocate(scratch_bytes_);
    mine.offset = heap.offset_of(scratch_);
    const auto pause = pause_network();
    if (port != nullptr) mine.window = port->transport().expose({scratch_, scratch_bytes_});
    if (device_ != nullptr) mine.device = device_->make_scratch(scratch_bytes_);
  });
  heap.deallocate(before);  // the last call is over, here and for everyone who read it
  const std::vector<Blob> told = gather(encode(mine));
  scratch_of_.clear();
  std::vector<Blob> windows;
  std::vector<SharedMemory> device_scratch;
  for (int rank = 0; rank < ranks_; ++rank) {
    ScratchMember member = decode_scratch_member(rank, told[rank]);
    scratch_of_.push_back(neighbourhood_->at(rank, member.offset));
    device_scratch.push_back(std::move(member.device));
    const bool far = placement().between(rank_, rank) == Reach::Network;
    windows.push_back(far ? std::move(member.window) : Blob{});
  }
  if (port != nullptr) {
    const auto pause = pause_network();
    as_comm_error(Kind::Remote, [&] { port->transport().set_windows(windows); });
  }
  if (device_ != nullptr)
    as_comm_error(Kind::Device, [&] { device_->set_scratch(device_scratch); });
  plans_.move_scratch(scratch_of_);
  return moves_rings;
}

// Nobody looks at a counter between the two meetings.
void Communicator::start_counters_again() {
  if (device_ != nullptr && device_->has_recorded()) {
    throw CommError(Kind::InvalidUsage,
                    "a CUDA graph holds calls of this communicator, whose plans can not be made "
                    "again: make another communicator for other schedules or more shapes");
  }
  (void)gather({});
  if (device_ != nullptr) forget_on_device();
  auto* const counters = reinterpret_cast<OpCounter*>(counters_);
  // Those that were never used are zero, and have no memory yet: to look at one would give it some.
  for (std::uint64_t i = 0; i < plans_.counters_used(); ++i) {
    counters[i].store(0, std::memory_order_relaxed);
  }
  plans_.forget_all();
  (void)gather({});
}

// Of all buffers of a call in this host's memory.
double Communicator::bytes_on_host(const Plan& plan) const {
  double elements = 0;
  for (int rank = 0; rank < ranks_; ++rank) {
    if (placement().between(rank_, rank) == Reach::Network) continue;
    elements += static_cast<double>(input_elements(plan, rank) + output_elements(plan, rank));
  }
  return elements * static_cast<double>(plan.element_size);
}

bool Communicator::is_prepared(const Call& call) {
  if (ranks_ == 1) return true;
  if (device_ != nullptr && device_->one_shot(call.shape)) return true;
  const PreparedPlan* const prepared = plans_.find(call.shape);
  return prepared != nullptr && (prepared->executor != nullptr || prepared->device != nullptr);
}

void Communicator::prepare(const Call& call) {
  check(call);
  if (ranks_ == 1 || (device_ != nullptr && device_->one_shot(call.shape))) return;
  neighbourhood_->show(call.shape);
  try {
    (void)plan_for(call.shape);
  } catch (const CommError& error) {
    fail_to_prepare(error);
  }
}

// The other ranks may have made another call, for which they have no need to meet.
void Communicator::fail_to_prepare(const CommError& error) {
  if (error.kind() == Kind::Remote) {
    if (const auto mismatch = await_mismatch()) fail(Kind::InvalidUsage, *mismatch);
  }
  fail(error.kind(), error.what());
}

// Memory shows ranks of one host what each calls. Ranks of other hosts see a hash, and not before
// both have entered; so who fails tells, and who learns of a mismatch so tells in turn.
void Communicator::tell_call() {
  const NumberedShape call = neighbourhood_->shown();
  if (neighbourhood_->port() == nullptr || call.number == told_call_) return;
  told_call_ = call.number;
  bootstrap_->tell(encode(call), Deadline(kLongestAnswer));
}

// A rank that is known to make another call than this one, in words that name both calls.
std::optional<std::string> Communicator::find_mismatch() {
  auto mismatch = neighbourhood_->find_mismatch();
  if (mismatch || neighbourhood_->port() == nullptr) return mismatch;
  for (const auto& [rank, bytes] : bootstrap_->told()) {
    const auto theirs = decode_shape(bytes);
    if (theirs) mismatch = neighbourhood_->mismatch_with(rank, *theirs);
    if (mismatch) break;
  }
  return mismatch;
}

std::optional<std::string> Communicator::await_mismatch() {
  tell_call();
  const Deadline moment(kLongestAnswer);
  while (true) {
    auto mismatch = find_mismatch();
    const bool others_may_tell = neighbourhood_->port() != nullptr && !moment.passed() &&
                                 !aborted_.load(std::memory_order_relaxed);
    if (mismatch || !others_may_tell) return mismatch;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// One rank's result is its input, whatever the collective: nothing to compile, and no schedule.
void Communicator::copy_alone(const Call& call, void* stream) const {
  const std::size_t bytes = call.shape.count * size_of(call.shape.dtype);
  if (bytes == 0 || call.send == call.receive) return;
  if (device_ != nullptr) {
    device_->device().copy(call.receive, call.send, bytes, stream);
  } else {
    std::memmove(call.receive, call.send, bytes);
  }
}

void Communicator::start(const Call& call) {
  ENSURE(current_ == nullptr, "a rank has one call under way at a time");
  check(call);
  if (ranks_ == 1) return copy_alone(call, nullptr);
  neighbourhood_->show(call.shape);
  try {
    PreparedPlan& prepared = plan_for(call.shape);
    const bool averages = call.shape.op == ReduceOp::Avg && reduces(call.shape.collective);
    neighbourhood_->enter(call, prepared.plan, prepared.network);
    prepared.executor->start({.buffers = {.input = call.send, .output = call.receive},
                              .input_is_shared = neighbourhood_->shows_input(),
                              .output_is_shared = neighbourhood_->shows_output(),
                              .combine = combine_function(call.shape.dtype, call.shape.op),
                              .divisor = averages ? ranks_ : 0,
                              .streams = bytes_on_host(prepared.plan) > kCachedBytes},
                             prepared.executions++, *neighbourhood_);
    current_ = &prepared;
  } catch (const CommError& error) {
    fail_to_prepare(error);
  }
}

Communicator::State Communicator::progress() {
  check_alive();
  if (ranks_ == 1) return State::Done;
  ENSURE(current_ != nullptr, "a call is under way");
  try {
    NetworkPort* const port = neighbourhood_->port();
    const bool moved = port != nullptr && port->poll(current_->executor.get());
    switch (current_->executor->turn()) {
      case RankExecutor::Turn::Ran: return State::Moved;
      case RankExecutor::Turn::Blocked: return moved ? State::Moved : State::Stands;
      case RankExecutor::Turn::Done: break;
    }
    // What the network was told last must not wait for the next call.
    if (port != nullptr && !port->idle()) return moved ? State::Moved : State::Stands;
    neighbourhood_->leave();
    current_ = nullptr;
    return State::Done;
  } catch (const MachineError& error) {
    if (const auto mismatch = find_mismatch()) fail(Kind::InvalidUsage, *mismatch);
    fail(Kind::Remote, describe_stall() + ": " + error.what());
  } catch (const OtherCallError& error) {
    fail(error.kind(), await_mismatch().value_or(error.what()));
  } catch (const CommError& error) {
    fail(error.kind(), error.what());
  }
}

std::string Communicator::edge_text(const Stall& stall) const {
  const CallShape& shape = neighbourhood_->shape();
  const Topology& topology = schedule_of(shape.collective, shape.root)->topology;
  const auto id = [&](int rank) {
    return rank >= 0 && rank < ranks_ ? topology.node(topology.ranks[rank]).id : std::string("?");
  };
  return ", edge " + id(stall.peer) + " - " + id(stall.rank);
}

std::string Communicator::describe_stall() const {
  if (current_ == nullptr) return "rank " + std::to_string(rank_) + " is in no call";
  std::optional<Stall> stall;
  try {
    stall = current_->executor->find_stall();
  } catch (const CommError& error) {  // a rank that has come meanwhile, with another call
    return error.what();
  }
  const std::string call = ", call " + std::to_string(neighbourhood_->calls()) + " (" +
                           to_string(neighbourhood_->shape()) + ")";
  if (!stall) return "rank " + std::to_string(rank_) + " waits for the network" + call;
  return to_string(*stall) + edge_text(*stall) + call;
}

void Communicator::check_peers() {
  check_alive();
  if (const auto mismatch = find_mismatch()) fail(Kind::InvalidUsage, *mismatch);
  if (const auto loss = neighbourhood_->find_loss()) {
    fail(Kind::Remote,
         describe_stall() + "; " +
             (loss->rank < 0 ? std::string("a rank") : "rank " + std::to_string(loss->rank)) +
             ": " + loss->message);
  }
  const std::vector<int> lost = bootstrap_->lost();
  if (lost.empty()) return;
  std::string ranks;
  for (const int rank : lost) ranks += (ranks.empty() ? "" : ", ") + std::to_string(rank);
  fail(Kind::Remote, describe_stall() + "; gone: rank " + ranks);
}

void Communicator::fail(CommError::Kind kind, const std::string& message) {
  failure_ = CommError(kind, message);
  current_ = nullptr;
  if (device_ != nullptr) device_->abort();
  if (proxy_ != nullptr) proxy_->give_up();
  const auto pause = pause_network();
  if (neighbourhood_ != nullptr) {
    tell_call();
    neighbourhood_->give_up();
  }
  // Others may have to meet this rank for a call, where they see no give_up(). When another rank is
  // the cause they are told of that one, and this one still wants to know who is lost.
  if (kind != Kind::Remote) bootstrap_->leave();
  throw *failure_;
}

void Communicator::settle() const {
  if (!failure_ || neighbourhood_ == nullptr || device_ != nullptr) return;
  (void)soon([&] { return !neighbourhood_->is_read(); });
}

std::optional<CommError> Communicator::failure() const { return failure_; }

}  // namespace pleach
