#include "kubelet/logs/log_reader.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::kubelet {
namespace {

class LogReaderTest : public ::testing::Test {
 protected:
  void Write(const std::string& suffix, const std::string& content) {
    std::ofstream(path_ + suffix, std::ios::app) << content;
  }
  static std::string Line(int second, const std::string& text, const char* tag = "F") {
    return absl::StrCat("2026-01-01T00:00:0", second, ".000000000Z stdout ", tag, " ", text, "\n");
  }
  // Rotates as the shim does.
  void Rotate() {
    std::rename((path_ + ".1").c_str(), (path_ + ".2").c_str());
    std::rename(path_.c_str(), (path_ + ".1").c_str());
  }
  std::unique_ptr<LogReader> Open(const LogReaderOptions& options = {}) {
    auto reader = LogReader::Open(path_, options);
    EXPECT_OK(reader);
    return *std::move(reader);
  }
  static std::string ReadAll(LogReader* reader) {
    std::string all;
    while (true) {
      const auto part = reader->Read(8);
      EXPECT_OK(part);
      if (part->empty()) return all;
      all += *part;
    }
  }

  base::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/0.log";
};

TEST_F(LogReaderTest, MissingLogIsNotFound) {
  EXPECT_THAT(LogReader::Open(path_, {}), base::StatusIs(absl::StatusCode::kNotFound, path_));
}

TEST_F(LogReaderTest, JoinsPartialLinesAndReadsRotatedFilesFirst) {
  Write(".1", Line(0, "old"));
  Write("", Line(1, "half ", "P") + Line(1, "whole") + Line(2, ""));
  EXPECT_EQ(ReadAll(Open().get()), "old\nhalf whole\n\n");
  EXPECT_EQ(ReadAll(Open({.timestamps = true}).get()),
            "2026-01-01T00:00:00.000000000Z old\n2026-01-01T00:00:01.000000000Z half whole\n"
            "2026-01-01T00:00:02.000000000Z \n");
}

TEST_F(LogReaderTest, TailCountsLinesAcrossFiles) {
  Write(".1", Line(0, "a") + Line(0, "b"));
  Write("", Line(1, "c ", "P") + Line(1, "c") + Line(2, "d"));
  EXPECT_EQ(ReadAll(Open({.tail_lines = 0}).get()), "");
  EXPECT_EQ(ReadAll(Open({.tail_lines = 1}).get()), "d\n");
  EXPECT_EQ(ReadAll(Open({.tail_lines = 2}).get()), "c c\nd\n");
  EXPECT_EQ(ReadAll(Open({.tail_lines = 3}).get()), "b\nc c\nd\n");
  EXPECT_EQ(ReadAll(Open({.tail_lines = 99}).get()), "a\nb\nc c\nd\n");
}

TEST_F(LogReaderTest, SinceAndLimit) {
  Write("", Line(1, "one") + Line(2, "two") + Line(3, "three"));
  const absl::Time since = absl::FromCivil(absl::CivilSecond(2026, 1, 1, 0, 0, 2), absl::UTCTimeZone());
  EXPECT_EQ(ReadAll(Open({.since = since}).get()), "two\nthree\n");
  const auto limited = Open({.limit_bytes = 6});
  EXPECT_EQ(ReadAll(limited.get()), "one\ntw");
  EXPECT_TRUE(limited->limit_reached());
}

TEST_F(LogReaderTest, FollowsAcrossRotationsWithoutLossOrRepeat) {
  Write("", Line(1, "a"));
  const auto reader = Open({.follow = true});
  EXPECT_EQ(ReadAll(reader.get()), "a\n");
  Write("", Line(2, "b"));
  Rotate();
  Write("", Line(3, "c"));
  EXPECT_EQ(ReadAll(reader.get()), "b\nc\n");
  Write("", Line(4, "d"));
  Rotate();
  Write("", Line(5, "e"));
  Rotate();
  Write("", Line(6, "f"));
  EXPECT_EQ(ReadAll(reader.get()), "d\ne\nf\n");
  EXPECT_EQ(ReadAll(reader.get()), "");
}

TEST_F(LogReaderTest, AnUnfinishedRecordWaits) {
  Write("", "2026-01-01T00:00:01.000000000Z stdout F hel");
  const auto reader = Open({.follow = true});
  EXPECT_EQ(ReadAll(reader.get()), "");
  Write("", "lo\n");
  EXPECT_EQ(ReadAll(reader.get()), "hello\n");
}

}  // namespace
}  // namespace kubelite::kubelet
