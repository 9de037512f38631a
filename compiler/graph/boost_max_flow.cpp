#include <cstdint>
#include <queue>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/push_relabel_max_flow.hpp>

#include "compiler/core/big_integer.hpp"
#include "compiler/core/check.hpp"
#include "compiler/graph/max_flow.hpp"

namespace pleach {
namespace {

// Boost asks numeric_limits for a largest flow, so the type must have one.
using Flow = boost::multiprecision::int512_t;
using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
using Graph = boost::adjacency_list<
    boost::vecS,
    boost::vecS,
    boost::directedS,
    boost::no_property,
    boost::property<
        boost::edge_capacity_t,
        Flow,
        boost::property<boost::edge_residual_capacity_t,
                        Flow,
                        boost::property<boost::edge_reverse_t, Traits::edge_descriptor>>>>;

}  // namespace

MaxFlow boost_max_flow(const FlowNetwork& network, int source, int sink) {
  ENSURE(source != sink, "a flow from a node to itself");
  Graph graph(network.num_nodes);
  const auto capacity = get(boost::edge_capacity, graph);
  const auto reverse = get(boost::edge_reverse, graph);
  for (const FlowArc& arc : network.arcs) {
    const auto forward = add_edge(arc.tail, arc.head, graph).first;
    const auto backward = add_edge(arc.head, arc.tail, graph).first;
    capacity[forward] = Flow(to_big(arc.capacity));
    capacity[backward] = 0;
    reverse[forward] = backward;
    reverse[backward] = forward;
  }
  MaxFlow flow;
  flow.value = to_integer(BigInteger(push_relabel_max_flow(graph, source, sink)));
  // The source side is what the residual network still reaches.
  const auto residual = get(boost::edge_residual_capacity, graph);
  flow.source_side.resize(network.num_nodes);
  flow.source_side[source] = true;
  std::queue<int> frontier({source});
  for (; !frontier.empty(); frontier.pop()) {
    const auto [first, last] = out_edges(frontier.front(), graph);
    for (auto edge = first; edge != last; ++edge) {
      const auto head = static_cast<int>(target(*edge, graph));
      if (residual[*edge] > 0 && !flow.source_side[head]) {
        flow.source_side[head] = true;
        frontier.push(head);
      }
    }
  }
  return flow;
}

}  // namespace pleach
