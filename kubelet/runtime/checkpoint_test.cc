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
  Container container;
  container.id = "u/c/0";
  container.name = "c";
  container.reason = "StartError";
  container.message = "no";
  container.exit_code = 128;
  container.finished_at = absl::FromUnixSeconds(5);
  ASSERT_OK_AND_ASSIGN(const Container read, ParseContainer(FormatContainer(container)));
  EXPECT_EQ(read.state, ContainerState::kExited);
  EXPECT_EQ(read.started_at, absl::InfinitePast());
  EXPECT_EQ(FormatContainer(read), FormatContainer(container));
}

TEST(Checkpoint, TornFilesAreDataLoss) {
  for (const char* text : {"", "{", "[]", "{\"id\": 1}", "null"}) {
    EXPECT_THAT(ParseSandbox(text), StatusIs(absl::StatusCode::kDataLoss, "")) << text;
    EXPECT_THAT(ParseContainer(text), StatusIs(absl::StatusCode::kDataLoss, "")) << text;
  }
}

}  // namespace
}  // namespace kubelite::kubelet
