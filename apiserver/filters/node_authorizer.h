#pragma once

#include <optional>

#include "apiserver/filters/filters.h"

namespace kubelite::apiserver {

// What a node's identity may do, as upstream's Node authorizer: read its own Node, Lease and CSINode, the pods bound
// to it, and what these refer to. Whose Node, pod or lease a node writes is checked by admission (NodeRestriction),
// which sees the object. Nothing when the user is no node.
std::optional<Decision> AuthorizeNode(Registry& registry, const Request& request);

}  // namespace kubelite::apiserver
