#include "compiler/view/draw_legend.hpp"

#include <algorithm>
#include <set>

#include "compiler/view/number_text.hpp"
#include "compiler/view/palette.hpp"

namespace pleach::view {
namespace {

constexpr double kMargin = 24;
constexpr double kTitleSize = 19;
constexpr double kTextSize = 12;
constexpr double kLine = 19;    // from one line of text to the next
constexpr double kSwatch = 28;  // length of a sample stroke
constexpr double kScaleWidth = 140;

double width_of(const std::string& text, double size) { return 0.95 * text_width(text, size); }

std::string capacity_text(const Bandwidth& bandwidth) {
  return rounded_text(bandwidth.gigabytes_per_second) + " GB/s";
}

// Draws rows from left to right, in units that `scale` enlarges.
class LegendDrawer {
 public:
  LegendDrawer(SvgWriter& svg, const Legend& legend, double top)
      : svg_(svg), legend_(legend), y_(top) {}

  void draw() {
    draw_rows();
    for (const std::string& line : legend_.lines) {
      y_ += kLine * legend_.scale;
      text(kMargin, line);
    }
  }

 private:
  void draw_rows() {
    y_ += kLine * legend_.scale;
    double x = kMargin;
    if (legend_.has_loads) {
      x = draw_scale(x);
      x = sample(x, kFullLink, 4, "100 %: bounds the rate");
      if (legend_.has_idle_links) x = sample(x, kIdleLink, 4, "idle");
      y_ += kLine * legend_.scale;
      x = kMargin;
    }
    x = text(x, "width: capacity one way") + 14 * legend_.scale;
    for (const Bandwidth& capacity : legend_.capacities) {
      x = sample(x, kPlainLink, legend_.widths.of(capacity), capacity_text(capacity));
    }
  }

  // Returns the right end.
  double text(double x, const std::string& content) {
    svg_.text({x, y_}, content,
              {{"font-size", number_text(kTextSize * legend_.scale)}, {"fill", kQuietText}});
    return x + width_of(content, kTextSize) * legend_.scale;
  }

  double sample(double x, const std::string& colour, double width, const std::string& name) {
    const double middle = y_ - 4 * legend_.scale;
    const double end = x + kSwatch * legend_.scale;
    svg_.element("path", {{"d", path_text(line({x, middle}, {end, middle}))},
                          {"stroke", colour},
                          {"stroke-width", number_text(width)}});
    return text(end + 6 * legend_.scale, name) + 18 * legend_.scale;
  }

  double draw_scale(double x) {
    x = text(x, "colour: part of the link in use  0 %") + 6 * legend_.scale;
    constexpr int kSteps = 10;
    const double step = kScaleWidth * legend_.scale / kSteps;
    for (int i = 0; i < kSteps; ++i) {
      svg_.rectangle({x + i * step, y_ - 10 * legend_.scale, step + 0.2, 11 * legend_.scale}, 0,
                     {{"fill", blue_at((i + 0.5) / kSteps)}});
    }
    x += kSteps * step + 6 * legend_.scale;
    return text(x, "below 100 %") + 18 * legend_.scale;
  }

  SvgWriter& svg_;
  const Legend& legend_;
  double y_ = 0;
};

}  // namespace

double title_height(const Legend& legend) { return 62 * legend.scale; }

double legend_height(const Legend& legend) {
  const double rows = static_cast<double>(legend.lines.size()) + (legend.has_loads ? 2 : 1);
  return rows * kLine * legend.scale + kMargin;
}

double least_width(const Legend& legend) {
  double width = std::max(width_of(legend.title, kTitleSize), width_of(legend.subtitle, kTextSize));
  for (const std::string& line : legend.lines) width = std::max(width, width_of(line, kTextSize));
  double samples = width_of("width: capacity one way", kTextSize) + 14;
  for (const Bandwidth& capacity : legend.capacities) {
    samples += kSwatch + 24 + width_of(capacity_text(capacity), kTextSize);
  }
  width = std::max(width, samples);
  if (legend.has_loads) width = std::max(width, legend.has_idle_links ? 800.0 : 720.0);
  return width * legend.scale + 2 * kMargin;
}

std::vector<Bandwidth> sample_capacities(const Topology& topology) {
  std::set<Bandwidth> all;
  for (const Link& link : topology.links) all.insert(link.bandwidth);
  std::vector<Bandwidth> chosen(all.rbegin(), all.rend());
  constexpr std::size_t kMost = 5;
  if (chosen.size() <= kMost) return chosen;
  std::vector<Bandwidth> spread;
  for (std::size_t i = 0; i < kMost; ++i) {
    spread.push_back(chosen[i * (chosen.size() - 1) / (kMost - 1)]);
  }
  return spread;
}

void draw_title(SvgWriter& svg, const Legend& legend) {
  svg.text({kMargin, 30 * legend.scale}, legend.title,
           {{"font-size", number_text(kTitleSize * legend.scale)},
            {"font-weight", "bold"},
            {"fill", kText}});
  svg.text({kMargin, 50 * legend.scale}, legend.subtitle,
           {{"font-size", number_text(kTextSize * legend.scale)}, {"fill", kQuietText}});
}

void draw_legend(SvgWriter& svg, const Legend& legend, double top) {
  LegendDrawer(svg, legend, top).draw();
}

}  // namespace pleach::view
