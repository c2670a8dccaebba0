#include "proto/schema_docs.h"

#include "gtest/gtest.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"
#include "kubelite/options.pb.h"

namespace kubelite::schema {
namespace {

using google::protobuf::Descriptor;

TEST(SchemaDocs, ReadsCommentsOfMessagesAndFields) {
  const Descriptor* spec = k8s::apps::v1::DeploymentSpec::descriptor();
  EXPECT_EQ(CommentOf(spec), "The wanted state of a deployment.");
  EXPECT_EQ(CommentOf(spec->FindFieldByName("replicas")), "How many pods there should be.");
}

TEST(SchemaDocs, EveryResourceAndItsFieldsAreDescribed) {
  for (const auto* file : {k8s::core::v1::Pod::descriptor()->file(), k8s::apps::v1::Deployment::descriptor()->file()}) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      const Descriptor* message = file->message_type(i);
      if (!message->options().GetExtension(kind).has_plural()) continue;
      EXPECT_NE(CommentOf(message), "") << message->full_name();
      for (int k = 0; k < message->field_count(); ++k) {
        EXPECT_NE(CommentOf(message->field(k)), "") << message->field(k)->full_name();
      }
    }
  }
}

TEST(SchemaDocs, EveryMetadataFieldIsDescribedOnOneLine) {
  const Descriptor* meta = k8s::meta::v1::ObjectMeta::descriptor();
  for (int i = 0; i < meta->field_count(); ++i) {
    const absl::string_view comment = CommentOf(meta->field(i));
    EXPECT_GT(comment.size(), 10u) << meta->field(i)->full_name();
    EXPECT_EQ(comment.find('\n'), absl::string_view::npos) << comment;
  }
}

TEST(SchemaDocs, NothingForWhatHasNoComment) {
  EXPECT_EQ(CommentOf(google::protobuf::DescriptorProto::descriptor()), "");
}

}  // namespace
}  // namespace kubelite::schema
