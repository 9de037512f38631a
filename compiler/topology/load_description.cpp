#include "compiler/topology/load_description.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include "compiler/core/check.hpp"
#include "compiler/core/suggest.hpp"
#include "compiler/topology/catalogue.hpp"
#include "compiler/topology/decode_description.hpp"
#include "compiler/topology/read_file.hpp"

namespace pleach {
namespace {

class Loader {
 public:
  LoadedDescription run(std::string_view text, const std::string& file) {
    loaded_.description = std::make_unique<Description>();
    open_files_.push_back(canonical(file));
    load(text, file, DescriptionKind::Machine, *loaded_.description);
    return std::move(loaded_);
  }

 private:
  static std::string canonical(const std::string& file) {
    std::error_code ignored;
    const auto path = std::filesystem::weakly_canonical(file, ignored);
    return ignored ? file : path.string();
  }

  void load(std::string_view text,
            const std::string& file,
            DescriptionKind kind,
            Description& description) {
    auto parsed = parse_json(text, file);
    if (!parsed.ok()) {
      add(parsed.mistakes());
      loaded_.names_are_complete = false;
      return;
    }
    const auto document = std::make_shared<const JsonDocument>(std::move(parsed).value());
    const auto number = static_cast<std::int32_t>(loaded_.documents.size());
    loaded_.documents.push_back(document);
    JsonReader reader(*document);
    include_all(reader, description);
    // Without an include, or with mistakes in one, templates are missing.
    if (reader.failed()) loaded_.names_are_complete = false;
    decode_description(
        reader, number, kind, [this](std::string_view name) { return builtin(name); }, description);
    add(reader.mistakes());
    const bool is_library_with_mistakes = kind == DescriptionKind::Library && reader.failed();
    if (!description.names_are_complete || is_library_with_mistakes) {
      loaded_.names_are_complete = false;
    }
  }

  void add(const Diagnostics& mistakes) {
    loaded_.mistakes.insert(loaded_.mistakes.end(), mistakes.begin(), mistakes.end());
  }

  void include_all(JsonReader& reader, Description& description) {
    constexpr std::string_view kFiles = R"(an array of file names, e.g. ["boxes.json"])";
    const JsonValue* const value = find(reader.document().root, "include");
    if (value == nullptr) return;
    const JsonArray* const files = reader.array(*value, R"(key "include")", kFiles);
    if (files == nullptr) return;
    for (const JsonValue& item : *files) {
      const std::string* const name = reader.string(item, R"(an entry of "include")", kFiles);
      if (name != nullptr) include(reader, item, *name, description);
    }
  }

  void include(JsonReader& reader,
               const JsonValue& item,
               const std::string& name,
               Description& description) {
    const std::filesystem::path folder =
        std::filesystem::path(reader.document().file).parent_path();
    std::string file = (folder / name).string();
    if (file == "-") file = "./-";  // standard input is no file beside this one
    const std::string path = canonical(file);
    if (std::ranges::find(open_files_, path) != open_files_.end()) {
      reader.report(
          item, "the include " + in_quotes(name) + " leads back to a file that includes this one",
          "includes that do not go in a circle", "move what both need into a third file");
      return;
    }
    constexpr std::size_t kDeepestInclude = 32;
    if (open_files_.size() > kDeepestInclude) {
      reader.report(item,
                    "includes are nested more than " + std::to_string(kDeepestInclude) + " deep");
      return;
    }
    auto [entry, is_new] = libraries_.try_emplace(path, nullptr);
    if (is_new) {
      const auto text = read_file(file);
      if (!text.ok()) {
        reader.report(item,
                      "the include " + in_quotes(name) + ": " + text.mistakes().front().message,
                      "a file beside this one");
        return;
      }
      // Registered before it is read, so that a second include of a bad file is silent.
      entry->second = loaded_.libraries.emplace_back(std::make_unique<Description>()).get();
      open_files_.push_back(path);
      load(text.value(), file, DescriptionKind::Library, *entry->second);
      open_files_.pop_back();
    }
    if (entry->second == nullptr) return;
    merge(reader, item, entry->second->visible_classes, description.visible_classes, "link class");
    merge(reader, item, entry->second->visible_templates, description.visible_templates,
          "template");
  }

  // The same definition may arrive on two ways; two definitions may not share a name.
  template <class Map>
  static void merge(
      JsonReader& reader, const JsonValue& item, const Map& from, Map& into, const char* what) {
    for (const auto& [name, definition] : from) {
      const auto [place, is_new] = into.try_emplace(name, definition);
      if (is_new || place->second == definition) continue;
      reader.report(item,
                    "two included files define the " + std::string(what) + " " + in_quotes(name),
                    "every name once", "rename one of them");
    }
  }

  const Body* builtin(std::string_view name) {
    if (boxes_ == nullptr) {
      boxes_ = loaded_.libraries.emplace_back(std::make_unique<Description>()).get();
      const std::size_t before = loaded_.mistakes.size();
      load(builtin_boxes(), "builtin:boxes.json", DescriptionKind::Library, *boxes_);
      ENSURE(loaded_.mistakes.size() == before, "topologies/boxes.json is wrong");
    }
    const auto found = boxes_->templates.find(std::string(name));
    return found == boxes_->templates.end() ? nullptr : &found->second;
  }

  LoadedDescription loaded_;
  std::map<std::string, Description*> libraries_;  // by canonical path
  std::vector<std::string> open_files_;            // whose includes are being read
  Description* boxes_ = nullptr;
};

}  // namespace

LoadedDescription load_description(std::string_view text, const std::string& file) {
  return Loader().run(text, file);
}

}  // namespace pleach
