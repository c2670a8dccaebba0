#include <gtest/gtest.h>

#include "common/api/errors.h"
#include "common/base/file.h"
#include "common/base/thread_pool.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/commands/testing/command_line.h"
#include "kubelite/v1/api.pb.h"

// get, describe, events, logs, wait, version, config: whole command lines against a fake API server.
namespace kubelite::cli {
namespace {

using k8s::apps::v1::Deployment;
using k8s::core::v1::Event;
using k8s::core::v1::Pod;

Pod MakePod(const std::string& name, const std::vector<std::string>& containers = {"app"}) {
  Pod pod;
  pod.mutable_metadata()->set_name(name);
  pod.mutable_metadata()->set_namespace_("default");
  (*pod.mutable_metadata()->mutable_labels())["app"] = "hello";
  for (const std::string& container : containers) pod.mutable_spec()->add_containers()->set_name(container);
  pod.mutable_status()->set_phase("Running");
  return pod;
}

Event MakeEvent(const std::string& name, const std::string& type, int64_t seconds_ago, absl::Time now, int count = 1) {
  Event event;
  event.mutable_metadata()->set_name(name);
  event.mutable_metadata()->set_namespace_("default");
  event.mutable_involvedobject()->set_kind("Pod");
  event.mutable_involvedobject()->set_name("a");
  event.set_type(type);
  event.set_reason("Started");
  event.set_message("it started\n");
  event.set_count(count);
  event.mutable_lasttimestamp()->set_seconds(absl::ToUnixSeconds(now) - seconds_ago);
  event.mutable_firsttimestamp()->set_seconds(absl::ToUnixSeconds(now) - seconds_ago - (count > 1 ? 600 : 0));
  return event;
}

class ReadTest : public testing::Test {
 protected:
  CommandLine line_;
};

TEST_F(ReadTest, GetPrintsTemplatesAndColumns) {
  line_.client().Seed(MakePod("a"));
  line_.client().Seed(MakePod("b", {"one", "two"}));
  EXPECT_EQ(line_.Run({"get", "pods", "-o", R"(jsonpath={range .items[*]}{.metadata.name}{"\n"}{end})"}), 0)
      << line_.err();
  EXPECT_EQ(line_.out(), "a\nb\n");
  EXPECT_EQ(line_.Run({"get", "pod", "b", "-o=jsonpath={.spec.containers[*].name}"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "one two");
  EXPECT_EQ(line_.Run({"get", "pods", "-o", "custom-columns=POD:.metadata.name,IN:.spec.containers[*].name"}), 0);
  EXPECT_EQ(line_.out(), "POD   IN\na     app\nb     one,two\n");
  EXPECT_EQ(line_.Run({"get", "pods", "--no-headers", "-o", "custom-columns=POD:.metadata.name"}), 0);
  EXPECT_EQ(line_.out(), "a\nb\n");
}

TEST_F(ReadTest, GetNamesWhatIsWrongWithATemplate) {
  EXPECT_EQ(line_.Run({"get", "pods", "-o", "jsonpath={.items[0}"}), 1);
  EXPECT_EQ(line_.err(), "error: error parsing jsonpath {.items[0}: unterminated array at position 8\n");
  EXPECT_EQ(line_.Run({"get", "pods", "-o", "jsonpath={.items[0].kind}"}), 1);
  EXPECT_EQ(line_.err(),
            "error: error executing jsonpath \"{.items[0].kind}\": array index out of bounds: index 0, length 0 at "
            "position 8\n");
}

TEST_F(ReadTest, GetTablesAndNames) {
  line_.client().Seed(MakePod("a"));
  line_.client().Seed(MakePod("b"));
  EXPECT_EQ(line_.Run({"get", "pods"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "NAME\na\nb\n");
  EXPECT_EQ(line_.Run({"get", "pods", "-A", "--no-headers"}), 0);
  EXPECT_EQ(line_.out(), "default   a\ndefault   b\n");
  EXPECT_EQ(line_.Run({"get", "po/b", "-o", "name"}), 0);
  EXPECT_EQ(line_.out(), "pod/b\n");
  EXPECT_EQ(line_.Run({"get", "pods,deploy"}), 0);
  EXPECT_EQ(line_.out(), "NAME\npod/a\npod/b\n");
  EXPECT_EQ(line_.Run({"get", "pods", "-l", "app=other"}), 0);
  EXPECT_EQ(line_.err(), "No resources found in default namespace.\n");
}

TEST_F(ReadTest, GetShowsWhatThereIsOfSeveralNames) {
  line_.client().Seed(MakePod("a"));
  line_.client().Seed(MakePod("b"));
  EXPECT_EQ(line_.Run({"get", "pods", "a", "nope", "b"}), 1);
  EXPECT_EQ(line_.out(), "NAME\na\nb\n");
  EXPECT_EQ(line_.err(), "Error from server (NotFound): pods \"nope\" not found\n");
  EXPECT_EQ(line_.Run({"get", "pods", "a", "nope", "-o", "name", "--ignore-not-found"}), 0);
  EXPECT_EQ(line_.out(), "pod/a\n");
  EXPECT_EQ(line_.Run({"get", "pod", "nope", "-o", "yaml"}), 1);
  EXPECT_EQ(line_.out(), "");
}

TEST_F(ReadTest, GetSorts) {
  Pod first = MakePod("b");
  first.mutable_spec()->set_priority(5);
  Pod second = MakePod("a");
  second.mutable_spec()->set_priority(10);
  line_.client().Seed(first);
  line_.client().Seed(second);
  EXPECT_EQ(line_.Run({"get", "pods", "--sort-by=.spec.priority"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "NAME\nb\na\n");
}

TEST_F(ReadTest, GetRefusesWhatIsUnclear) {
  const auto error_of = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "get");
    EXPECT_EQ(line_.Run(words), 1);
    EXPECT_EQ(line_.out(), "");
    return line_.err().substr(0, line_.err().find(" (see"));
  };
  EXPECT_EQ(error_of({"foos"}),
            "error: the server doesn't have a resource type \"foos\"; 'kubectl-lite api-resources' lists the types\n");
  EXPECT_EQ(error_of({}),
            "error: you must specify the type of object, for example: pods; 'kubectl-lite api-resources' lists them");
  EXPECT_EQ(error_of({"pods", "a", "-A"}), "error: a resource cannot be retrieved by name across all namespaces");
  EXPECT_EQ(error_of({"pods", "a", "-l", "x=y"}), "error: name cannot be provided when a selector is specified");
  EXPECT_EQ(error_of({"pods", "-l", "x=y=z"}).find("error: --selector: "), 0U);
  EXPECT_EQ(error_of({"pods,deploy", "-w"}), "error: you may only watch a single resource type at a time");
  EXPECT_EQ(error_of({"pod", "a/b"}).find("error: there is no need to specify a resource type"), 0U);
  EXPECT_EQ(error_of({"pod", "a"}), "Error from server (NotFound): pods \"a\" not found\n");
}

TEST_F(ReadTest, EventsAreSortedAndFiltered) {
  line_.client().Seed(MakeEvent("e1", "Normal", 10, line_.clock().Now()));
  line_.client().Seed(MakeEvent("e2", "Warning", 60, line_.clock().Now(), 4));
  EXPECT_EQ(line_.Run({"events"}), 0) << line_.err();
  EXPECT_EQ(line_.out(),
            "LAST SEEN           TYPE      REASON    OBJECT   MESSAGE\n"
            "60s (x4 over 11m)   Warning   Started   Pod/a    it started\n"
            "10s                 Normal    Started   Pod/a    it started\n");
  EXPECT_EQ(line_.Run({"events", "--types=warning", "--no-headers"}), 0);
  EXPECT_EQ(line_.out(), "60s (x4 over 11m)   Warning   Started   Pod/a   it started\n");
  EXPECT_EQ(line_.Run({"events", "--for", "pod/b"}), 0);
  EXPECT_EQ(line_.err(), "No events found in default namespace.\n");
  EXPECT_EQ(line_.Run({"events", "--types=Odd"}), 1);
  EXPECT_EQ(line_.Run({"events", "--for", "pods"}), 1);
}

// A log of fixed chunks.
class FixedStream : public client::ByteStream {
 public:
  FixedStream(std::vector<std::string> chunks, absl::Status end) : chunks_(std::move(chunks)), end_(std::move(end)) {}
  absl::StatusOr<Chunk> Read() override {
    if (next_ == chunks_.size()) return end_;
    return Chunk{1, chunks_[next_++]};
  }
  absl::Status Write(int, absl::string_view, bool) override { return absl::OkStatus(); }
  void Cancel() override {}

 private:
  const std::vector<std::string> chunks_;
  const absl::Status end_;
  size_t next_ = 0;
};

class LogsTest : public ReadTest {
 protected:
  LogsTest() {
    line_.client().SetConnect(
        [this](const kubelite::v1::StreamOpen& open) -> absl::StatusOr<std::unique_ptr<client::ByteStream>> {
          const base::MutexLock lock(&mutex_);
          opened_.push_back(open);
          if (!refusal_.ok()) return refusal_;
          const std::string who = open.pod() + "/" + open.log().container();
          return std::make_unique<FixedStream>(std::vector<std::string>{who + " on", "e\n" + who + " two\nla", "st"},
                                               absl::OutOfRangeError("end"));
        });
  }
  base::Mutex mutex_;
  std::vector<kubelite::v1::StreamOpen> opened_;
  absl::Status refusal_;
};

TEST_F(LogsTest, OnePod) {
  const auto pod = line_.client().Seed(MakePod("a"));
  EXPECT_EQ(line_.Run({"logs", "a", "--tail=5", "--since=1m", "--timestamps", "-p"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "a/app one\na/app two\nlast");
  ASSERT_EQ(opened_.size(), 1U);
  EXPECT_EQ(opened_[0].uid(), api::Meta(*pod).uid());
  EXPECT_EQ(opened_[0].log().tail_lines(), 5);
  EXPECT_EQ(opened_[0].log().since_seconds(), 60);
  EXPECT_TRUE(opened_[0].log().timestamps());
  EXPECT_TRUE(opened_[0].log().previous());
  EXPECT_FALSE(opened_[0].log().follow());
}

TEST_F(LogsTest, Containers) {
  line_.client().Seed(MakePod("a", {"app", "side"}));
  EXPECT_EQ(line_.Run({"logs", "a"}), 0);
  EXPECT_EQ(line_.err(), "Defaulted container \"app\" out of: app, side\n");
  EXPECT_EQ(line_.Run({"logs", "a", "side"}), 0);
  EXPECT_EQ(line_.out(), "a/side one\na/side two\nlast");
  EXPECT_EQ(line_.Run({"logs", "a", "-c", "nope"}), 1);
  EXPECT_EQ(line_.err(), "error: container nope is not valid for pod a, it has: app, side\n");
  EXPECT_EQ(line_.Run({"logs", "a", "--all-containers", "--prefix"}), 0);
  EXPECT_EQ(line_.out(),
            "[pod/a/app] a/app one\n[pod/a/app] a/app two\n[pod/a/app] last\n"
            "[pod/a/side] a/side one\n[pod/a/side] a/side two\n[pod/a/side] last\n");
}

TEST_F(LogsTest, PodsOfADeploymentAndByLabel) {
  Deployment deployment;
  deployment.mutable_metadata()->set_name("hello");
  deployment.mutable_metadata()->set_namespace_("default");
  (*deployment.mutable_spec()->mutable_selector()->mutable_matchlabels())["app"] = "hello";
  line_.client().Seed(deployment);
  EXPECT_EQ(line_.Run({"logs", "deployment/hello"}), 1);
  EXPECT_EQ(line_.err(), "error: no pods of deployment.apps/hello found in namespace default\n");
  Pod waiting = MakePod("a");
  waiting.mutable_status()->set_phase("Pending");
  line_.client().Seed(waiting);
  line_.client().Seed(MakePod("b"));
  EXPECT_EQ(line_.Run({"logs", "deployment/hello"}), 0);
  EXPECT_EQ(line_.err(), "Found 2 pods, using pod/b\n");
  opened_.clear();
  EXPECT_EQ(line_.Run({"logs", "-l", "app=hello"}), 0);
  ASSERT_EQ(opened_.size(), 2U);
  EXPECT_EQ(opened_[0].log().tail_lines(), 10);
  opened_.clear();
  EXPECT_EQ(line_.Run({"logs", "-f", "-l", "app=hello", "--tail=-1"}), 0) << line_.err();
  ASSERT_EQ(opened_.size(), 2U);
  EXPECT_FALSE(opened_[0].log().has_tail_lines());
  EXPECT_EQ(line_.Run({"logs", "-f", "-l", "app=hello", "--max-log-requests=1"}), 1);
  EXPECT_NE(line_.err().find("use --max-log-requests"), std::string::npos);
}

TEST_F(LogsTest, Refusals) {
  line_.client().Seed(MakePod("a"));
  refusal_ = api::BadRequest("container \"app\" in pod \"a\" is waiting to start: ContainerCreating");
  EXPECT_EQ(line_.Run({"logs", "a"}), 1);
  EXPECT_EQ(line_.err(),
            "Error from server (BadRequest): container \"app\" in pod \"a\" is waiting to start: ContainerCreating\n");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"logs"},
                                             {"logs", "a", "-l", "x"},
                                             {"logs", "a", "--tail=-2"},
                                             {"logs", "a", "--since=1m", "--since-time=2026-01-01T00:00:00Z"},
                                             {"logs", "a", "--since-time=yesterday"},
                                             {"logs", "a", "--limit-bytes=0"},
                                             {"logs", "a", "b", "c"}}) {
    EXPECT_EQ(line_.Run(words), 1);
    EXPECT_NE(line_.err().find("(see 'kubectl-lite logs --help')"), std::string::npos) << line_.err();
  }
}

TEST_F(ReadTest, DescribeByPrefix) {
  line_.client().Seed(MakePod("hello-1"));
  line_.client().Seed(MakePod("hello-2"));
  line_.client().Seed(MakePod("other"));
  EXPECT_EQ(line_.Run({"describe", "pods", "hello"}), 0) << line_.err();
  EXPECT_EQ(line_.out().find("Name:             hello-1\n"), 0U) << line_.out();
  EXPECT_NE(line_.out().find("\n\n\nName:             hello-2\n"), std::string::npos) << line_.out();
  EXPECT_EQ(line_.out().find("other"), std::string::npos);
  EXPECT_EQ(line_.Run({"describe", "pods", "nope"}), 1);
  EXPECT_EQ(line_.err(), "Error from server (NotFound): pods \"nope\" not found\n");
}

TEST_F(ReadTest, WaitForWhatIsThere) {
  Pod pod = MakePod("a");
  auto* condition = pod.mutable_status()->add_conditions();
  condition->set_type("Ready");
  condition->set_status("True");
  line_.client().Seed(pod);
  EXPECT_EQ(line_.Run({"wait", "pod/a", "--for=condition=ready"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "pod/a condition met\n");
  EXPECT_EQ(line_.Run({"wait", "pods", "-l", "app=hello", "--for=jsonpath={.status.phase}=Running"}), 0) << line_.err();
  EXPECT_EQ(
      line_.Run({"wait", "pods", "-l", "app=hello", R"(--for=jsonpath={.spec.containers[?(@.name=="app")].name}=app)"}),
      0)
      << line_.err();
  EXPECT_EQ(line_.Run({"wait", "pod/a", "--for=create"}), 0);
  EXPECT_EQ(line_.Run({"wait", "pod/gone", "--for=delete"}), 0);
  EXPECT_EQ(line_.Run({"wait", "pod/a", "--for=condition=Ready=False", "--timeout=0s"}), 1);
  EXPECT_EQ(line_.err(), "error: timed out waiting for the condition on pods/a\n");
  EXPECT_EQ(line_.Run({"wait", "pods", "--all", "--for=delete", "--timeout=0s"}), 1);
  EXPECT_EQ(line_.Run({"wait", "pods", "-l", "app=none", "--for=condition=Ready"}), 1);
  EXPECT_EQ(line_.err(), "error: no matching resources found\n");
  EXPECT_EQ(line_.Run({"wait", "pod/a"}), 1);
  EXPECT_EQ(line_.Run({"wait", "pod/a", "--for=nonsense"}), 1);
}

TEST(WatchTest, WaitSeesALaterChange) {
  base::ThreadPool threads(2);
  CommandLine line(&threads);
  line.client().Seed(MakePod("a"));
  // The change comes once the command watches.
  line.client().SetFault([&](const client::FakeClient::Call& call) {
    if (call.verb == "watch") threads.Post([&] { client::Delete<Pod>(line.client(), {"default", "a"}).IgnoreError(); });
    return absl::OkStatus();
  });
  EXPECT_EQ(line.Run({"wait", "pod/a", "--for=delete", "--timeout=60s"}), 0) << line.err();
  EXPECT_EQ(line.out(), "pod/a condition met\n");
}

TEST(WatchTest, ALostWatchIsResumed) {
  base::ThreadPool threads(2);
  CommandLine line(&threads);
  line.client().Seed(MakePod("a"));
  int watches = 0;
  line.client().SetFault([&](const client::FakeClient::Call& call) {
    if (call.verb != "watch") return absl::OkStatus();
    if (++watches == 1) return absl::UnavailableError("gone for a moment");
    threads.Post([&] { client::Delete<Pod>(line.client(), {"default", "a"}).IgnoreError(); });
    return absl::OkStatus();
  });
  EXPECT_EQ(line.Run({"wait", "pod/a", "--for=delete", "--timeout=60s"}), 0) << line.err();
  EXPECT_EQ(watches, 2);
}

TEST_F(ReadTest, VersionOfClientAndServer) {
  EXPECT_EQ(line_.Run({"version", "--client"}), 0);
  EXPECT_EQ(line_.out().find("Client Version: v"), 0U) << line_.out();
  EXPECT_EQ(line_.connections(), 0);
  EXPECT_EQ(line_.Run({"version"}), 0);
  EXPECT_NE(line_.out().find("Server: 127.0.0.1:6444 answers\n"), std::string::npos) << line_.out();
  line_.client().SetFault([](const client::FakeClient::Call&) { return absl::UnavailableError("nobody there"); });
  EXPECT_EQ(line_.Run({"version"}), 1);
  EXPECT_EQ(line_.out().find("Client Version: v"), 0U);
  EXPECT_EQ(line_.err().find("error: nobody there; 'kubectl-lite status'"), 0U) << line_.err();
}

TEST_F(ReadTest, ApiResources) {
  EXPECT_EQ(line_.Run({"api-resources", "--api-group=coordination.k8s.io"}), 0);
  EXPECT_EQ(line_.out(),
            "NAME     SHORTNAMES   APIVERSION               NAMESPACED   KIND\n"
            "leases                coordination.k8s.io/v1   true         Lease\n");
  EXPECT_EQ(line_.Run({"api-resources", "--api-group=apps", "-o", "name", "--verbs=create,watch"}), 0);
  EXPECT_NE(line_.out().find("deployments.apps\n"), std::string::npos);
  EXPECT_EQ(line_.Run({"api-resources", "--namespaced=false", "-o", "name"}), 0);
  EXPECT_EQ(line_.out().find("pods\n"), std::string::npos);
  EXPECT_NE(line_.out().find("nodes\n"), std::string::npos);
  EXPECT_EQ(line_.Run({"api-resources", "-o", "yaml"}), 1);
}

constexpr char kKubeconfig[] = R"(apiVersion: v1
kind: Config
# kept
clusters:
- name: one
  cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: Q0E=}
users:
- name: admin
  user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ}
contexts:
- name: first
  context: {cluster: one, user: admin}
- name: second
  context: {cluster: one, user: admin, namespace: team-a}
current-context: first
)";

TEST_F(ReadTest, ConfigShowsAndSwitches) {
  base::TemporaryDirectory directory;
  const std::string path = directory.path() + "/config";
  ASSERT_TRUE(base::WriteFileAtomically(path, kKubeconfig, 0600).ok());
  line_.SetKubeconfig(path);
  EXPECT_EQ(line_.Run({"config", "current-context"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "first\n");
  EXPECT_EQ(line_.Run({"config", "get-contexts"}), 0);
  EXPECT_EQ(line_.out(),
            "CURRENT   NAME     CLUSTER   AUTHINFO   NAMESPACE\n"
            "*         first    one       admin      \n"
            "          second   one       admin      team-a\n");
  EXPECT_EQ(line_.Run({"config", "view"}), 0);
  EXPECT_EQ(line_.out().find("S0VZ"), std::string::npos) << line_.out();
  EXPECT_EQ(line_.Run({"config", "view", "--raw", "--minify"}), 0);
  EXPECT_NE(line_.out().find("S0VZ"), std::string::npos) << line_.out();
  EXPECT_EQ(line_.out().find("second"), std::string::npos) << line_.out();
  EXPECT_EQ(line_.Run({"config", "use-context", "nope"}), 1);
  EXPECT_EQ(line_.Run({"config", "use-context", "second"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "Switched to context \"second\".\n");
  std::string expected = kKubeconfig;
  expected.replace(expected.find("current-context: first"), 22, "current-context: second");
  EXPECT_EQ(*base::ReadFile(path), expected);
}

}  // namespace
}  // namespace kubelite::cli
