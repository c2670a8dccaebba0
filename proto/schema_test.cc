// The wire contract of the schema, and the facts beside it. The expectations under testdata/ were not made by the
// generated code.
#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "k8s/admission/v1.pb.h"
#include "k8s/admissionregistration/v1.pb.h"
#include "k8s/apidiscovery/v2.pb.h"
#include "k8s/apiextensions/v1.pb.h"
#include "k8s/apimachinery/intstr.pb.h"
#include "k8s/apimachinery/resource.pb.h"
#include "k8s/apimachinery/runtime.pb.h"
#include "k8s/apiregistration/v1.pb.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/authentication/v1.pb.h"
#include "k8s/authorization/v1.pb.h"
#include "k8s/autoscaling/v1.pb.h"
#include "k8s/autoscaling/v2.pb.h"
#include "k8s/batch/v1.pb.h"
#include "k8s/certificates/v1.pb.h"
#include "k8s/coordination/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "k8s/discovery/v1.pb.h"
#include "k8s/events/v1.pb.h"
#include "k8s/flowcontrol/v1.pb.h"
#include "k8s/meta/v1.pb.h"
#include "k8s/metrics/v1beta1.pb.h"
#include "k8s/networking/v1.pb.h"
#include "k8s/node/v1.pb.h"
#include "k8s/policy/v1.pb.h"
#include "k8s/rbac/v1.pb.h"
#include "k8s/resource/v1.pb.h"
#include "k8s/scheduling/v1.pb.h"
#include "k8s/storage/v1.pb.h"
#include "kubelite/options.pb.h"

namespace kubelite {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;

template <typename... M>
std::vector<const FileDescriptor*> FilesOf() {
  return {M::descriptor()->file()...};
}

// Every file of the schema, by one message each; naming the message links the file into the test.
const std::vector<const FileDescriptor*>& Files() {
  static const auto& files = *new std::vector<const FileDescriptor*>(
      FilesOf<k8s::admission::v1::AdmissionReview, k8s::admissionregistration::v1::Rule,
              k8s::apidiscovery::v2::APIGroupDiscovery, k8s::apiextensions::v1::JSON,
              k8s::apimachinery::intstr::IntOrString, k8s::apimachinery::resource::Quantity,
              k8s::apimachinery::runtime::Unknown, k8s::apiregistration::v1::APIService, k8s::apps::v1::Deployment,
              k8s::authentication::v1::UserInfo, k8s::authorization::v1::ExtraValue, k8s::autoscaling::v1::Scale,
              k8s::autoscaling::v2::MetricSpec, k8s::batch::v1::Job, k8s::certificates::v1::ExtraValue,
              k8s::coordination::v1::Lease, k8s::core::v1::Pod, k8s::discovery::v1::Endpoint, k8s::events::v1::Event,
              k8s::flowcontrol::v1::FlowSchema, k8s::meta::v1::ObjectMeta, k8s::metrics::v1beta1::PodMetrics,
              k8s::networking::v1::Ingress, k8s::node::v1::RuntimeClass, k8s::policy::v1::Eviction, k8s::rbac::v1::Role,
              k8s::resource::v1::Device, k8s::scheduling::v1::PriorityClass, k8s::storage::v1::CSINode>());
  return files;
}

std::vector<const Descriptor*> Messages() {
  std::vector<const Descriptor*> messages;
  for (const FileDescriptor* file : Files()) {
    for (int i = 0; i < file->message_type_count(); ++i) messages.push_back(file->message_type(i));
  }
  return messages;
}

const Descriptor* FindMessage(const std::string& name) {
  return google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
}

// The lines of a file of testdata/ without comments.
std::vector<std::string> Lines(const std::string& file) {
  std::ifstream in(absl::StrCat(KUBELITE_PROTO_TESTDATA, "/", file));
  EXPECT_TRUE(in.good()) << "cannot read testdata/" << file;
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

// Sections of a file: an unindented name, then indented lines.
std::map<std::string, std::vector<std::string>> Sections(const std::string& file) {
  std::map<std::string, std::vector<std::string>> sections;
  std::string name;
  for (const std::string& line : Lines(file)) {
    if (line[0] != ' ') {
      name = line;
      sections[name];
    } else {
      sections[name].push_back(line.substr(2));
    }
  }
  return sections;
}

template <typename M>
M Golden(const std::string& name) {
  static const auto& golden = *new auto(Sections("golden.txt"));
  M message;
  auto it = golden.find(name);
  if (it == golden.end()) {
    ADD_FAILURE() << "testdata/golden.txt has no " << name;
    return message;
  }
  EXPECT_TRUE(message.ParseFromString(absl::HexStringToBytes(absl::StrJoin(it->second, "")))) << name;
  return message;
}

std::string Deterministic(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

bool HasUnknownFields(const Message& message) {
  const auto* reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty()) return true;
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated() && HasUnknownFields(reflection->GetMessage(message, field))) return true;
    for (int i = 0; field->is_repeated() && i < reflection->FieldSize(message, field); ++i) {
      if (HasUnknownFields(reflection->GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

TEST(Golden, EveryMessageReadsAndWritesTheSameBytes) {
  const auto golden = Sections("golden.txt");
  EXPECT_GE(golden.size(), 13u);
  for (const auto& [name, lines] : golden) {
    SCOPED_TRACE(name);
    const Descriptor* descriptor = FindMessage(name);
    ASSERT_NE(descriptor, nullptr);
    std::unique_ptr<Message> message(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
    const std::string bytes = absl::HexStringToBytes(absl::StrJoin(lines, ""));
    ASSERT_TRUE(message->ParseFromString(bytes));
    EXPECT_FALSE(HasUnknownFields(*message)) << message->DebugString();
    EXPECT_EQ(absl::BytesToHexString(Deterministic(*message)), absl::BytesToHexString(bytes)) << message->DebugString();
  }
}

TEST(Golden, PodFields) {
  const auto pod = Golden<k8s::core::v1::Pod>("k8s.core.v1.Pod");
  EXPECT_EQ(pod.metadata().name(), "web-0");
  EXPECT_EQ(pod.metadata().namespace_(), "default");
  EXPECT_EQ(pod.metadata().resourceversion(), "42");
  EXPECT_EQ(pod.metadata().creationtimestamp().seconds(), 1700000000);
  EXPECT_EQ(pod.metadata().labels().at("tier"), "front");
  EXPECT_EQ(pod.metadata().annotations().at("note"), "caf\xc3\xa9");
  ASSERT_EQ(pod.metadata().ownerreferences_size(), 1);
  EXPECT_TRUE(pod.metadata().ownerreferences(0).controller());
  EXPECT_EQ(pod.metadata().finalizers(0), "example.com/hold");
  EXPECT_FALSE(pod.metadata().has_deletiontimestamp());

  ASSERT_EQ(pod.spec().volumes_size(), 2);
  EXPECT_EQ(pod.spec().volumes(0).volumesource().emptydir().sizelimit().string(), "64Mi");
  EXPECT_EQ(pod.spec().volumes(1).volumesource().configmap().localobjectreference().name(), "settings");
  EXPECT_EQ(pod.spec().volumes(1).volumesource().configmap().defaultmode(), 0644);
  EXPECT_EQ(pod.spec().restartpolicy(), "Always");
  EXPECT_EQ(pod.spec().nodename(), "node-1");
  EXPECT_EQ(pod.spec().priority(), -10);
  EXPECT_EQ(pod.spec().tolerations(0).tolerationseconds(), 300);

  ASSERT_EQ(pod.spec().containers_size(), 1);
  const auto& container = pod.spec().containers(0);
  EXPECT_EQ(container.image(), "nginx:1.25");
  EXPECT_EQ(container.args_size(), 2);
  EXPECT_EQ(container.ports(0).containerport(), 8080);
  EXPECT_EQ(container.env(1).valuefrom().fieldref().fieldpath(), "status.podIP");
  EXPECT_EQ(container.resources().limits().at("memory").string(), "128Mi");
  EXPECT_TRUE(container.volumemounts(0).has_readonly());
  EXPECT_FALSE(container.volumemounts(0).readonly());
  EXPECT_EQ(container.readinessprobe().handler().httpget().port().strval(), "http");
  EXPECT_EQ(container.livenessprobe().handler().tcpsocket().port().intval(), 8080);
  EXPECT_TRUE(container.livenessprobe().has_terminationgraceperiodseconds());
  EXPECT_FALSE(container.readinessprobe().has_terminationgraceperiodseconds());
  EXPECT_EQ(container.securitycontext().runasuser(), 1000);

  EXPECT_EQ(pod.status().phase(), "Running");
  EXPECT_EQ(pod.status().podips(1).ip(), "fd00::7");
  EXPECT_EQ(pod.status().containerstatuses(0).laststate().terminated().exitcode(), -1);
  EXPECT_TRUE(pod.status().containerstatuses(0).started());
}

TEST(Golden, DeploymentFields) {
  const auto deployment = Golden<k8s::apps::v1::Deployment>("k8s.apps.v1.Deployment");
  EXPECT_EQ(deployment.spec().replicas(), 3);
  EXPECT_EQ(deployment.spec().selector().matchlabels().at("app"), "web");
  EXPECT_EQ(deployment.spec().selector().matchexpressions(0).operator_(), "In");
  EXPECT_EQ(deployment.spec().template_().spec().containers(0).image(), "nginx");
  EXPECT_EQ(deployment.spec().strategy().rollingupdate().maxunavailable().type(), 1);
  EXPECT_EQ(deployment.spec().strategy().rollingupdate().maxunavailable().strval(), "25%");
  EXPECT_EQ(deployment.spec().strategy().rollingupdate().maxsurge().intval(), 1);
  EXPECT_EQ(deployment.spec().progressdeadlineseconds(), 600);
  EXPECT_EQ(deployment.status().readyreplicas(), 2);
  EXPECT_EQ(deployment.status().unavailablereplicas(), 1);
  EXPECT_EQ(deployment.status().conditions(0).reason(), "MinimumReplicasAvailable");
}

TEST(Golden, LeaseAndSmallTypes) {
  const auto lease = Golden<k8s::coordination::v1::Lease>("k8s.coordination.v1.Lease");
  EXPECT_EQ(lease.spec().holderidentity(), "node-1");
  EXPECT_EQ(lease.spec().leasedurationseconds(), 40);
  EXPECT_EQ(lease.spec().renewtime().nanos(), 123456000);
  EXPECT_TRUE(lease.spec().has_leasetransitions());
  EXPECT_EQ(Golden<k8s::apimachinery::intstr::IntOrString>("k8s.apimachinery.intstr.IntOrString").strval(), "50%");
  EXPECT_EQ(Golden<k8s::apimachinery::resource::Quantity>("k8s.apimachinery.resource.Quantity").string(), "1500m");
  EXPECT_EQ(Golden<k8s::meta::v1::MicroTime>("k8s.meta.v1.MicroTime").seconds(), -1);
  EXPECT_EQ(Golden<k8s::core::v1::Secret>("k8s.core.v1.Secret").data().at("a"), std::string("\0\xff\x10", 3));
  EXPECT_EQ(Golden<k8s::apimachinery::runtime::Unknown>("k8s.apimachinery.runtime.Unknown").typemeta().kind(), "Pod");
}

std::string TypeName(const FieldDescriptor* field) {
  if (field->is_map()) {
    const Descriptor* entry = field->message_type();
    return absl::StrCat("map<", TypeName(entry->map_key()), ",", TypeName(entry->map_value()), ">");
  }
  const std::string type = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE
                               ? std::string(field->message_type()->full_name())
                               : field->type_name();
  return field->is_repeated() ? absl::StrCat("repeated ", type) : type;
}

TEST(Wire, NumbersNamesAndTypesAreTheTable) {
  const auto table = Sections("fields.txt");
  EXPECT_GE(table.size(), 650u);
  std::set<std::string> seen;
  for (const Descriptor* message : Messages()) {
    std::vector<const FieldDescriptor*> fields;
    for (int i = 0; i < message->field_count(); ++i) fields.push_back(message->field(i));
    std::sort(fields.begin(), fields.end(), [](auto* a, auto* b) { return a->number() < b->number(); });
    std::vector<std::string> lines;
    for (const FieldDescriptor* field : fields) {
      lines.push_back(absl::StrCat(field->number(), " ", field->name(), " ", TypeName(field)));
    }
    if (lines.empty()) continue;
    seen.insert(message->full_name());
    auto it = table.find(message->full_name());
    ASSERT_NE(it, table.end()) << message->full_name() << " is not in testdata/fields.txt: add it";
    EXPECT_EQ(lines, it->second) << message->full_name();
  }
  for (const auto& [name, lines] : table) EXPECT_TRUE(seen.contains(name)) << name << " is gone from the schema";
}

TEST(Wire, NoFieldIsRequiredOnTheWire) {
  for (const Descriptor* message : Messages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      EXPECT_FALSE(message->field(i)->is_required()) << message->field(i)->full_name();
    }
  }
}

TEST(Kinds, AreTheTable) {
  std::vector<std::string> expected = Lines("kinds.txt");
  std::vector<std::string> actual;
  for (const Descriptor* message : Messages()) {
    const KindFacts& facts = message->options().GetExtension(kind);
    if (!facts.has_plural()) continue;
    std::vector<std::string> subresources;
    for (const Subresource& subresource : facts.subresources()) subresources.push_back(subresource.name());
    actual.push_back(absl::StrCat(facts.group().empty() ? "core" : facts.group(), "/", facts.version(), " ",
                                  facts.kind(), " ", facts.plural(), " ", facts.namespaced() ? "namespaced" : "cluster",
                                  " ", subresources.empty() ? "-" : absl::StrJoin(subresources, ",")));
  }
  std::sort(expected.begin(), expected.end());
  std::sort(actual.begin(), actual.end());
  EXPECT_EQ(actual, expected);
}

TEST(Kinds, AreUniqueAndNamedLikeTheirMessage) {
  std::set<std::string> seen;
  std::set<std::string> plurals;
  for (const Descriptor* message : Messages()) {
    if (!message->options().HasExtension(kind)) continue;
    const KindFacts& facts = message->options().GetExtension(kind);
    EXPECT_EQ(facts.kind(), message->name()) << message->full_name();
    EXPECT_FALSE(facts.version().empty()) << message->full_name();
    const std::string group_version = absl::StrCat(facts.group(), "/", facts.version());
    EXPECT_TRUE(seen.insert(absl::StrCat(group_version, " ", facts.kind())).second) << message->full_name();
    if (facts.has_plural()) {
      EXPECT_TRUE(plurals.insert(absl::StrCat(group_version, " ", facts.plural())).second) << message->full_name();
      EXPECT_GT(facts.verbs_size(), 0) << message->full_name();
    }
  }
  EXPECT_GE(seen.size(), 150u);
}

TEST(Kinds, ResourcesHaveMetadataAndLists) {
  for (const Descriptor* message : Messages()) {
    const KindFacts& facts = message->options().GetExtension(kind);
    if (!facts.has_plural()) continue;
    SCOPED_TRACE(message->full_name());
    const FieldDescriptor* metadata = message->FindFieldByNumber(1);
    ASSERT_NE(metadata, nullptr);
    EXPECT_EQ(metadata->name(), "metadata");
    EXPECT_EQ(metadata->message_type(), k8s::meta::v1::ObjectMeta::descriptor());
    if (!facts.has_list_kind()) {
      const auto& verbs = facts.verbs();
      EXPECT_EQ(std::count(verbs.begin(), verbs.end(), "list"), 0) << "a kind that can be listed needs list_kind";
      continue;
    }
    const Descriptor* list = message->file()->FindMessageTypeByName(facts.list_kind());
    ASSERT_NE(list, nullptr) << facts.list_kind();
    const KindFacts& list_facts = list->options().GetExtension(kind);
    EXPECT_EQ(list_facts.kind(), facts.list_kind());
    EXPECT_EQ(list_facts.group(), facts.group());
    EXPECT_EQ(list_facts.version(), facts.version());
    const FieldDescriptor* items = list->FindFieldByNumber(2);
    ASSERT_NE(items, nullptr);
    EXPECT_EQ(items->name(), "items");
    EXPECT_TRUE(items->is_repeated());
    EXPECT_EQ(items->message_type(), message);
    ASSERT_NE(list->FindFieldByNumber(1), nullptr);
    EXPECT_EQ(list->FindFieldByNumber(1)->message_type(), k8s::meta::v1::ListMeta::descriptor());
  }
}

TEST(Kinds, SubresourcesNameKindsOfTheSchema) {
  std::set<std::string> kinds;
  for (const Descriptor* message : Messages()) {
    const KindFacts& facts = message->options().GetExtension(kind);
    kinds.insert(absl::StrCat(facts.group(), "/", facts.version(), "/", facts.kind()));
  }
  int checked = 0;
  for (const Descriptor* message : Messages()) {
    const KindFacts& facts = message->options().GetExtension(kind);
    for (const Subresource& subresource : facts.subresources()) {
      const bool own = !subresource.has_version();
      const std::string name = absl::StrCat(own ? facts.group() : subresource.group(), "/",
                                            own ? facts.version() : subresource.version(), "/", subresource.kind());
      EXPECT_TRUE(kinds.contains(name)) << message->full_name() << "/" << subresource.name() << ": " << name;
      EXPECT_GT(subresource.verbs_size(), 0) << message->full_name() << "/" << subresource.name();
      ++checked;
    }
  }
  EXPECT_GE(checked, 40);
}

TEST(Kinds, DeploymentFacts) {
  const KindFacts& facts = k8s::apps::v1::Deployment::descriptor()->options().GetExtension(kind);
  EXPECT_EQ(facts.group(), "apps");
  EXPECT_EQ(facts.version(), "v1");
  EXPECT_EQ(facts.list_kind(), "DeploymentList");
  EXPECT_EQ(facts.singular(), "deployment");
  EXPECT_EQ(absl::StrJoin(facts.short_names(), ","), "deploy");
  EXPECT_EQ(absl::StrJoin(facts.categories(), ","), "all");
  EXPECT_TRUE(facts.namespaced());
  EXPECT_EQ(facts.verbs_size(), 8);
  ASSERT_EQ(facts.subresources_size(), 2);
  EXPECT_EQ(facts.subresources(0).name(), "scale");
  EXPECT_EQ(facts.subresources(0).group(), "autoscaling");
  EXPECT_EQ(facts.subresources(0).kind(), "Scale");
  EXPECT_TRUE(facts.unconditional_update());
  EXPECT_FALSE(facts.create_on_put());
  EXPECT_EQ(facts.storage_version_hash(), "8aSe+NMegvE=");
}

const FieldFacts& FactsOf(const Descriptor* message, const std::string& name) {
  const FieldDescriptor* descriptor = message->FindFieldByName(name);
  if (descriptor == nullptr) {
    ADD_FAILURE() << message->full_name() << " has no " << name;
    return FieldFacts::default_instance();
  }
  return descriptor->options().GetExtension(field);
}

TEST(Facts, OfSomeFields) {
  const Descriptor* container = k8s::core::v1::Container::descriptor();
  const FieldFacts& ports = FactsOf(container, "ports");
  EXPECT_EQ(ports.patch_merge_key(), "containerPort");
  EXPECT_EQ(ports.patch_strategy(), "merge");
  EXPECT_EQ(ports.list_type(), "map");
  EXPECT_EQ(absl::StrJoin(ports.list_map_keys(), ","), "containerPort,protocol");
  EXPECT_EQ(FactsOf(container, "name").json_omit(), ALWAYS);
  EXPECT_EQ(FactsOf(container, "image").json_omit(), OMITEMPTY);
  EXPECT_TRUE(FactsOf(container, "livenessProbe").presence());
  EXPECT_TRUE(FactsOf(container, "imagePullPolicy").closed_enum());
  EXPECT_EQ(FactsOf(k8s::core::v1::ContainerPort::descriptor(), "protocol").default_value(), "\"TCP\"");
  EXPECT_TRUE(FactsOf(k8s::core::v1::Probe::descriptor(), "handler").json_inline());
  EXPECT_TRUE(FactsOf(k8s::core::v1::PodSpec::descriptor(), "nodeSelector").atomic());
  EXPECT_TRUE(k8s::meta::v1::LabelSelector::descriptor()->options().GetExtension(message).atomic());
}

// Whether objects of the message have the key in JSON, members of inlined fields included.
bool HasJsonField(const Descriptor* message, const std::string& key) {
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* member = message->field(i);
    if (member->json_name() == key) return true;
    if (member->options().GetExtension(field).json_inline() && HasJsonField(member->message_type(), key)) return true;
  }
  return false;
}

TEST(Facts, AreConsistent) {
  for (const Descriptor* message : Messages()) {
    std::set<std::string> json_names;
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* f = message->field(i);
      SCOPED_TRACE(f->full_name());
      const FieldFacts& facts = f->options().GetExtension(field);
      EXPECT_EQ(facts.json_inline(), f->json_name().empty()) << "an inlined field has the JSON name \"\" and no other";
      EXPECT_TRUE(f->json_name().empty() || json_names.insert(f->json_name()).second) << "JSON name used twice";
      EXPECT_EQ(facts.list_type() == "map", facts.list_map_keys_size() > 0);
      EXPECT_TRUE(f->is_repeated() || facts.list_type().empty());
      EXPECT_FALSE(f->is_repeated() && facts.presence());
      EXPECT_TRUE(!facts.closed_enum() || facts.enum_value_size() > 0);
      for (const std::string& key : facts.list_map_keys()) {
        ASSERT_NE(f->message_type(), nullptr);
        EXPECT_TRUE(HasJsonField(f->message_type(), key)) << "no such key: " << key;
      }
      if (facts.has_patch_merge_key()) {
        ASSERT_NE(f->message_type(), nullptr);
        EXPECT_TRUE(HasJsonField(f->message_type(), facts.patch_merge_key())) << "no such key";
      }
    }
  }
}

}  // namespace
}  // namespace kubelite
