// Every input of the corpus, and every prefix and some mutations of it, without libFuzzer: what was once found stays
// found. tests/fuzz/run looks for more.

#include <gtest/gtest.h>

#include <filesystem>

#include "common/base/file.h"
#include "common/base/random.h"
#include "tests/fuzz/entry_points.h"

namespace kubelite::fuzz {
namespace {

struct Target {
  const char* name;  // of the folder in corpus/
  void (*run)(absl::string_view bytes);
};

class CorpusTest : public testing::TestWithParam<Target> {};

TEST_P(CorpusTest, KeepsItsPromisesOnTheWholeCorpus) {
  base::Random random(1);
  int inputs = 0;
  const std::filesystem::path folder = std::filesystem::path(KUBELITE_CORPUS) / GetParam().name;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().string());
    const auto content = base::ReadFile(entry.path());
    ASSERT_TRUE(content.ok()) << content.status();
    ++inputs;
    GetParam().run(*content);
    for (size_t size = 0; size < content->size(); ++size) GetParam().run(absl::string_view(*content).substr(0, size));
    for (int i = 0; i < 200 && !content->empty(); ++i) {
      std::string mutated = *content;
      mutated[random.Uniform(mutated.size())] = static_cast<char>(random.Next());
      mutated[random.Uniform(mutated.size())] ^= static_cast<char>(1 << random.Uniform(8));
      GetParam().run(mutated);
    }
  }
  EXPECT_GT(inputs, 0);
}
INSTANTIATE_TEST_SUITE_P(, CorpusTest,
                         testing::Values(Target{"key_codec", FuzzKeyCodec}, Target{"continue_token", FuzzContinueToken},
                                         Target{"checkpoint_manifest", FuzzCheckpointManifest},
                                         Target{"http_request", FuzzHttpRequest}, Target{"websocket", FuzzWebSocket},
                                         Target{"spdy", FuzzSpdy}, Target{"http2_frames", FuzzHttp2Frames}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace kubelite::fuzz
