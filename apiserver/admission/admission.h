#pragma once

#include <vector>

#include "apiserver/registry/registry.h"

namespace kubelite::apiserver {

// The steps of upstream's names that this server has. Each is one file; the order is AllAdmission's.

// Writes need their namespace: 404 when it is missing, 403 with cause NamespaceTerminating for creates while it is
// being deleted. The namespaces every cluster has cannot be deleted.
AdmissionStep NamespaceLifecycle();
// Pods without an account use "default". No tokens are mounted.
AdmissionStep ServiceAccount();
// spec.priority and preemptionPolicy from the pod's (or the default) PriorityClass.
AdmissionStep Priority();
// Pods tolerate not-ready and unreachable nodes for 300 s unless they say otherwise.
AdmissionStep DefaultTolerationSeconds();
// A node's identity may only write its own Node, its own pods and their status, and its own lease.
AdmissionStep NodeRestriction();

std::vector<AdmissionStep> AllAdmission();

}  // namespace kubelite::apiserver
