#include "apiserver/identity/user_info.h"

#include "k8s/authentication/v1.pb.h"

namespace kubelite::apiserver {

void FillUserInfo(const User& user, k8s::authentication::v1::UserInfo* info) {
  info->set_username(user.name);
  info->set_uid(user.uid);
  for (const std::string& group : user.groups) info->add_groups(group);
  for (const auto& [key, values] : user.extra) {
    auto& extra = (*info->mutable_extra())[key];
    for (const std::string& value : values) extra.add_items(value);
  }
}

}  // namespace kubelite::apiserver
