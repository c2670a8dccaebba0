#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "apiserver/registry/request.h"
#include "apiserver/registry/resource_def.h"
#include "common/api/selectors.h"

namespace kubelite::apiserver {

// Which objects a list, watch or deletecollection is about: namespace, name and the two selectors. Value type.
class Selection {
 public:
  // BadRequest for selectors that do not parse, for unsupported field labels, and for a name that contradicts the
  // selector.
  static absl::StatusOr<Selection> Parse(const ResourceDef& def, const Request& request);

  bool Matches(const api::Object& object) const;
  // Neither labels nor fields narrow the collection.
  bool everything() const { return labels_.empty() && fields_.empty() && name_.empty(); }
  // The part of the store that can hold matching objects.
  std::string StorePrefix() const;

 private:
  std::string FieldOf(const api::Object& object, const std::string& field) const;

  const ResourceDef* def_ = nullptr;
  std::string name_space_;
  std::string name_;  // the only matching name; empty: any
  api::LabelSelector labels_;
  api::FieldSelector fields_;
};

}  // namespace kubelite::apiserver
