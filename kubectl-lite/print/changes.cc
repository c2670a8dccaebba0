#include "kubectl-lite/print/changes.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/json.h"
#include "common/api/yaml.h"

namespace kubelite::cli {
namespace {

using rapidjson::Document;
using rapidjson::Value;

constexpr size_t kMaxValue = 40;

// Touched by every write, whoever makes it.
bool IsNoise(const std::string& path) {
  return path == "metadata.resourceVersion" || path == "metadata.generation" || path == "metadata.managedFields" ||
         path == "metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]";
}

Document Parse(const api::Object& object) {
  Document document;
  const std::string json = api::EncodeJson(object);
  document.Parse(json.c_str(), json.size());
  return document;
}

std::string ShortText(const Value& value) {
  std::string text;
  if (value.IsObject()) {
    text = "{...}";
  } else if (value.IsString()) {
    text = value.GetString();
  } else {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    text = buffer.GetString();
  }
  if (text.size() <= kMaxValue) return text;
  size_t end = kMaxValue;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "...";
}

// Field names are joined by dots; names with dots of their own (annotations, labels) stand in brackets.
std::string Member(const std::string& path, const std::string& name) {
  if (absl::StrContains(name, '.') || absl::StrContains(name, '/')) return absl::StrCat(path, "[", name, "]");
  return path.empty() ? name : absl::StrCat(path, ".", name);
}

// The member that tells the elements of both lists apart; empty: only their position does.
std::string KeyOfLists(const Value& a, const Value& b) {
  for (const char* key : {"name", "type", "uid", "containerPort", "port", "mountPath", "ip"}) {
    const auto tells_apart = [key](const Value& list) {
      std::map<std::string, int> seen;
      for (const Value& element : list.GetArray()) {
        if (!element.IsObject() || !element.HasMember(key) || ++seen[ShortText(element[key])] > 1) return false;
      }
      return true;
    };
    if (tells_apart(a) && tells_apart(b)) return key;
  }
  return "";
}

class Comparison {
 public:
  void Compare(const std::string& path, const Value* before, const Value* after) {
    if (IsNoise(path)) return;
    if (before != nullptr && after != nullptr) {
      if (before->IsObject() && after->IsObject()) return CompareObjects(path, *before, *after);
      if (before->IsArray() && after->IsArray()) return CompareArrays(path, *before, *after);
      if (*before == *after) return;
    }
    // The members of an object that came or went whole say more than the object, as long as they are few.
    const Value* only = before == nullptr ? after : after == nullptr ? before : nullptr;
    if (only != nullptr && only->IsObject() && only->MemberCount() == 1) {
      const auto& member = *only->MemberBegin();
      return Compare(Member(path, member.name.GetString()), before == nullptr ? nullptr : &member.value,
                     after == nullptr ? nullptr : &member.value);
    }
    changes_.push_back({path, before == nullptr ? "" : ShortText(*before), after == nullptr ? "" : ShortText(*after)});
  }

  std::vector<FieldChange> Take() { return std::move(changes_); }

 private:
  static const Value* Find(const Value& object, const char* name) {
    const auto member = object.FindMember(name);
    return member == object.MemberEnd() ? nullptr : &member->value;
  }

  void CompareObjects(const std::string& path, const Value& before, const Value& after) {
    for (const auto& member : before.GetObject()) {
      const char* name = member.name.GetString();
      Compare(Member(path, name), &member.value, Find(after, name));
    }
    for (const auto& member : after.GetObject()) {
      const char* name = member.name.GetString();
      if (Find(before, name) == nullptr) Compare(Member(path, name), nullptr, &member.value);
    }
  }

  void CompareArrays(const std::string& path, const Value& before, const Value& after) {
    if (before == after) return;
    const std::string key = KeyOfLists(before, after);
    std::map<std::string, const Value*> elements;
    const auto name = [&](const Value& list, rapidjson::SizeType i) {
      return absl::StrCat(path, "[", key.empty() ? absl::StrCat(i) : ShortText(list[i][key.c_str()]), "]");
    };
    const bool scalars = [&] {
      for (const Value* list : {&before, &after}) {
        for (const Value& element : list->GetArray()) {
          if (element.IsObject() || element.IsArray()) return false;
        }
      }
      return true;
    }();
    if (scalars) {
      changes_.push_back({path, ShortText(before), ShortText(after)});
      return;
    }
    for (rapidjson::SizeType i = 0; i < after.Size(); ++i) elements[name(after, i)] = &after[i];
    for (rapidjson::SizeType i = 0; i < before.Size(); ++i) {
      const std::string element = name(before, i);
      const auto found = elements.find(element);
      Compare(element, &before[i], found == elements.end() ? nullptr : found->second);
      if (found != elements.end()) elements.erase(found);
    }
    for (const auto& [element, value] : elements) Compare(element, nullptr, value);
  }

  std::vector<FieldChange> changes_;
};

// What people ask for comes first.
int Rank(const FieldChange& change) {
  if (absl::StartsWith(change.path, "status")) return 2;
  return absl::StartsWith(change.path, "metadata") ? 1 : 0;
}

std::string Shown(const std::string& text) { return text.empty() ? "<none>" : text; }

}  // namespace

std::vector<FieldChange> ChangedFields(const api::Object& before, const api::Object& after) {
  const Document was = Parse(before);
  const Document is = Parse(after);
  Comparison comparison;
  comparison.Compare("", &was, &is);
  std::vector<FieldChange> changes = comparison.Take();
  std::stable_sort(changes.begin(), changes.end(),
                   [](const FieldChange& a, const FieldChange& b) { return Rank(a) < Rank(b); });
  return changes;
}

std::string ChangesText(const std::vector<FieldChange>& changes, size_t width) {
  std::string text;
  for (size_t i = 0; i < changes.size(); ++i) {
    const std::string one = absl::StrCat(changes[i].path, " ", Shown(changes[i].before), "->", Shown(changes[i].after));
    if (i > 0 && text.size() + one.size() > width) {
      return absl::StrCat(text, ", and ", changes.size() - i, " more");
    }
    absl::StrAppend(&text, i == 0 ? "" : ", ", one);
  }
  return text;
}

absl::StatusOr<std::string> ComparableYaml(const api::Object& object) {
  Document document = Parse(object);
  if (document.IsObject() && document.HasMember("metadata") && document["metadata"].IsObject()) {
    document["metadata"].RemoveMember("resourceVersion");
    document["metadata"].RemoveMember("managedFields");
  }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  document.Accept(writer);
  return api::JsonToYaml({buffer.GetString(), buffer.GetSize()});
}

}  // namespace kubelite::cli
