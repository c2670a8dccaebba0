#pragma once

// gMock matchers for messages.

#include <gmock/gmock.h>

#include <memory>
#include <ostream>
#include <string>

#include "google/protobuf/message.h"
#include "google/protobuf/util/message_differencer.h"

namespace kubelite::api::testing {

// Describes how `actual` differs from `expected`; empty when they are equal.
inline std::string ProtoDifference(const google::protobuf::Message& expected, const google::protobuf::Message& actual) {
  if (expected.GetDescriptor() != actual.GetDescriptor()) {
    return "which is a " + actual.GetDescriptor()->full_name() + ", not a " + expected.GetDescriptor()->full_name();
  }
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  const bool equal = differencer.Compare(expected, actual);
  return equal ? "" : "which differs (- expected, + actual):\n" + difference;
}

class EqualsProtoMatcher {
 public:
  using is_gtest_matcher = void;

  explicit EqualsProtoMatcher(const google::protobuf::Message& expected) : expected_(expected.New()) {
    expected_->CopyFrom(expected);
  }
  bool MatchAndExplain(const google::protobuf::Message& actual, std::ostream* listener) const {
    const std::string difference = ProtoDifference(*expected_, actual);
    if (listener != nullptr) *listener << difference;
    return difference.empty();
  }
  void DescribeTo(std::ostream* out) const { *out << "equals the message\n" << expected_->DebugString(); }
  void DescribeNegationTo(std::ostream* out) const { *out << "differs from the message\n" << expected_->DebugString(); }

 private:
  std::shared_ptr<google::protobuf::Message> expected_;
};

// Matches an equal message of the same type; the failure text lists the fields that differ.
inline EqualsProtoMatcher EqualsProto(const google::protobuf::Message& expected) {
  return EqualsProtoMatcher(expected);
}

}  // namespace kubelite::api::testing
