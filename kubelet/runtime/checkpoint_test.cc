#include "kubelet/runtime/checkpoint.h"

#include "common/base/testing/status_matchers.h"

namespace kubelite::kubelet {
namespace {

using base::StatusIs;

TEST(Checkpoint, SandboxSurvivesARoundTrip) {
  SandboxRecord record;
  record.sandbox.id = "u/1";
  record.sandbox.uid = "u";
  record.sandbox.name_space = "ns";
  record.sandbox.name = "p";
  record.sandbox.attempt = 1;
  record.sandbox.created_at = absl::FromUnixNanos(1700000000123456789);
  record.sandbox.ip = "127.64.0.1";
  record.sandbox.annotations = {{"a", "b \"c\""}};
  record.hostname = "p";
  record.host_network = true;
  ASSERT_OK_AND_ASSIGN(const SandboxRecord read, ParseSandbox(FormatSandbox(record)));
  EXPECT_EQ(FormatSandbox(read), FormatSandbox(record));
  EXPECT_EQ(read.sandbox.created_at, record.sandbox.created_at);
}

TEST(Checkpoint, ContainerKeepsItsOutcome) {
  ContainerRecord record;
  record.container.id = "u/c/0";
  record.container.name = "c";
  record.container.reason = "StartError";
  record.container.message = "no";
  record.container.exit_code = 128;
  record.container.finished_at = absl::FromUnixSeconds(5);
  ASSERT_OK_AND_ASSIGN(const ContainerRecord read, ParseContainer(FormatContainer(record)));
  EXPECT_EQ(read.container.state, ContainerState::kExited);
  EXPECT_EQ(read.container.started_at, absl::InfinitePast());
  EXPECT_EQ(FormatContainer(read), FormatContainer(record));
}

TEST(Checkpoint, TornFilesAreDataLoss) {
  for (const char* text : {"", "{", "[]", "{\"id\": 1}", "null"}) {
    EXPECT_THAT(ParseSandbox(text), StatusIs(absl::StatusCode::kDataLoss, "")) << text;
    EXPECT_THAT(ParseContainer(text), StatusIs(absl::StatusCode::kDataLoss, "")) << text;
  }
}

}  // namespace
}  // namespace kubelite::kubelet
