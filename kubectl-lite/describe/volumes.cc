#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/api/quantity.h"
#include "kubectl-lite/describe/parts.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::Volume;
using k8s::core::v1::VolumeSource;

const char* BoolText(bool value) { return value ? "true" : "false"; }

void AddDownwardItem(const k8s::core::v1::DownwardAPIVolumeFile& item, Lines* lines) {
  lines->Add(3, item.has_fieldref() ? item.fieldref().fieldpath() : item.resourcefieldref().resource(), " -> ",
             item.path());
}

void AddProjected(const k8s::core::v1::ProjectedVolumeSource& projected, Lines* lines) {
  lines->Add(2, "Type:\tProjected (a volume that contains injected data from multiple sources)");
  for (const auto& source : projected.sources()) {
    if (source.has_secret()) {
      lines->Add(2, "SecretName:\t", source.secret().localobjectreference().name());
      lines->Add(2, "Optional:\t", BoolText(source.secret().optional()));
    } else if (source.has_configmap()) {
      lines->Add(2, "ConfigMapName:\t", source.configmap().localobjectreference().name());
      lines->Add(2, "Optional:\t", BoolText(source.configmap().optional()));
    } else if (source.has_serviceaccounttoken()) {
      lines->Add(2, "TokenExpirationSeconds:\t", source.serviceaccounttoken().expirationseconds());
    } else if (source.has_downwardapi()) {
      lines->Add(2, "DownwardAPI:\ttrue");
      for (const auto& item : source.downwardapi().items()) AddDownwardItem(item, lines);
    }
  }
}

// Kinds of volumes without words of their own: the name of the member that is set.
std::string SourceName(const VolumeSource& source) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  source.GetReflection()->ListFields(source, &fields);
  if (fields.empty()) return "<unknown>";
  std::string name = fields[0]->name();
  name[0] = absl::ascii_toupper(static_cast<unsigned char>(name[0]));
  return name;
}

void AddVolume(const VolumeSource& source, Lines* lines) {
  if (source.has_emptydir()) {
    lines->Add(2, "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)");
    lines->Add(2, "Medium:\t", source.emptydir().medium());
    lines->Add(
        2, "SizeLimit:\t",
        source.emptydir().has_sizelimit() ? api::Quantity::From(source.emptydir().sizelimit()).ToString() : "<unset>");
  } else if (source.has_hostpath()) {
    lines->Add(2, "Type:\tHostPath (bare host directory volume)");
    lines->Add(2, "Path:\t", source.hostpath().path());
    lines->Add(2, "HostPathType:\t", source.hostpath().type());
  } else if (source.has_configmap()) {
    lines->Add(2, "Type:\tConfigMap (a volume populated by a ConfigMap)");
    lines->Add(2, "Name:\t", source.configmap().localobjectreference().name());
    lines->Add(2, "Optional:\t", BoolText(source.configmap().optional()));
  } else if (source.has_secret()) {
    lines->Add(2, "Type:\tSecret (a volume populated by a Secret)");
    lines->Add(2, "SecretName:\t", source.secret().secretname());
    lines->Add(2, "Optional:\t", BoolText(source.secret().optional()));
  } else if (source.has_projected()) {
    AddProjected(source.projected(), lines);
  } else if (source.has_downwardapi()) {
    lines->Add(2, "Type:\tDownwardAPI (a volume populated by information about the pod)");
    lines->Add(2, "Items:");
    for (const auto& item : source.downwardapi().items()) AddDownwardItem(item, lines);
  } else if (source.has_persistentvolumeclaim()) {
    lines->Add(2, "Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)");
    lines->Add(2, "ClaimName:\t", source.persistentvolumeclaim().claimname());
    lines->Add(2, "ReadOnly:\t", BoolText(source.persistentvolumeclaim().readonly()));
  } else {
    lines->Add(2, "Type:\t", SourceName(source));
  }
}

}  // namespace

void DescribeVolumes(absl::string_view indent, const k8s::core::v1::PodSpec& spec, Lines* lines) {
  if (spec.volumes_size() == 0) {
    lines->Add(0, indent, "Volumes:\t<none>");
    return;
  }
  lines->Add(0, indent, "Volumes:");
  for (const Volume& volume : spec.volumes()) {
    lines->Add(1, indent.empty() ? "" : " ", volume.name(), ":");
    AddVolume(volume.volumesource(), lines);
  }
}

}  // namespace kubelite::cli
