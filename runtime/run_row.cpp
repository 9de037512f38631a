#include "runtime/run_row.hpp"

#include <array>
#include <cstdio>

namespace pleach {
namespace {

// nccl-tests' factor between algbw and busbw: what the busiest wire of a rank carries.
double bus_factor(Collective collective, int ranks) {
  const double n = ranks;
  switch (collective) {
    case Collective::AllGather:
    case Collective::ReduceScatter: return (n - 1) / n;
    case Collective::AllReduce: return 2 * (n - 1) / n;
    case Collective::Broadcast:
    case Collective::Reduce: return 1;
  }
  return 1;
}

std::string timing_text(const RunTiming& timing) {
  const std::string wrong = timing.wrong ? std::to_string(*timing.wrong) : "N/A";
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), "  %8.1f  %6.2f  %6.2f  %6s", timing.time_us,
                timing.algbw, timing.busbw, wrong.c_str());
  return text.data();
}

}  // namespace

RunTiming timing_of(Collective collective, int ranks, std::uint64_t bytes, double time_us) {
  RunTiming timing{.time_us = time_us};
  if (bytes > 0 && time_us > 0) {
    timing.algbw = static_cast<double>(bytes) / (time_us * 1e3);
    timing.busbw = timing.algbw * bus_factor(collective, ranks);
  }
  return timing;
}

std::string run_table_head() {
  return "#                                                           out-of-place"
         "                        in-place\n"
         "#       size         count      type   redop    root      time   algbw   busbw  #wrong"
         "      time   algbw   busbw  #wrong\n"
         "#        (B)    (elements)                              (us)  (GB/s)  (GB/s)        "
         "      (us)  (GB/s)  (GB/s)\n";
}

std::string to_string(const RunRow& row) {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), "%12llu  %12llu  %8s  %6s  %6d",
                static_cast<unsigned long long>(row.bytes),
                static_cast<unsigned long long>(row.count), row.dtype.c_str(), row.op.c_str(),
                row.root);
  return text.data() + timing_text(row.out_of_place) + timing_text(row.in_place);
}

}  // namespace pleach
