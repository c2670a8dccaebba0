#pragma once

#include <gtest/gtest.h>

#include <string>

#include "common/base/certificates.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::apiserver {

// The certificate (PEM) of a member of system:masters, as TLS gives it to the service.
inline std::string AdminCertificate(const base::Clock& clock) {
  const auto ca = base::CreateCertificateAuthority("ca", clock);
  EXPECT_OK(ca);
  if (!ca.ok()) return "";
  const auto admin = base::IssueCertificate(*ca, {.common_name = "admin", .organizations = {"system:masters"}}, clock);
  EXPECT_OK(admin);
  return admin.ok() ? admin->certificate_pem : "";
}

}  // namespace kubelite::apiserver
