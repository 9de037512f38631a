// The long lists of a schedule file, read without a tree of JSON values.
//
// Of a file for a thousand ranks, ten megabytes are routes and trees: numbers and brackets. A tree
// of JSON values that can point at each of them costs ten times the file. So what is written
// plainly is taken straight from the text, and the rest is left to the reader that can name every
// mistake.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/schedule.hpp"

namespace pleach {

struct BulkLists {
  std::string rest;  // the text with [] in place of each list below
  std::vector<Route> routes;
  std::vector<ScheduleTree> broadcast_trees;
  std::vector<ScheduleTree> reduce_trees;
};

// Takes the lists "routes", "broadcast_trees" and "reduce_trees" out of the outermost object.
// Nothing for any other text than an object without comments whose lists, where it has them, hold
// nothing but arrays of whole numbers from 0 on, or objects of the keys root, share (above 0) and
// routes. Whether the numbers name anything, and what `rest` holds, is not looked at.
// Cost: linear in the text.
[[nodiscard]] std::optional<BulkLists> take_bulk_lists(std::string_view text);

}  // namespace pleach
