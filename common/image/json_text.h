#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace kubelite::image {

// Writes small JSON files (manifests, checkpoints) with two blanks of indentation per level.
//   JsonWriter json;
//   json.Add("name", "a");
//   json.Add("args", std::vector<std::string>{"x"});
//   json.Finish();  // {"name": "a", "args": ["x"]}
class JsonWriter {
 public:
  void Add(absl::string_view key, absl::string_view value);
  void Add(absl::string_view key, const char* value) { Add(key, absl::string_view(value)); }
  void Add(absl::string_view key, const std::string& value) { Add(key, absl::string_view(value)); }
  void Add(absl::string_view key, int64_t value);
  void Add(absl::string_view key, int value) { Add(key, static_cast<int64_t>(value)); }
  void Add(absl::string_view key, bool value);
  void Add(absl::string_view key, const std::vector<std::string>& values);
  void Add(absl::string_view key, const std::vector<std::pair<std::string, std::string>>& map);
  // {"x": {}, "y": {}}: OCI's way to write a set.
  void AddEmptyObjects(absl::string_view key, const std::vector<std::string>& names);
  // The whole object; the writer is used up.
  std::string Finish();

 private:
  void Key(absl::string_view key);
  std::string text_ = "{";
};

// A string as a JSON literal with quotes. Bytes that are not UTF-8 become U+FFFD.
std::string JsonQuote(absl::string_view text);

}  // namespace kubelite::image
