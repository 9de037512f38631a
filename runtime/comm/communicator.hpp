// One rank of a group that executes collectives together: the runtime behind the C API.
//
// Ranks may be threads of a process, processes of a host, and processes of different hosts, in any
// mixture; each is one Communicator. All make the same calls in the same order. Nothing here has a
// thread of its own: progress() moves the rank's data as far as it goes, and finish() (wait.hpp)
// calls it, and waits.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/schedule.hpp"
#include "runtime/comm/call.hpp"
#include "runtime/comm/comm_error.hpp"
#include "runtime/comm/device_rank.hpp"
#include "runtime/comm/loaded_schedules.hpp"
#include "runtime/comm/neighbourhood.hpp"
#include "runtime/comm/network_proxy.hpp"
#include "runtime/comm/plan_cache.hpp"
#include "runtime/comm/rank_placement.hpp"
#include "runtime/net/bootstrap.hpp"
#include "runtime/net/fabric_transport.hpp"
#include "runtime/net/launcher.hpp"

namespace pleach {

struct CommOptions {
  // Of each wait: how long a rank may stand still before it gives up, here and while the
  // communicator is made. Ranks that come late to a call count.
  std::chrono::milliseconds timeout = std::chrono::minutes(10);
  std::string host = {};  // the host's identity; "": host_identity()
  // Where the rank runs, for schedules whose nodes have labels (rank_placement.hpp).
  RankIdentity place = {.host = host_name(), .pci = ""};
  FabricOptions fabric = {};
  // Where the buffers are and who moves them: this process's threads, or kernels of a device. All
  // ranks have the same.
  DeviceOptions device = {};
};

// Devices of ranks that are gone, for those of the process that are left: their kernels may still
// look at what is there.
using DeviceRanks = std::vector<std::unique_ptr<DeviceRank>>;

class Communicator {
 public:
  // Meets the other ranks. Throws CommError.
  Communicator(const UniqueId& id, int rank, int ranks, const CommOptions& options);
  ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return ranks_; }
  [[nodiscard]] const Placement& placement() const { return neighbourhood_->placement(); }

  // Takes the schedule for its collective (and root), instead of one before. All ranks load the
  // same; its ranks become those of the communicator (rank_placement.hpp), its root too. A
  // communicator of one rank needs none. Throws CommError: another number of ranks, trees that can
  // not be executed, another digest of the schedule or its topology on some rank, ranks that run
  // where it has no GPU (both sides are named).
  void load(Schedule schedule);
  // The id of the node where `rank` is, in the machine of the schedule that was loaded last; null
  // before. Needs: a rank.
  [[nodiscard]] const std::string* node_of(int rank) const { return schedules_.node_of(rank); }
  // The one that was loaded for this collective (and root), else one that a loaded one contains
  // (derive_schedule.hpp), else null.
  [[nodiscard]] const Schedule* schedule_of(Collective collective, int root) const {
    return schedules_.find(collective, root);
  }

  // Throws CommError for a call that can not be made: values that are none, no schedule, a failure
  // before. The communicator stays as it is.
  void check(const Call& call);
  // Whether start() does not wait for other ranks: the plan for calls of this shape is there.
  [[nodiscard]] bool is_prepared(const Call& call);
  // Null on the host backend. On a device a call is started by enter(), which gives its part of a
  // launch (device_launch.hpp), and what becomes of it is known from check_device().
  [[nodiscard]] DeviceRank* device() const { return device_.get(); }
  // The same for all ranks of one communicator in this process.
  [[nodiscard]] const UniqueId& id() const { return id_; }
  // Checks, and prepares if need be. Nothing for a rank alone: its result is there. `stream` is the
  // call's.
  [[nodiscard]] std::optional<DeviceCall> enter(const Call& call, void* stream);
  // Throws CommError when a launch has failed, or (it costs microseconds to look) other ranks are
  // known to be gone; the kernel has then been told to end. Waits for nothing.
  enum class Look { Here, Everywhere };
  void check_device(Look look);
  // Lets other ranks read `memory` in place; all ranks register together. Gives a handle.
  [[nodiscard]] std::uint64_t register_memory(const std::byte* memory, std::size_t bytes);
  void deregister_memory(std::uint64_t handle);

  // Makes the plan, together with the other ranks. Throws CommError; the rank has failed then.
  void prepare(const Call& call);
  // Begins a call; it is done when progress() says so. One at a time. Checks, and prepares if need
  // be.
  void start(const Call& call);
  enum class State { Moved, Stands, Done };
  // Throws CommError when the call fails: see fail().
  State progress();
  // Of a call that stands: what it waits for, in words that name rank, tree, chunk and edge.
  [[nodiscard]] std::string describe_stall() const;
  // Looks whether ranks are gone or have given up, or call something else, and throws CommError if
  // so. Not on every turn: it costs a microsecond or more.
  void check_peers();

  // For a rank that is about to fail, in its call or while it prepares one: whether the cause is
  // that a rank is in another call, in words that name both. Tells the others this rank's call, and
  // over a network gives them a quarter of a second to tell theirs.
  [[nodiscard]] std::optional<std::string> await_mismatch();
  // The rank fails: the others are told, and every call from now on throws the same.
  [[noreturn]] void fail(CommError::Kind kind, const std::string& message);
  // Of a rank that has failed: returns when the call's buffers are the caller's again. Ranks of
  // this process read them in place, and learn of the failure within milliseconds; a thread of
  // theirs that is held up counts for five seconds at most. For others nothing.
  void settle() const;
  // From any thread: what is under way fails soon, also where it waits to meet the other ranks, and
  // everything after it.
  void abort();
  // What the rank has failed with; what a device tells later is looked for first.
  [[nodiscard]] std::optional<CommError> failure() const;
  [[nodiscard]] std::optional<CommError> look_for_failure();

  [[nodiscard]] std::chrono::milliseconds timeout() const { return options_.timeout; }

 private:
  [[nodiscard]] std::vector<Blob> gather(std::span<const std::byte> mine);
  void meet();
  [[nodiscard]] RankIdentity place() const;
  [[nodiscard]] std::unique_ptr<NetworkPort> open_network(const Placement& placement);
  // Whether the scratch is now elsewhere, and plans of a device with a network have to be made
  // again.
  bool provide_scratch(const Plan& plan);
  // In communicator_device.cpp; all need a device.
  void meet_on_device();
  [[nodiscard]] std::string describe(const device::Failure& failure) const;
  [[nodiscard]] std::optional<CommError> find_loss();
  [[nodiscard]] std::optional<device::Failure> await_record() const;
  void prepare_on_device(PreparedPlan& prepared, const CallShape& shape);
  void settle_device();
  void leave_rings();
  [[nodiscard]] std::unique_lock<std::mutex> pause_network();
  void forget_on_device();
  void leave_device();
  [[nodiscard]] PreparedPlan& plan_for(const CallShape& shape);
  void start_counters_again();
  void check_alive();
  void copy_alone(const Call& call, void* stream) const;
  [[noreturn]] void fail_to_prepare(const CommError& error);
  void tell_call();
  [[nodiscard]] std::optional<std::string> find_mismatch();
  void free_memory(bool on_device);
  [[nodiscard]] bool others_are_through() const;
  // Whether it comes true within a few seconds.
  [[nodiscard]] bool soon(const std::function<bool()>& condition) const;
  [[nodiscard]] double bytes_on_host(const Plan& plan) const;
  [[nodiscard]] Deadline deadline() const { return Deadline(options_.timeout); }
  [[nodiscard]] std::string edge_text(const Stall& stall) const;

  const UniqueId id_;
  const int rank_;
  const int ranks_;
  const CommOptions options_;
  std::unique_ptr<Bootstrap> bootstrap_;
  std::unique_ptr<Neighbourhood> neighbourhood_;
  std::unique_ptr<DeviceRank> device_;
  std::shared_ptr<DeviceRanks> left_devices_;    // of ranks of this process that have gone
  std::vector<std::vector<std::string>> rails_;  // of each rank
  std::byte* control_ = nullptr;                 // in the process's heap, like the next two
  std::byte* counters_ = nullptr;
  std::byte* scratch_ = nullptr;
  std::size_t scratch_bytes_ = 0;
  std::vector<std::byte*> scratch_of_;  // of each rank; null over the network
  LoadedSchedules schedules_;
  PlanCache plans_;
  PreparedPlan* current_ = nullptr;      // the plan of the call under way
  std::unique_ptr<NetworkProxy> proxy_;  // of a device with a network; uses the plans
  std::atomic<bool> aborted_ = false;
  std::optional<CommError> failure_;
  std::uint64_t told_call_ = 0;  // the number of the last call that the others were told of
};

}  // namespace pleach
