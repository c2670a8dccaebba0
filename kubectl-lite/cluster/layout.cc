#include "kubectl-lite/cluster/layout.h"

#include <dirent.h>
#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace kubelite::cli {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string CurrentLink() { return HomeDirectory() + "/current"; }

}  // namespace

std::string HomeDirectory() {
  if (std::string home = Environment("KUBE_LITE_HOME"); !home.empty()) return home;
  if (std::string data = Environment("XDG_DATA_HOME"); !data.empty()) return data + "/kube-lite";
  const std::string home = Environment("HOME");
  return (home.empty() ? "/var/lib" : home + "/.local/share") + "/kube-lite";
}

std::string DefaultDataDirectory(const std::string& cluster) {
  return absl::StrCat(HomeDirectory(), "/clusters/", cluster);
}

absl::Status WriteClusterRecord(const Layout& layout, const ClusterRecord& record) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.StartObject();
  writer.Key("name");
  writer.String(record.name.c_str());
  writer.Key("grpcPort");
  writer.Int(record.grpc_port);
  writer.Key("ephemeral");
  writer.Bool(record.ephemeral);
  writer.Key("nodes");
  writer.StartArray();
  for (const std::string& node : record.nodes) writer.String(node.c_str());
  writer.EndArray();
  writer.EndObject();
  return base::WriteFileAtomically(layout.ClusterFile(), absl::StrCat(buffer.GetString(), "\n"));
}

absl::StatusOr<ClusterRecord> ReadClusterRecord(const Layout& layout) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(layout.ClusterFile()));
  rapidjson::Document document;
  document.Parse(text.c_str());
  const auto damaged = [&](absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat(layout.ClusterFile(), ": ", what, "; remove the data directory to start over"));
  };
  if (document.HasParseError() || !document.IsObject()) return damaged("is not a JSON object");
  ClusterRecord record;
  if (!document.HasMember("name") || !document["name"].IsString()) return damaged("\"name\" is missing");
  if (!document.HasMember("grpcPort") || !document["grpcPort"].IsInt()) return damaged("\"grpcPort\" is missing");
  if (!document.HasMember("nodes") || !document["nodes"].IsArray()) return damaged("\"nodes\" is missing");
  record.name = document["name"].GetString();
  record.grpc_port = document["grpcPort"].GetInt();
  record.ephemeral = document.HasMember("ephemeral") && document["ephemeral"].IsTrue();
  for (const auto& node : document["nodes"].GetArray()) {
    if (!node.IsString()) return damaged("\"nodes\" must hold names");
    record.nodes.push_back(node.GetString());
  }
  if (record.nodes.empty()) return damaged("\"nodes\" is empty");
  return record;
}

absl::Status SetCurrentCluster(const std::string& data_directory) {
  RETURN_IF_ERROR(base::MakeDirectories(HomeDirectory(), 0700));
  const std::string temporary = absl::StrCat(CurrentLink(), ".", getpid());
  unlink(temporary.c_str());
  if (symlink(data_directory.c_str(), temporary.c_str()) != 0 ||
      rename(temporary.c_str(), CurrentLink().c_str()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("linking ", CurrentLink()));
  }
  return absl::OkStatus();
}

std::string CurrentClusterDirectory() {
  char target[PATH_MAX];
  const ssize_t length = readlink(CurrentLink().c_str(), target, sizeof(target));
  return length <= 0 ? "" : std::string(target, static_cast<size_t>(length));
}

std::vector<std::string> KnownClusterDirectories() {
  std::vector<std::string> directories;
  const std::string root = HomeDirectory() + "/clusters";
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(root.c_str()), closedir);
  if (directory == nullptr) return directories;
  while (const dirent* entry = readdir(directory.get())) {
    std::string path = absl::StrCat(root, "/", entry->d_name);
    if (access(Layout(path).ClusterFile().c_str(), F_OK) == 0) directories.push_back(std::move(path));
  }
  std::sort(directories.begin(), directories.end());
  return directories;
}

void ClearCurrentCluster(const std::string& data_directory) {
  if (CurrentClusterDirectory() != data_directory) return;
  unlink(CurrentLink().c_str());
  rmdir(HomeDirectory().c_str());
}

}  // namespace kubelite::cli
