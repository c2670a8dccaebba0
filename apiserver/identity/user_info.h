#pragma once

#include "apiserver/registry/request.h"

namespace k8s::authentication::v1 {
class UserInfo;
}

namespace kubelite::apiserver {

// `user` as reviews of who somebody is show it.
void FillUserInfo(const User& user, k8s::authentication::v1::UserInfo* info);

}  // namespace kubelite::apiserver
