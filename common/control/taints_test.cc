#include "common/control/taints.h"

#include <gtest/gtest.h>

#include "k8s/core/v1.pb.h"

namespace kubelite::control {
namespace {

using k8s::core::v1::Taint;
using k8s::core::v1::Toleration;

struct Case {
  const char* key;
  const char* op;
  const char* value;
  const char* effect;
  bool expected;
};

TEST(Tolerates, Cases) {
  Taint taint;
  taint.set_key("size");
  taint.set_value("10");
  taint.set_effect("NoSchedule");
  const Case cases[] = {
      {"size", "Exists", "", "", true},
      {"size", "Exists", "", "NoSchedule", true},
      {"size", "Exists", "", "NoExecute", false},
      {"other", "Exists", "", "", false},
      {"", "Exists", "", "", true},
      {"size", "", "10", "", true},
      {"size", "Equal", "10", "NoSchedule", true},
      {"size", "Equal", "11", "", false},
      {"size", "Lt", "11", "", true},
      {"size", "Lt", "10", "", false},
      {"size", "Gt", "9", "", true},
      {"size", "Gt", "x", "", false},
      {"size", "Unknown", "10", "", false},
  };
  for (const Case& test : cases) {
    Toleration toleration;
    toleration.set_key(test.key);
    toleration.set_operator_(test.op);
    toleration.set_value(test.value);
    toleration.set_effect(test.effect);
    EXPECT_EQ(Tolerates(toleration, taint), test.expected) << toleration.ShortDebugString();
  }
}

TEST(TolerateTaint, AnyWillDo) {
  Taint taint;
  taint.set_key("k");
  taint.set_effect("NoExecute");
  Tolerations tolerations;
  EXPECT_FALSE(TolerateTaint(tolerations, taint));
  tolerations.Add()->set_key("other");
  tolerations.Add()->set_operator_("Exists");
  EXPECT_TRUE(TolerateTaint(tolerations, taint));
}

}  // namespace
}  // namespace kubelite::control
