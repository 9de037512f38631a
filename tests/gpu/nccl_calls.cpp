#include "tests/gpu/nccl_calls.hpp"

namespace pleach::gpu_check {
namespace {

using nccl::Algorithm;
using nccl::Choice;
using nccl::ChoiceRow;
using nccl::kNoEnd;
using nccl::Protocol;

// Each range below has one of them.
constexpr std::uint64_t kSizes[] = {1U << 10U, 1U << 13U, 1U << 16U, 1U << 18U, 1U << 20U};

constexpr std::uint64_t kSmall = 4096;
constexpr std::uint64_t kOpen = 16384;  // from kSmall to here NCCL decides
constexpr std::uint64_t kMiddle = 131072;
constexpr std::uint64_t kAbsent = 524288;  // from kMiddle to here all-reduce is told to take NVLS

struct Rows {
  Collective collective = Collective::AllReduce;
  int ranks = 0;
  std::vector<ChoiceRow>& all;

  void add(std::uint64_t first, std::uint64_t last, std::optional<Choice> choice) const {
    all.push_back({.collective = collective,
                   .min_bytes = first,
                   .max_bytes = last,
                   .nodes = ranks,
                   .ranks_per_node = 1,
                   .registered = std::nullopt,
                   .choice = choice,
                   .source = choice ? "forced" : "left open"});
  }
};

Choice choose(Algorithm algorithm, Protocol protocol) {
  return {.algorithm = algorithm, .protocol = protocol, .channels = 0};
}

}  // namespace

std::vector<NcclCall> nccl_calls() {
  std::vector<NcclCall> calls;
  for (const Collective collective :
       {Collective::AllReduce, Collective::AllGather, Collective::ReduceScatter}) {
    for (const std::uint64_t bytes : kSizes) {
      calls.push_back({.collective = collective, .bytes = bytes});
    }
  }
  return calls;
}

nccl::ChoiceTable nccl_table() {
  nccl::ChoiceTable table{
      .topology_name = "ranks of one GPU, each a node", .topology_digest = "", .rows = {}};
  for (const int ranks : kNcclRanks) {
    const Choice small = ranks == 2 ? choose(Algorithm::Tree, Protocol::Simple)
                                    : choose(Algorithm::Ring, Protocol::Simple);
    const Choice middle = ranks == 2 ? choose(Algorithm::Tree, Protocol::Ll)
                                     : choose(Algorithm::Tree, Protocol::Simple);
    const Rows reduce{.collective = Collective::AllReduce, .ranks = ranks, .all = table.rows};
    reduce.add(0, kSmall, small);
    reduce.add(kSmall + 1, kOpen, std::nullopt);
    reduce.add(kOpen + 1, kMiddle, middle);
    reduce.add(kMiddle + 1, kAbsent, choose(Algorithm::Nvls, Protocol::Simple));
    reduce.add(kAbsent + 1, kNoEnd, choose(Algorithm::Ring, Protocol::Ll));
    const Rows gather{.collective = Collective::AllGather, .ranks = ranks, .all = table.rows};
    gather.add(0, kSmall, choose(Algorithm::Ring, Protocol::Simple));
    gather.add(kSmall + 1, kOpen, std::nullopt);
    gather.add(kOpen + 1, kNoEnd, choose(Algorithm::Ring, Protocol::Ll));
    const Rows scatter{.collective = Collective::ReduceScatter, .ranks = ranks, .all = table.rows};
    scatter.add(0, kSmall, choose(Algorithm::Ring, Protocol::Simple));
    scatter.add(kOpen + 1, kMiddle, choose(Algorithm::Ring, Protocol::Simple));
    scatter.add(kMiddle + 1, kNoEnd, choose(Algorithm::Ring, Protocol::Ll));
  }
  return table;
}

std::optional<nccl::ChoiceRow> nccl_row(const NcclCall& call, int ranks) {
  for (const ChoiceRow& row : nccl_table().rows) {
    const bool covers = row.min_bytes <= call.bytes && call.bytes <= row.max_bytes;
    if (covers && row.nodes == ranks && row.collective == call.collective) return row;
  }
  return std::nullopt;
}

bool is_there(const Choice& choice) {
  return choice.algorithm == Algorithm::Ring || choice.algorithm == Algorithm::Tree;
}

std::optional<std::string> digest_in(std::string_view table_file) {
  constexpr std::string_view kKey = R"("digest":")";
  constexpr std::size_t kDigits = 64;
  const std::size_t at = table_file.rfind(kKey);  // the rows' comes last
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digest = table_file.substr(at + kKey.size(), kDigits);
  const bool whole = digest.size() == kDigits &&
                     digest.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return whole ? std::optional(std::string(digest)) : std::nullopt;
}

}  // namespace pleach::gpu_check
