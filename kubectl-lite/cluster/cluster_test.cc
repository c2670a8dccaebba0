#include "kubectl-lite/cluster/cluster.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/json.h"
#include "common/api/yaml.h"
#include "common/base/certificates.h"
#include "common/base/file.h"
#include "common/base/simulated_executor.h"
#include "common/client/kubeconfig.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/cluster/layout.h"
#include "kubectl-lite/cluster/provision.h"

namespace kubelite::cli {
namespace {

int Mode(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? static_cast<int>(info.st_mode & 07777) : -1;
}

class ClusterTest : public testing::Test {
 protected:
  ClusterTest() { setenv("KUBE_LITE_HOME", (directory_.path() + "/home").c_str(), 1); }
  ~ClusterTest() override { unsetenv("KUBE_LITE_HOME"); }

  absl::Status ProvisionIt() { return Provision(layout_, record_, "/opt/kube-lite/bin", clock_); }

  base::TemporaryDirectory directory_;
  base::FakeClock clock_{absl::FromUnixSeconds(1'900'000'000)};
  const Layout layout_{directory_.path() + "/data"};
  ClusterRecord record_{
      .name = "test", .grpc_port = 7444, .ephemeral = false, .nodes = {"test-control-plane", "test-worker"}};
};

TEST_F(ClusterTest, TheRecordIsReadBack) {
  ASSERT_TRUE(base::MakeDirectories(layout_.directory()).ok());
  EXPECT_TRUE(absl::IsNotFound(ReadClusterRecord(layout_).status()));
  ASSERT_TRUE(WriteClusterRecord(layout_, record_).ok());
  const absl::StatusOr<ClusterRecord> read = ReadClusterRecord(layout_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->name, "test");
  EXPECT_EQ(read->grpc_port, 7444);
  EXPECT_EQ(read->nodes, record_.nodes);
  for (const char* damaged :
       {"", "[]", "{}", R"({"name":"a","grpcPort":1})", R"({"name":"a","grpcPort":1,"nodes":[]})"}) {
    ASSERT_TRUE(base::WriteFileAtomically(layout_.ClusterFile(), damaged).ok());
    const absl::Status status = ReadClusterRecord(layout_).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << damaged;
    EXPECT_TRUE(absl::StrContains(status.message(), layout_.ClusterFile())) << status;
  }
}

TEST_F(ClusterTest, TheCurrentClusterIsALinkThatComesAndGoes) {
  EXPECT_EQ(CurrentClusterDirectory(), "");
  ASSERT_TRUE(SetCurrentCluster("/one").ok());
  ASSERT_TRUE(SetCurrentCluster("/two").ok());
  EXPECT_EQ(CurrentClusterDirectory(), "/two");
  ClearCurrentCluster("/one");
  EXPECT_EQ(CurrentClusterDirectory(), "/two");
  ClearCurrentCluster("/two");
  EXPECT_EQ(CurrentClusterDirectory(), "");
  EXPECT_NE(access(HomeDirectory().c_str(), F_OK), 0) << "nothing is left behind";
}

TEST_F(ClusterTest, CertificatesAreSignedAndNamed) {
  ASSERT_TRUE(ProvisionIt().ok());
  const struct {
    const char* file;
    const char* name;
    std::vector<std::string> organizations;
  } expected[] = {{"admin", "kubernetes-admin", {"system:masters"}},
                  {"scheduler", "system:kube-scheduler", {}},
                  {"controller-manager", "system:kube-controller-manager", {}},
                  {"kubelet-test-worker", "system:node:test-worker", {"system:nodes"}},
                  {"apiserver", "kube-apiserver", {}}};
  for (const auto& row : expected) {
    const auto pair = base::ReadKeyPair(layout_.PkiBase(row.file) + ".crt", layout_.PkiBase(row.file) + ".key");
    ASSERT_TRUE(pair.ok()) << pair.status();
    const auto info = base::ParseCertificate(pair->certificate_pem);
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_EQ(info->common_name, row.name);
    EXPECT_EQ(info->organizations, row.organizations);
    EXPECT_GT(info->not_after, clock_.Now() + absl::Hours(24 * 300));
    EXPECT_EQ(Mode(layout_.PkiBase(row.file) + ".key"), 0600);
  }
}

TEST_F(ClusterTest, CertificatesAreKeptUntilTheyAreOld) {
  ASSERT_TRUE(ProvisionIt().ok());
  const std::string ca = *base::ReadFile(layout_.PkiBase("ca") + ".crt");
  const std::string admin = *base::ReadFile(layout_.PkiBase("admin") + ".crt");
  clock_.Advance(absl::Hours(24 * 100));
  ASSERT_TRUE(ProvisionIt().ok());
  EXPECT_EQ(*base::ReadFile(layout_.PkiBase("admin") + ".crt"), admin);
  clock_.Advance(absl::Hours(24 * 240));
  ASSERT_TRUE(ProvisionIt().ok());
  EXPECT_EQ(*base::ReadFile(layout_.PkiBase("ca") + ".crt"), ca);
  EXPECT_NE(*base::ReadFile(layout_.PkiBase("admin") + ".crt"), admin);
  // With another authority none of the old ones is worth anything.
  const std::string renewed = *base::ReadFile(layout_.PkiBase("admin") + ".crt");
  ASSERT_EQ(unlink((layout_.PkiBase("ca") + ".crt").c_str()), 0);
  ASSERT_TRUE(ProvisionIt().ok());
  EXPECT_NE(*base::ReadFile(layout_.PkiBase("admin") + ".crt"), renewed);
}

TEST_F(ClusterTest, KubeconfigsResolveAndArePrivate) {
  ASSERT_TRUE(ProvisionIt().ok());
  for (const std::string& path :
       {layout_.Kubeconfig(), layout_.ComponentKubeconfig("scheduler"),
        layout_.ComponentKubeconfig("controller-manager"), layout_.Node("test-control-plane") + "/kubeconfig",
        layout_.Node("test-worker") + "/kubeconfig"}) {
    const auto resolved = client::LoadKubeconfig(path);
    ASSERT_TRUE(resolved.ok()) << resolved.status();
    EXPECT_EQ(resolved->grpc.address, "127.0.0.1:7444");
    EXPECT_FALSE(resolved->grpc.identity.private_key_pem.empty());
    EXPECT_EQ(Mode(path), 0600) << path;
  }
}

TEST_F(ClusterTest, ManifestsArePodsWithTheirFlags) {
  ASSERT_TRUE(ProvisionIt().ok());
  const std::string directory = layout_.Node("test-control-plane") + "/manifests/";
  for (const char* name : {"kube-apiserver", "kube-scheduler", "kube-controller-manager"}) {
    const std::string file = directory + name + ".yaml";
    const auto documents = api::ReadManifest(base::ReadFile(file).value_or(""), file);
    ASSERT_TRUE(documents.ok()) << documents.status();
    ASSERT_EQ(documents->size(), 1U);
    const auto object = api::DecodeJson((*documents)[0].json);
    ASSERT_TRUE(object.ok()) << object.status();
    ASSERT_EQ((*object)->GetDescriptor(), k8s::core::v1::Pod::descriptor());
    const auto& pod = static_cast<const k8s::core::v1::Pod&>(**object);
    EXPECT_EQ(pod.metadata().name(), name);
    EXPECT_EQ(pod.metadata().namespace_(), "kube-system");
    EXPECT_TRUE(pod.spec().hostnetwork());
    EXPECT_TRUE(absl::StartsWith(pod.spec().containers(0).command(0), "/opt/kube-lite/bin/"))
        << pod.spec().containers(0).command(0);
  }
  EXPECT_NE(access((layout_.Node("test-worker") + "/manifests/kube-apiserver.yaml").c_str(), F_OK), 0);
}

TEST_F(ClusterTest, WrongOptionsNameTheFlag) {
  const auto error_of = [](const UpOptions& options) { return std::string(options.Validate().message()); };
  EXPECT_TRUE(UpOptions{}.Validate().ok());
  EXPECT_TRUE(absl::StrContains(error_of({.name = "Not_Valid"}), "--name"));
  EXPECT_TRUE(absl::StrContains(error_of({.nodes = 0}), "--nodes 0 must be between 1 and 100"));
  EXPECT_TRUE(absl::StrContains(error_of({.port = 65535}), "--port 65535 must be between 1 and 65534"));
  EXPECT_TRUE(absl::StrContains(error_of({.name = "", .nodes = 101}), "; "));
}

TEST_F(ClusterTest, UpWithoutBinariesChangesNothing) {
  const std::string data = directory_.path() + "/up";
  const absl::Status status = Up({.name = "x", .data_directory = data, .binary_directory = directory_.path()}, clock_,
                                 [](const std::string&) {});
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "--bin-dir")) << status;
  EXPECT_NE(access(data.c_str(), F_OK), 0);
}

TEST_F(ClusterTest, DownAndStatusWithoutACluster) {
  EXPECT_TRUE(absl::IsNotFound(Down(directory_.path() + "/none", false, [](const std::string&) {})));
  EXPECT_TRUE(absl::IsNotFound(GetClusterStatus(directory_.path() + "/none").status()));
}

}  // namespace
}  // namespace kubelite::cli
