#pragma once

#include <memory>

#include "common/api/object.h"
#include "common/base/random.h"

namespace kubelite::api::testing {

// An object of any type with random contents in the codec's normal form (no zero values in fields without presence, no
// empty messages where presence means nothing), so that it survives a round trip unchanged. The same seed gives the
// same object.
std::unique_ptr<Object> RandomObject(const google::protobuf::Descriptor* descriptor, base::Random* random);

}  // namespace kubelite::api::testing
