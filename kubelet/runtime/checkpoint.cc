#include "kubelet/runtime/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <simdjson.h>
#include <stdio.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"
#include "common/base/status_macros.h"
#include "common/image/json_text.h"

namespace kubelite::kubelet {
namespace {

std::vector<std::pair<std::string, std::string>> Pairs(const std::map<std::string, std::string>& map) {
  return {map.begin(), map.end()};
}

// Members of a JSON object; absent or wrongly typed ones are empty.
class Members {
 public:
  static absl::StatusOr<Members> Parse(absl::string_view json) {
    Members members;
    const simdjson::padded_string padded(json.data(), json.size());
    if (members.parser_->parse(padded).get_object().get(members.object_) != simdjson::SUCCESS) {
      return absl::DataLossError("not a JSON object");
    }
    return members;
  }
  std::string String(const char* key) const {
    std::string_view text;
    if (object_[key].get_string().get(text) != simdjson::SUCCESS) return "";
    return std::string(text);
  }
  int64_t Int(const char* key) const {
    int64_t value = 0;
    return object_[key].get_int64().get(value) == simdjson::SUCCESS ? value : 0;
  }
  bool Bool(const char* key) const {
    bool value = false;
    return object_[key].get_bool().get(value) == simdjson::SUCCESS && value;
  }
  std::map<std::string, std::string> Map(const char* key) const {
    std::map<std::string, std::string> map;
    simdjson::dom::object object;
    if (object_[key].get_object().get(object) != simdjson::SUCCESS) return map;
    for (const auto& [name, value] : object) {
      std::string_view text;
      if (value.get_string().get(text) == simdjson::SUCCESS) map[std::string(name)] = std::string(text);
    }
    return map;
  }

 private:
  Members() : parser_(std::make_unique<simdjson::dom::parser>()) {}
  std::unique_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::object object_;
};

}  // namespace

std::string FormatSandbox(const SandboxRecord& record) {
  const Sandbox& s = record.sandbox;
  image::JsonWriter json;
  json.Add("id", s.id);
  json.Add("uid", s.uid);
  json.Add("namespace", s.name_space);
  json.Add("name", s.name);
  json.Add("attempt", s.attempt);
  json.Add("createdAt", absl::ToUnixNanos(s.created_at));
  json.Add("ip", s.ip);
  json.Add("hostname", record.hostname);
  json.Add("hostNetwork", record.host_network);
  json.Add("annotations", Pairs(s.annotations));
  return json.Finish();
}

absl::StatusOr<SandboxRecord> ParseSandbox(absl::string_view text) {
  ASSIGN_OR_RETURN(const Members members, Members::Parse(text));
  SandboxRecord record;
  Sandbox& s = record.sandbox;
  s.id = members.String("id");
  s.uid = members.String("uid");
  s.name_space = members.String("namespace");
  s.name = members.String("name");
  s.attempt = static_cast<int>(members.Int("attempt"));
  s.created_at = absl::FromUnixNanos(members.Int("createdAt"));
  s.ip = members.String("ip");
  s.annotations = members.Map("annotations");
  record.hostname = members.String("hostname");
  record.host_network = members.Bool("hostNetwork");
  if (s.id.empty() || s.uid.empty()) return absl::DataLossError("sandbox without id");
  return record;
}

std::string FormatContainer(const Container& c) {
  image::JsonWriter json;
  json.Add("id", c.id);
  json.Add("sandbox", c.sandbox_id);
  json.Add("name", c.name);
  json.Add("attempt", c.attempt);
  json.Add("createdAt", absl::ToUnixNanos(c.created_at));
  json.Add("image", c.image);
  json.Add("imageID", c.image_id);
  json.Add("logPath", c.log_path);
  json.Add("annotations", Pairs(c.annotations));
  if (!c.reason.empty()) {
    json.Add("reason", c.reason);
    json.Add("message", c.message);
    json.Add("exitCode", c.exit_code);
    if (c.started_at != absl::InfinitePast()) json.Add("startedAt", absl::ToUnixNanos(c.started_at));
    json.Add("finishedAt", absl::ToUnixNanos(c.finished_at));
  }
  return json.Finish();
}

absl::StatusOr<Container> ParseContainer(absl::string_view text) {
  ASSIGN_OR_RETURN(const Members members, Members::Parse(text));
  Container c;
  c.id = members.String("id");
  c.sandbox_id = members.String("sandbox");
  c.name = members.String("name");
  c.attempt = static_cast<int>(members.Int("attempt"));
  c.created_at = absl::FromUnixNanos(members.Int("createdAt"));
  c.image = members.String("image");
  c.image_id = members.String("imageID");
  c.log_path = members.String("logPath");
  c.annotations = members.Map("annotations");
  c.reason = members.String("reason");
  if (!c.reason.empty()) {
    c.state = ContainerState::kExited;
    c.message = members.String("message");
    c.exit_code = static_cast<int>(members.Int("exitCode"));
    if (const int64_t started = members.Int("startedAt"); started != 0) c.started_at = absl::FromUnixNanos(started);
    c.finished_at = absl::FromUnixNanos(members.Int("finishedAt"));
  }
  if (c.id.empty() || c.name.empty()) return absl::DataLossError("container without id");
  return c;
}

absl::Status WriteCheckpoint(const std::string& path, absl::string_view text) {
  const std::string temporary = absl::StrCat(path, ".tmp");
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return base::ErrnoStatus(errno, absl::StrCat("writing ", path));
  const ssize_t n = write(fd, text.data(), text.size());
  const int error = n < 0 ? errno : ENOSPC;
  close(fd);
  if (n != static_cast<ssize_t>(text.size())) return base::ErrnoStatus(error, absl::StrCat("writing ", path));
  if (rename(temporary.c_str(), path.c_str()) != 0) return base::ErrnoStatus(errno, absl::StrCat("writing ", path));
  return absl::OkStatus();
}

}  // namespace kubelite::kubelet
