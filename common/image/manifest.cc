#include "common/image/manifest.h"

#include <simdjson.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/image/json_text.h"
#include "common/image/reference.h"

namespace kubelite::image {
namespace {

using simdjson::dom::element;

absl::Status WrongType(absl::string_view member, absl::string_view type) {
  return absl::InvalidArgumentError(absl::StrCat("image manifest: ", member, " must be ", type));
}

absl::Status ReadString(absl::string_view member, const element& value, std::string* out) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return WrongType(member, "a string");
  out->assign(text.data(), text.size());
  return absl::OkStatus();
}

absl::Status ReadStrings(absl::string_view member, const element& value, std::vector<std::string>* out) {
  simdjson::dom::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return WrongType(member, "a list of strings");
  for (const element item : array) {
    std::string text;
    if (!ReadString(member, item, &text).ok()) return WrongType(member, "a list of strings");
    out->push_back(std::move(text));
  }
  return absl::OkStatus();
}

absl::Status ReadLabels(const element& value, Manifest* out) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return WrongType("Labels", "an object of strings");
  for (const auto& [key, item] : object) {
    std::string text;
    if (!ReadString("Labels", item, &text).ok()) return WrongType("Labels", "an object of strings");
    out->labels.emplace_back(std::string(key.data(), key.size()), std::move(text));
  }
  return absl::OkStatus();
}

// OCI writes {"8080/tcp": {}}.
absl::Status ReadPorts(const element& value, Manifest* out) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return WrongType("ExposedPorts", "an object");
  for (const auto& [key, item] : object) out->exposed_ports.emplace_back(key.data(), key.size());
  return absl::OkStatus();
}

absl::Status ReadMember(absl::string_view key, const element& value, Manifest* out) {
  if (key == "reference") return ReadString(key, value, &out->reference);
  if (key == "root") return ReadString(key, value, &out->root);
  if (key == "Entrypoint") return ReadStrings(key, value, &out->entrypoint);
  if (key == "Cmd") return ReadStrings(key, value, &out->cmd);
  if (key == "Env") return ReadStrings(key, value, &out->env);
  if (key == "WorkingDir") return ReadString(key, value, &out->working_dir);
  if (key == "User") return ReadString(key, value, &out->user);
  if (key == "ExposedPorts") return ReadPorts(value, out);
  if (key == "Labels") return ReadLabels(value, out);
  return absl::InvalidArgumentError(absl::StrCat("image manifest: unknown member \"", key, "\""));
}

}  // namespace

std::string FormatManifest(const Manifest& manifest) {
  JsonWriter json;
  json.Add("reference", manifest.reference);
  json.Add("root", manifest.root);
  if (!manifest.entrypoint.empty()) json.Add("Entrypoint", manifest.entrypoint);
  if (!manifest.cmd.empty()) json.Add("Cmd", manifest.cmd);
  if (!manifest.env.empty()) json.Add("Env", manifest.env);
  if (!manifest.working_dir.empty()) json.Add("WorkingDir", manifest.working_dir);
  if (!manifest.user.empty()) json.Add("User", manifest.user);
  if (!manifest.exposed_ports.empty()) json.AddEmptyObjects("ExposedPorts", manifest.exposed_ports);
  if (!manifest.labels.empty()) json.Add("Labels", manifest.labels);
  return json.Finish();
}

absl::StatusOr<Manifest> ParseManifest(absl::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  const simdjson::padded_string padded(json.data(), json.size());
  element root;
  if (const auto error = parser.parse(padded).get(root); error != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(absl::StrCat("image manifest: not JSON: ", simdjson::error_message(error)));
  }
  if (root.get_object().get(object) != simdjson::SUCCESS) return WrongType("it", "an object");
  Manifest manifest;
  for (const auto& [key, value] : object) {
    RETURN_IF_ERROR(ReadMember(absl::string_view(key.data(), key.size()), value, &manifest));
  }
  if (manifest.reference.empty()) return absl::InvalidArgumentError("image manifest: reference is missing");
  return manifest;
}

absl::StatusOr<std::string> ManifestFileName(absl::string_view reference) {
  ASSIGN_OR_RETURN(const Reference parsed, ParseReference(reference));
  return absl::StrCat(absl::StrReplaceAll(parsed.ToString(), {{"/", "%2F"}}), ".json");
}

absl::Status WriteImageManifest(const std::string& directory, const Manifest& manifest) {
  ASSIGN_OR_RETURN(const std::string name, ManifestFileName(manifest.reference));
  RETURN_IF_ERROR(base::MakeDirectories(directory));
  return base::WriteFileAtomically(absl::StrCat(directory, "/", name), FormatManifest(manifest));
}

}  // namespace kubelite::image
