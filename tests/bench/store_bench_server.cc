#include "tests/bench/store_bench_server.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/process.h"
#include "common/base/sockets.h"
#include "etcd/rpc.pb.h"
#include "tests/bench/store_load_client.h"

namespace kubelite::bench {
namespace {

constexpr absl::Duration kStartLimit = absl::Minutes(5);

class OneRead : public LoadCall {
 public:
  void OnEnd(int grpc_status) override {
    status = grpc_status;
    done = true;
  }
  bool done = false;
  int status = -1;
};

bool Listens(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return connected;
}

bool Answers(const std::string& address) {
  LoadClient client(address, 1);
  etcdserverpb::RangeRequest request;
  request.set_key("absent");
  OneRead read;
  client.Start(0, "/etcdserverpb.KV/Range", request.SerializeAsString(), &read);
  return client.Run([&] { return read.done; }, kStartLimit) && read.status == 0;
}

}  // namespace

std::vector<std::string> BenchServer::Command() const {
  const std::string url = absl::StrCat("http://", address_);
  if (kind_ == Kind::kKubeLite) {
    return {KUBELITE_BIN_DIR "/kube-lite-store", "--data-dir", dir_, "--listen-client-urls", url};
  }
  return {"etcd",
          "--data-dir",
          dir_,
          "--listen-client-urls",
          url,
          "--advertise-client-urls",
          url,
          "--listen-peer-urls",
          "http://127.0.0.1:0",
          "--quota-backend-bytes",
          absl::StrCat(int64_t{8} << 30),
          "--logger",
          "zap",
          "--log-level",
          "error"};
}

absl::Duration BenchServer::Start() {
  const auto port = base::FreeTcpPort("127.0.0.1");
  CHECK_OK(port.status());
  address_ = absl::StrCat("127.0.0.1:", *port);
  CHECK_OK(base::MakeDirectories(dir_, 0700));
  base::SpawnOptions options;
  options.argv = Command();
  options.stdin_stream = base::Stream::Null();
  options.stdout_stream = base::Stream::AppendTo(dir_ + ".log");
  options.stderr_stream = base::Stream::AppendTo(dir_ + ".log");
  const base::Clock& clock = base::SystemClock();
  const absl::Time start = clock.Now();
  const auto pid = base::SpawnProcess(options);
  CHECK_OK(pid.status());
  pid_ = *pid;
  while (!Listens(*port)) {
    CHECK(clock.Now() - start < kStartLimit && kill(pid_, 0) == 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  while (!Answers(address_)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return clock.Now() - start;
}

void BenchServer::Stop() {
  if (pid_ == 0) return;
  kill(pid_, SIGTERM);
  CHECK_OK(base::WaitForExit(pid_, kStartLimit).status());
  pid_ = 0;
}

int64_t BenchServer::PssBytes() const {
  const auto rollup = base::ReadFile(absl::StrCat("/proc/", pid_, "/smaps_rollup"));
  CHECK_OK(rollup.status());
  for (const absl::string_view line : absl::StrSplit(*rollup, '\n')) {
    if (!absl::StartsWith(line, "Pss:")) continue;
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    int64_t kib = 0;
    CHECK(absl::SimpleAtoi(words[1], &kib));
    return kib << 10;
  }
  return 0;
}

int64_t BenchServer::DiskBytes() const {
  int64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_)) {
    struct stat info = {};
    // Blocks, not lengths: both preallocate their logs.
    if (stat(entry.path().c_str(), &info) == 0 && S_ISREG(info.st_mode)) bytes += info.st_blocks * 512;
  }
  return bytes;
}

absl::Duration BenchServer::CpuTime() const {
  const auto stat_text = base::ReadFile(absl::StrCat("/proc/", pid_, "/stat"));
  CHECK_OK(stat_text.status());
  // Fields 14 and 15, counted after the parenthesised name.
  const std::vector<std::string> fields = absl::StrSplit(stat_text->substr(stat_text->rfind(')') + 2), ' ');
  int64_t user = 0;
  int64_t system = 0;
  CHECK(absl::SimpleAtoi(fields[11], &user) && absl::SimpleAtoi(fields[12], &system));
  return absl::Seconds(static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace kubelite::bench
