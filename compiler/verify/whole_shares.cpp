#include "compiler/verify/whole_shares.hpp"

#include <algorithm>
#include <string>

namespace pleach::verify {
namespace {

bool has_too_many_digits(const Integer& denominator) {
  constexpr std::size_t kMostDigits = 1'000;
  if (denominator.fits_int64()) return false;
  return denominator >= *Integer::parse("1" + std::string(kMostDigits, '0'));
}

// Takes the trees of one list in; false where the denominator grows too long.
bool take_denominators(const std::vector<ScheduleTree>& trees,
                       std::string_view list,
                       Integer& denominator,
                       ViolationLog& log) {
  for (std::size_t t = 0; t < trees.size(); ++t) {
    const Integer& own = trees[t].share.den();
    if (denominator == own || (denominator % own).sign() == 0) continue;
    denominator = denominator / gcd(denominator, own) * own;
    if (!has_too_many_digits(denominator)) continue;
    log.add("share", pointer_to(list, t, "share"),
            "the shares up to this one have a common denominator of more than 1000 digits; wanted "
            "fewer");
    return false;
  }
  return true;
}

std::vector<Integer> numerators(const std::vector<ScheduleTree>& trees,
                                const Integer& denominator) {
  std::vector<Integer> whole(trees.size());
  std::ranges::transform(trees, whole.begin(), [&](const ScheduleTree& tree) {
    return denominator / tree.share.den() * tree.share.num();
  });
  return whole;
}

}  // namespace

std::optional<WholeShares> whole_shares(const Schedule& schedule, ViolationLog& log) {
  WholeShares shares;
  if (!take_denominators(schedule.broadcast_trees, "/broadcast_trees", shares.denominator, log) ||
      !take_denominators(schedule.reduce_trees, "/reduce_trees", shares.denominator, log)) {
    return std::nullopt;
  }
  shares.broadcast = numerators(schedule.broadcast_trees, shares.denominator);
  shares.reduce = numerators(schedule.reduce_trees, shares.denominator);
  return shares;
}

}  // namespace pleach::verify
