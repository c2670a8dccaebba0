#include <functional>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/api/json_tree.h"
#include "common/api/patch.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

absl::Status Missing(absl::string_view path) {
  return absl::InvalidArgumentError(absl::StrCat("the path \"", path, "\" does not exist"));
}

// A JSON pointer (RFC 6901): the value that holds its last part, and that part.
struct Place {
  JsonTree* parent = nullptr;
  std::string key;
  std::string path;

  // The index in an array of `size`; `end` allowed for adding.
  absl::StatusOr<size_t> Index(size_t size, bool end) const {
    if (end && key == "-") return size;
    size_t index = 0;
    const bool number = !key.empty() && absl::ascii_isdigit(static_cast<unsigned char>(key[0])) &&
                        (key[0] != '0' || key.size() == 1) && absl::SimpleAtoi(key, &index);
    if (!number || index > size || (index == size && !end)) return Missing(path);
    return index;
  }

  absl::StatusOr<JsonTree*> Value() const {
    if (parent->is_array()) {
      ASSIGN_OR_RETURN(const size_t index, Index(parent->items.size(), false));
      return &parent->items[index];
    }
    JsonTree* found = parent->is_object() ? parent->Find(key) : nullptr;
    if (found == nullptr) return Missing(path);
    return found;
  }
};

// `root` is an array of one: the document.
absl::StatusOr<Place> Resolve(JsonTree* root, const std::string& path) {
  Place place{root, "0", path};
  if (path.empty()) return place;
  if (path[0] != '/') return absl::InvalidArgumentError(absl::StrCat("\"", path, "\" is no JSON pointer"));
  for (const absl::string_view part : absl::StrSplit(absl::string_view(path).substr(1), '/')) {
    ASSIGN_OR_RETURN(place.parent, place.Value());
    place.key = absl::StrReplaceAll(part, {{"~1", "/"}, {"~0", "~"}});
  }
  return place;
}

absl::Status Add(JsonTree* root, const std::string& path, JsonTree value) {
  ASSIGN_OR_RETURN(const Place place, Resolve(root, path));
  if (path.empty()) {
    root->items[0] = std::move(value);
  } else if (place.parent->is_array()) {
    std::vector<JsonTree>& items = place.parent->items;
    ASSIGN_OR_RETURN(const size_t index, place.Index(items.size(), true));
    items.insert(items.begin() + static_cast<ptrdiff_t>(index), std::move(value));
  } else if (place.parent->is_object()) {
    place.parent->Set(place.key, std::move(value));
  } else {
    return Missing(path);
  }
  return absl::OkStatus();
}

absl::StatusOr<JsonTree> Remove(JsonTree* root, const std::string& path) {
  ASSIGN_OR_RETURN(const Place place, Resolve(root, path));
  ASSIGN_OR_RETURN(JsonTree* const found, place.Value());
  JsonTree value = std::move(*found);
  if (place.parent->is_array()) {
    place.parent->items.erase(place.parent->items.begin() + (found - place.parent->items.data()));
  } else {
    place.parent->Erase(place.key);
  }
  return value;
}

struct Step {
  std::string path, from;
  const JsonTree* value = nullptr;  // null when absent
};

absl::Status NeedValue(const Step& step) {
  return step.value != nullptr ? absl::OkStatus() : absl::InvalidArgumentError("the operation has no value");
}

using Operation = std::function<absl::Status(JsonTree* root, const Step& step)>;

const absl::flat_hash_map<std::string, Operation>& Operations() {
  static const auto& operations = *new absl::flat_hash_map<std::string, Operation>{
      {"add",
       [](JsonTree* root, const Step& step) {
         RETURN_IF_ERROR(NeedValue(step));
         return Add(root, step.path, *step.value);
       }},
      {"remove", [](JsonTree* root, const Step& step) { return Remove(root, step.path).status(); }},
      {"replace",
       [](JsonTree* root, const Step& step) -> absl::Status {
         RETURN_IF_ERROR(NeedValue(step));
         ASSIGN_OR_RETURN(const Place place, Resolve(root, step.path));
         ASSIGN_OR_RETURN(JsonTree* const found, place.Value());
         *found = *step.value;
         return absl::OkStatus();
       }},
      {"move",
       [](JsonTree* root, const Step& step) -> absl::Status {
         ASSIGN_OR_RETURN(JsonTree value, Remove(root, step.from));
         return Add(root, step.path, std::move(value));
       }},
      {"copy",
       [](JsonTree* root, const Step& step) -> absl::Status {
         ASSIGN_OR_RETURN(const Place place, Resolve(root, step.from));
         ASSIGN_OR_RETURN(JsonTree* const found, place.Value());
         return Add(root, step.path, JsonTree(*found));
       }},
      {"test", [](JsonTree* root, const Step& step) -> absl::Status {
         RETURN_IF_ERROR(NeedValue(step));
         ASSIGN_OR_RETURN(const Place place, Resolve(root, step.path));
         ASSIGN_OR_RETURN(JsonTree* const found, place.Value());
         if (*found == *step.value) return absl::OkStatus();
         return absl::InvalidArgumentError(absl::StrCat("testing value ", step.path, " failed"));
       }}};
  return operations;
}

}  // namespace

absl::StatusOr<std::string> ApplyJsonPatch(absl::string_view document, absl::string_view patch) {
  JsonTree root;
  root.kind = JsonTree::Kind::kArray;
  ASSIGN_OR_RETURN(JsonTree parsed, JsonTree::Parse(document));
  root.items.push_back(std::move(parsed));
  ASSIGN_OR_RETURN(const JsonTree steps, JsonTree::Parse(patch));
  if (!steps.is_array()) return absl::InvalidArgumentError("a JSON patch must be an array of operations");
  const auto text = [](const JsonTree& step, absl::string_view key) {
    const JsonTree* member = step.Find(key);
    return member == nullptr ? "" : member->Text();
  };
  for (const JsonTree& step : steps.items) {
    const auto operation = Operations().find(text(step, "op"));
    if (operation == Operations().end()) {
      return absl::FailedPreconditionError(absl::StrCat("unexpected kind of JSON patch operation: ", step.ToJson()));
    }
    const absl::Status done = operation->second(&root, {text(step, "path"), text(step, "from"), step.Find("value")});
    if (!done.ok()) return absl::FailedPreconditionError(done.message());
  }
  return root.items[0].ToJson();
}

}  // namespace kubelite::api
