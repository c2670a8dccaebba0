#include "kubelet/static_pods/manifest_source.h"

#include <dirent.h>
#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "kubelet/static_pods/static_pod.h"

namespace kubelite::kubelet {

using k8s::core::v1::Pod;

namespace {

constexpr absl::Duration kRescan = absl::Minutes(1);
constexpr absl::Duration kRescanWithoutEvents = absl::Seconds(1);
constexpr uint32_t kChanges = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;

bool IsManifest(absl::string_view name) {
  return !absl::StartsWith(name, ".") &&
         (absl::EndsWith(name, ".yaml") || absl::EndsWith(name, ".yml") || absl::EndsWith(name, ".json"));
}

}  // namespace

struct ManifestSource::State {
  struct File {
    std::string text;
    std::vector<PodPtr> pods;
  };

  State(std::string d, std::string n, base::Executor* e, EventLoop* l,
        std::function<void(const std::vector<PodPtr>&)> c)
      : directory(std::move(d)), node(std::move(n)), loop(l), changed(std::move(c)), strand(e) {}

  void Scan(bool always_tell);
  bool ReadFileInto(const std::string& name, File* file);
  void Follow();
  void ScanLater();
  void OnInotify();

  const std::string directory;
  const std::string node;
  EventLoop* const loop;
  const std::function<void(const std::vector<PodPtr>&)> changed;
  int inotify_fd = -1;
  std::map<std::string, File> files;  // the strand's, after Start
  base::Strand strand;                // last, so that no task is left when the rest goes
};

// True when the file's pods changed.
bool ManifestSource::State::ReadFileInto(const std::string& name, File* file) {
  const std::string path = absl::StrCat(directory, "/", name);
  absl::StatusOr<std::string> text = base::ReadFile(path);
  if (text.ok() && *text == file->text) return false;
  absl::StatusOr<std::vector<Pod>> pods =
      text.ok() ? ParseStaticPods(*text, path, node) : absl::StatusOr<std::vector<Pod>>(text.status());
  if (text.ok()) file->text = *std::move(text);
  if (!pods.ok()) {
    base::LogError("Static pod manifest refused", {{"file", path}, {"err", pods.status()}});
    return false;
  }
  file->pods.clear();
  for (Pod& pod : *pods) file->pods.push_back(std::make_shared<const Pod>(std::move(pod)));
  return true;
}

void ManifestSource::State::Scan(bool always_tell) {
  std::map<std::string, File> present;
  bool any_change = always_tell;
  DIR* dir = opendir(directory.c_str());
  if (dir == nullptr) {
    base::LogError("Static pod directory cannot be read", {{"directory", directory}});
    return;
  }
  while (const struct dirent* entry = readdir(dir)) {
    if (!IsManifest(entry->d_name)) continue;
    File& file = present[entry->d_name];
    if (const auto found = files.find(entry->d_name); found != files.end()) file = found->second;
    any_change |= ReadFileInto(entry->d_name, &file);
  }
  closedir(dir);
  any_change |= present.size() != files.size();
  files = std::move(present);
  if (!any_change) return;
  std::vector<PodPtr> pods;
  for (const auto& [name, file] : files) pods.insert(pods.end(), file.pods.begin(), file.pods.end());
  changed(pods);
}

void ManifestSource::State::Follow() {
  if (loop != nullptr) inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (inotify_fd >= 0 && inotify_add_watch(inotify_fd, directory.c_str(), kChanges) < 0) {
    close(inotify_fd);
    inotify_fd = -1;
  }
  if (inotify_fd >= 0) loop->Watch(inotify_fd, EventLoop::kReadable, [this] { OnInotify(); });
  ScanLater();
}

void ManifestSource::State::OnInotify() {
  char events[4096];
  while (inotify_fd >= 0 && read(inotify_fd, events, sizeof(events)) > 0) {
  }
  strand.Post([this] { Scan(/*always_tell=*/false); });
}

void ManifestSource::State::ScanLater() {
  strand.PostAfter(inotify_fd >= 0 ? kRescan : kRescanWithoutEvents, [this] {
    Scan(/*always_tell=*/false);
    ScanLater();
  });
}

ManifestSource::ManifestSource(std::string directory, std::string node, base::Executor* executor, EventLoop* loop,
                               std::function<void(const std::vector<PodPtr>&)> changed)
    : state_(std::make_unique<State>(std::move(directory), std::move(node), executor, loop, std::move(changed))) {}

ManifestSource::~ManifestSource() {
  if (state_->inotify_fd < 0) return;
  state_->loop->Unwatch(state_->inotify_fd);
  close(state_->inotify_fd);
}

void ManifestSource::Start() {
  state_->Scan(/*always_tell=*/true);
  state_->Follow();
  // A change may have fallen between the two.
  state_->OnInotify();
}

}  // namespace kubelite::kubelet
