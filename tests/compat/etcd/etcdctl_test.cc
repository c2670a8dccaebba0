// etcd's own command line (Debian's etcd-client) on a real kube-lite-store, over TLS with client certificates.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/certificates.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/process.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// For what only ends when something is broken.
constexpr absl::Duration kPatience = absl::Seconds(60);

// A child whose standard output is read line by line; it is told to end when this is destroyed.
class Child {
 public:
  explicit Child(std::vector<std::string> argv, const std::string& stderr_path) {
    std::array<int, 2> ends;
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    base::SpawnOptions options;
    options.argv = std::move(argv);
    options.stdin_stream = base::Stream::Null();
    options.stdout_stream = base::Stream::Fd(ends[1]);
    options.stderr_stream = base::Stream::AppendTo(stderr_path);
    const absl::StatusOr<pid_t> pid = base::SpawnProcess(options);
    EXPECT_OK(pid) << "; install what is missing with deploy/install-deps --dev";
    pid_ = pid.value_or(0);
    close(ends[1]);
    out_ = fdopen(ends[0], "r");
  }
  ~Child() {
    if (pid_ > 0) Wait(SIGTERM);
    fclose(out_);
  }

  // Without its end; "" at the end of the output.
  std::string ReadLine() {
    char* line = nullptr;
    size_t capacity = 0;
    const ssize_t size = getline(&line, &capacity, out_);
    std::string text(line, size < 0 ? 0 : static_cast<size_t>(size));
    free(line);
    return std::string(absl::StripSuffix(text, "\n"));
  }
  std::string ReadAll() {
    std::string all;
    std::array<char, 4096> buffer;
    while (const size_t size = fread(buffer.data(), 1, buffer.size(), out_)) all.append(buffer.data(), size);
    return all;
  }
  // The exit code.
  int Wait(int signal = 0) {
    if (signal != 0) kill(pid_, signal);
    const absl::StatusOr<base::ExitStatus> exit = base::WaitForExit(pid_, kPatience);
    EXPECT_OK(exit);
    if (!exit.ok()) kill(pid_, SIGKILL);
    pid_ = 0;
    return exit.ok() ? exit->code : -1;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  FILE* out_ = nullptr;
};

class EtcdctlTest : public testing::Test {
 protected:
  void SetUp() override {
    const base::Clock& clock = base::SystemClock();
    const base::KeyPair ca = *base::CreateCertificateAuthority("etcd-ca", clock);
    ASSERT_OK(base::WriteFileAtomically(Path("ca.crt"), ca.certificate_pem));
    const base::CertificateRequest server = {
        .common_name = "store", .dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}, .server = true};
    ASSERT_OK(base::WriteKeyPair(*base::IssueCertificate(ca, server, clock), Path("server")));
    ASSERT_OK(base::WriteKeyPair(*base::IssueCertificate(ca, {.common_name = "root"}, clock), Path("client")));
    StartStore("data");
  }

  std::string Path(const std::string& name) const { return absl::StrCat(directory_.path(), "/", name); }

  void StartStore(const std::string& data_dir) {
    store_.reset();
    store_ = std::make_unique<Child>(
        std::vector<std::string>{KUBELITE_BIN_DIR "/kube-lite-store", "--data-dir", Path(data_dir),
                                 "--listen-client-urls", "https://127.0.0.1:0", "--cert-file", Path("server.crt"),
                                 "--key-file", Path("server.key"), "--client-cert-auth", "--trusted-ca-file",
                                 Path("ca.crt")},
        Path("store.log"));
    const std::string line = store_->ReadLine();
    ASSERT_TRUE(absl::StartsWith(line, "serving ")) << base::ReadFile(Path("store.log")).value_or("");
    url_ = line.substr(std::string("serving ").size());
  }

  std::vector<std::string> Command(const std::vector<std::string>& arguments, bool certificate = true) const {
    std::vector<std::string> argv = {"etcdctl", "--endpoints", url_, "--cacert", Path("ca.crt")};
    if (certificate) argv.insert(argv.end(), {"--cert", Path("client.crt"), "--key", Path("client.key")});
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return argv;
  }
  // The output of a command that succeeds.
  std::string Run(const std::vector<std::string>& arguments) {
    Child command(Command(arguments), Path("etcdctl.log"));
    std::string out = command.ReadAll();
    EXPECT_EQ(command.Wait(), 0) << testing::PrintToString(arguments)
                                 << base::ReadFile(Path("etcdctl.log")).value_or("");
    return out;
  }
  // What a command that fails says.
  std::string RunFails(const std::vector<std::string>& arguments, bool certificate = true) {
    EXPECT_OK(base::RemoveAll(Path("failed.log")));
    Child command(Command(arguments, certificate), Path("failed.log"));
    std::string said = command.ReadAll();
    EXPECT_NE(command.Wait(), 0) << testing::PrintToString(arguments);
    return said + base::ReadFile(Path("failed.log")).value_or("");
  }
  // A transaction's three blocks, as etcdctl reads them from its input.
  std::string RunTxn(const std::string& text) {
    EXPECT_OK(base::WriteFileAtomically(Path("txn"), text));
    base::SpawnOptions options;
    options.argv = Command({"txn"});
    options.stdin_stream = base::Stream::ReadFrom(Path("txn"));
    options.stdout_stream = base::Stream::WriteTo(Path("txn.out"));
    options.stderr_stream = base::Stream::AppendTo(Path("etcdctl.log"));
    const absl::StatusOr<pid_t> pid = base::SpawnProcess(options);
    EXPECT_OK(pid);
    EXPECT_EQ(base::WaitForExit(*pid, kPatience)->code, 0);
    return base::ReadFile(Path("txn.out")).value_or("");
  }

  const base::TemporaryDirectory directory_;
  std::unique_ptr<Child> store_;
  std::string url_;
};

TEST_F(EtcdctlTest, PutGetDelete) {
  EXPECT_EQ(Run({"put", "/a", "1"}), "OK\n");
  EXPECT_EQ(Run({"put", "--prev-kv", "/a", "2"}), "OK\n/a\n1\n");
  EXPECT_EQ(Run({"put", "/b", "3"}), "OK\n");
  EXPECT_EQ(Run({"get", "/a"}), "/a\n2\n");
  EXPECT_EQ(Run({"get", "--prefix", "/", "--print-value-only"}), "2\n3\n");
  EXPECT_EQ(Run({"get", "--prefix", "/", "--keys-only", "--order", "DESCEND", "--sort-by", "MODIFY"}), "/b\n\n/a\n\n");
  EXPECT_EQ(Run({"get", "--from-key", "", "--limit", "1"}), "/a\n2\n");
  EXPECT_EQ(Run({"get", "/a", "--rev", "2"}), "/a\n1\n");
  EXPECT_EQ(Run({"del", "--prev-kv", "--prefix", "/"}), "2\n/a\n2\n/b\n3\n");
  EXPECT_EQ(Run({"get", "--prefix", ""}), "");
}

TEST_F(EtcdctlTest, Transactions) {
  Run({"put", "/a", "1"});
  const std::string txn =
      "value(\"/a\") = \"1\"\nmod(\"/b\") = \"0\"\n\nput /a 2\nput /b 3\nget --prefix /\n\nget /a\n\n";
  EXPECT_EQ(RunTxn(txn), "SUCCESS\n\nOK\n\nOK\n\n/a\n2\n/b\n3\n");
  EXPECT_EQ(RunTxn(txn), "FAILURE\n\n/a\n2\n");
}

TEST_F(EtcdctlTest, WatchesPastAndPresent) {
  Run({"put", "/a", "1"});
  Child watch(Command({"watch", "--prefix", "/", "--rev", "1", "--prev-kv"}), Path("etcdctl.log"));
  const auto lines = [&](int count) {
    std::vector<std::string> lines;
    for (int i = 0; i < count; ++i) lines.push_back(watch.ReadLine());
    return lines;
  };
  EXPECT_THAT(lines(3), ElementsAre("PUT", "/a", "1"));
  Run({"put", "/a", "2"});
  EXPECT_THAT(lines(5), ElementsAre("PUT", "/a", "1", "/a", "2"));
  Run({"del", "/a"});
  EXPECT_THAT(lines(5), ElementsAre("DELETE", "/a", "2", "/a", ""));
}

TEST_F(EtcdctlTest, Compaction) {
  for (const char* value : {"1", "2", "3"}) Run({"put", "/a", value});
  EXPECT_EQ(Run({"compact", "3"}), "compacted revision 3\n");
  EXPECT_EQ(Run({"get", "/a", "--rev", "3"}), "/a\n2\n");
  EXPECT_THAT(RunFails({"get", "/a", "--rev", "2"}), HasSubstr("required revision has been compacted"));
  EXPECT_THAT(RunFails({"compact", "3"}), HasSubstr("required revision has been compacted"));
  EXPECT_THAT(RunFails({"watch", "/a", "--rev", "2"}), HasSubstr("compacted"));
}

TEST_F(EtcdctlTest, Leases) {
  const std::vector<std::string> words = absl::StrSplit(Run({"lease", "grant", "1000"}), ' ');
  ASSERT_GT(words.size(), 1u);
  const std::string& id = words[1];
  EXPECT_EQ(Run({"put", "/a", "1", "--lease", id}), "OK\n");
  EXPECT_THAT(Run({"lease", "timetolive", id, "--keys"}), AllOf(HasSubstr("granted with TTL(1000s)"), HasSubstr("/a")));
  EXPECT_THAT(Run({"lease", "keep-alive", "--once", id}), HasSubstr("keepalived with TTL(1000)"));
  EXPECT_THAT(Run({"lease", "list"}), HasSubstr(id));
  Run({"lease", "revoke", id});
  EXPECT_EQ(Run({"get", "/a"}), "");
  EXPECT_THAT(RunFails({"put", "/a", "1", "--lease", id}), HasSubstr("requested lease not found"));
}

TEST_F(EtcdctlTest, AKeyEndsWithItsLease) {
  const std::vector<std::string> words = absl::StrSplit(Run({"lease", "grant", "1"}), ' ');
  ASSERT_GT(words.size(), 1u);
  Run({"put", "/a", "1", "--lease", words[1]});
  Child watch(Command({"watch", "/a", "--rev", "1"}), Path("etcdctl.log"));
  for (const char* line : {"PUT", "/a", "1", "DELETE", "/a"}) EXPECT_EQ(watch.ReadLine(), line);
  EXPECT_EQ(Run({"get", "/a"}), "");
}

TEST_F(EtcdctlTest, LocksAndElections) {
  EXPECT_EQ(Run({"lock", "mutex", "echo", "held"}), "held\n");
  Child leader(Command({"elect", "post", "first"}), Path("etcdctl.log"));
  EXPECT_THAT(leader.ReadLine(), HasSubstr("post/"));
  EXPECT_EQ(leader.ReadLine(), "first");
}

TEST_F(EtcdctlTest, MaintenanceCommands) {
  Run({"put", "/a", "1"});
  EXPECT_THAT(Run({"endpoint", "status", "-w", "json"}), AllOf(HasSubstr("\"revision\":2"), HasSubstr("\"leader\"")));
  Run({"endpoint", "health"});
  EXPECT_THAT(Run({"endpoint", "hashkv"}), HasSubstr(url_));
  EXPECT_THAT(Run({"member", "list"}), AllOf(HasSubstr("default"), HasSubstr(url_)));
  EXPECT_EQ(Run({"alarm", "list"}), "");
  EXPECT_THAT(Run({"defrag"}), HasSubstr("Finished defragmenting"));
  EXPECT_THAT(RunFails({"auth", "enable"}), HasSubstr("authentication is not enabled"));
  EXPECT_THAT(RunFails({"member", "add", "other", "--peer-urls", "http://127.0.0.1:1"}), HasSubstr("single member"));
}

TEST_F(EtcdctlTest, SnapshotAndRestore) {
  for (int i = 0; i < 20; ++i) Run({"put", absl::StrCat("/key", i), "x"});
  EXPECT_THAT(Run({"snapshot", "save", Path("backup")}), HasSubstr("Snapshot saved"));
  Run({"del", "--prefix", "/key"});
  Child restore({KUBELITE_BIN_DIR "/kube-lite-store", "--restore-from", Path("backup"), "--data-dir", Path("restored")},
                Path("store.log"));
  ASSERT_EQ(restore.Wait(), 0) << base::ReadFile(Path("store.log")).value_or("");
  StartStore("restored");
  EXPECT_THAT(Run({"get", "--prefix", "/key", "-w", "json"}), HasSubstr("\"count\":20"));
}

TEST_F(EtcdctlTest, KeysOutliveAKill) {
  Run({"put", "/a", "1"});
  store_->Wait(SIGKILL);
  StartStore("data");
  EXPECT_EQ(Run({"get", "/a"}), "/a\n1\n");
}

TEST_F(EtcdctlTest, StrangersAreRefused) {
  EXPECT_THAT(RunFails({"--dial-timeout", "2s", "--command-timeout", "2s", "get", "/a"}, /*certificate=*/false),
              Not(HasSubstr("panic")));
}

}  // namespace
}  // namespace kubelite
