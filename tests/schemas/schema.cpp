#include "tests/schemas/schema.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

namespace pleach {
namespace {

const std::filesystem::path kSource = PLEACH_SOURCE_DIR;

void list_places(const nlohmann::json& value,
                 const nlohmann::json::json_pointer& here,
                 std::vector<nlohmann::json::json_pointer>& places) {
  places.push_back(here);
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) list_places(member, here / key, places);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) list_places(value[i], here / i, places);
  }
}

const std::vector<nlohmann::json>& odd_values() {
  static const std::vector<nlohmann::json> kValues = {nullptr,
                                                      true,
                                                      false,
                                                      0,
                                                      1,
                                                      2,
                                                      7,
                                                      -1,
                                                      1.5,
                                                      10000000000,
                                                      "",
                                                      "x",
                                                      "a{b}",
                                                      "{",
                                                      "0-3",
                                                      "3-0",
                                                      "1/3",
                                                      "0",
                                                      "0/1",
                                                      "1/0",
                                                      "5 GB/s",
                                                      "0 GB/s",
                                                      "-1 GB/s",
                                                      "2 us",
                                                      "gpu",
                                                      "*",
                                                      "g[0-1",
                                                      std::string(300, 'a'),
                                                      "a\nb",
                                                      nlohmann::json::array(),
                                                      nlohmann::json::array({0}),
                                                      nlohmann::json::object(),
                                                      nlohmann::json::object({{"id", "x"}})};
  return kValues;
}

}  // namespace

struct Schema::Parsed {
  valijson::Schema schema;
};

Schema::Schema(const std::string& path) : parsed_(std::make_unique<Parsed>()) {
  const nlohmann::json text = nlohmann::json::parse(source_text(path));
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(text), parsed_->schema);
}

Schema::~Schema() = default;

bool Schema::accepts(const nlohmann::json& document) const {
  valijson::Validator validator;
  return validator.validate(parsed_->schema, valijson::adapters::NlohmannJsonAdapter(document),
                            nullptr);
}

std::string source_text(const std::string& path) {
  std::ifstream file(kSource / path, std::ios::binary);
  if (!file) throw std::runtime_error("there is no " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

nlohmann::json json_of(std::string_view text) {
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/true, /*ignore_comments=*/true);
}

std::vector<std::string> json_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kSource / folder)) {
    if (entry.path().extension() == ".json") {
      files.push_back(folder + "/" + entry.path().filename().string());
    }
  }
  std::ranges::sort(files);
  return files;
}

std::vector<nlohmann::json> cli_inputs(std::string_view mark) {
  std::vector<nlohmann::json> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(kSource / "tests/cli")) {
    if (entry.path().extension() != ".txt") continue;
    std::string text = source_text("tests/cli/" + entry.path().filename().string());
    constexpr std::string_view kFile = "\n=== file ";
    for (auto at = text.find(kFile); at != std::string::npos; at = text.find(kFile, at + 1)) {
      const auto begin = text.find('\n', at + 1) + 1;
      const std::string body = text.substr(begin, text.find("\n=== ", begin) + 1 - begin);
      if (body.find(mark) == std::string::npos) continue;
      auto document = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false, true);
      if (!document.is_discarded()) inputs.push_back(std::move(document));
    }
  }
  return inputs;
}

nlohmann::json mutated(nlohmann::json document, std::mt19937_64& random) {
  std::vector<nlohmann::json::json_pointer> places;
  list_places(document, nlohmann::json::json_pointer(), places);
  const auto pick = [&](std::size_t size) { return static_cast<std::size_t>(random() % size); };
  const auto place = places[pick(places.size())];
  if (place.empty()) {
    document["zzz"] = 1;
    return document;
  }
  const std::string key = place.back();
  auto& parent = document[place.parent_pointer()];
  nlohmann::json value = document[place];
  const auto drop = [&] {
    if (parent.is_object()) {
      parent.erase(key);
    } else {
      parent.erase(std::stoul(key));
    }
  };
  switch (pick(parent.is_object() ? 5 : 4)) {
    case 0: drop(); break;
    case 1:
    case 2: document[place] = odd_values()[pick(odd_values().size())]; break;
    case 3:
      if (parent.is_array()) {
        parent.push_back(value);
      } else {
        parent[pick(2) == 0 ? "x-more" : "more"] = value;
      }
      break;
    default: drop(); parent[key + "s"] = value;
  }
  return document;
}

bool matches_any(const std::string& message, const std::vector<std::string>& patterns) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return std::regex_search(message, std::regex(pattern));
  });
}

std::string disagreement(const Schema& schema,
                         const nlohmann::json& document,
                         const Diagnostics& mistakes,
                         const std::function<bool(const std::string&)>& beyond_schema) {
  if (!schema.accepts(document)) {
    return mistakes.empty() ? "only the schema rejects this: " + document.dump() : "";
  }
  for (const Diagnostic& mistake : mistakes) {
    if (beyond_schema(mistake.message)) continue;
    return "only the reader rejects this: " + to_string(mistake) + document.dump();
  }
  return "";
}

}  // namespace pleach
