// Carries the precompiled headers of kubelite_pch_base and kubelite_pch_k8s; holds nothing itself.
