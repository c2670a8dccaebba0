#pragma once

#include <string>
#include <vector>

#include "common/api/object.h"
#include "common/client/informer.h"

namespace kubelite::controllers {

// Lets `informer` answer OwnedBy and OrphansIn. Before it starts; twice is fine.
void AddControllerIndex(client::Informer* informer);

// Objects whose controller has this uid.
std::vector<api::ObjectPtr> OwnedBy(const client::Informer& informer, const std::string& controller_uid);
// Objects of a namespace without a controller.
std::vector<api::ObjectPtr> OrphansIn(const client::Informer& informer, const std::string& name_space);
// Both: what an owner may claim.
std::vector<api::ObjectPtr> ClaimCandidates(const client::Informer& informer, const api::Object& owner);

}  // namespace kubelite::controllers
