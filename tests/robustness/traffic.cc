#include "tests/robustness/traffic.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace kubelite::robustness {

const std::vector<std::string>& TrafficKeys() {
  static const auto& keys = *new std::vector<std::string>{
      "a/0", "a/1", "a/2", "a/3", "b/0", "b/1", "b/2", "c", std::string("c\0", 2), "c\xff",
  };
  return keys;
}

TrafficClient::TrafficClient(int id, uint64_t seed, TrafficState* shared)
    : shared_(shared), client_(id, &shared->ticks), random_(seed) {}

void TrafficClient::Attach(store::Store* store, absl::Time now) {
  now_ = now;
  client_.Attach(store);
  client_.set_time(now);
}

void TrafficClient::Run(int operations, const std::function<void()>& before_each) {
  for (int i = 0; i < operations && !shared_->interrupted; ++i) {
    before_each();
    DoSomething();
  }
}

void TrafficClient::DoSomething() {
  const uint64_t choice = random_.Uniform(100);
  if (choice < 58) return WriteSomething();
  if (choice < 86) return ReadSomething();
  if (choice < 98) return UseLeases();
  Compact();
}

void TrafficClient::WriteSomething() {
  switch (random_.Uniform(8)) {
    case 0:
      return Delete();
    case 1:
      return ApplyGroup();
    case 2:
    case 3:
      return Transact();
    default:
      return Put();
  }
}

void TrafficClient::Put() {
  const std::string key = AnyKey();
  Learn(client_.Put(key, NewValue(), AnyExpected(key), OneIn(4) ? AnyLease() : 0));
}

void TrafficClient::Delete() {
  const std::string key = AnyKey();
  Learn(client_.Delete(key, OneIn(3) ? store::kAnyRevision : AnyExpected(key)));
}

void TrafficClient::ApplyGroup() {
  std::vector<Operation> writes;
  for (uint64_t i = 2 + random_.Uniform(4); i > 0; --i) {
    const std::string key = AnyKey();
    if (OneIn(4)) {
      writes.push_back(client_.PlanDelete(key, AnyExpected(key)));
    } else {
      const std::string value = NewValue();
      writes.push_back(client_.PlanPut(key, value, AnyExpected(key), OneIn(4) ? AnyLease() : 0));
    }
  }
  const size_t first = client_.session().size();
  const size_t end = first + writes.size();
  client_.Apply(std::move(writes));
  for (size_t i = first; i < end; ++i) Learn(client_.session()[i]);
}

BodyCall TrafficClient::AnyBodyCall() {
  BodyCall call;
  call.key = AnyKey();
  switch (random_.Uniform(6)) {
    case 0:
      call.kind = BodyCall::Kind::kGet;
      break;
    case 1:
      call.kind = BodyCall::Kind::kList;
      call.range = AnyRange();
      call.limit = random_.Uniform(4);
      break;
    case 2:
      call.kind = BodyCall::Kind::kDelete;
      break;
    default:
      call.kind = BodyCall::Kind::kPut;
      call.value = absl::StrCat(NewValue(), "/", call.key);
      call.lease = OneIn(4) ? AnyLease() : 0;
      break;
  }
  return call;
}

void TrafficClient::Transact() {
  std::vector<BodyCall> body;
  for (uint64_t i = 1 + random_.Uniform(6); i > 0; --i) body.push_back(AnyBodyCall());
  Learn(client_.Transact(std::move(body), OneIn(8)));
}

void TrafficClient::ReadSomething() {
  const Revision at = OneIn(2) ? 0 : AnyRevision();
  switch (random_.Uniform(10)) {
    case 0:
    case 1:
    case 2:
      return Learn(client_.Get(AnyKey(), at));
    case 3:
    case 4:
    case 5:
      return Learn(client_.List(AnyRange(), random_.Uniform(6), at));
    case 6:
      client_.Count(AnyRange(), at);
      return;
    case 7:
      client_.History(AnyKey(), random_.Uniform(5), at);
      return;
    case 8:
      client_.RevisionAt(now_ - kTimeStep * static_cast<int64_t>(random_.Uniform(5)) / 2);
      return;
    default:
      if (OneIn(2)) {
        client_.CompactedRevision();
      } else {
        client_.CurrentRevision();
      }
  }
}

void TrafficClient::UseLeases() {
  const LeaseId id = AnyLease();
  const absl::Duration ttl = kTimeStep * static_cast<int64_t>(1 + random_.Uniform(3));
  switch (random_.Uniform(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
      client_.GrantLease({id, ttl, now_ + ttl});
      return;
    case 4:
      client_.RenewLease(id, now_ + ttl);
      return;
    case 5:
      Learn(client_.RevokeLease(id));
      return;
    case 6:
      client_.GetLease(id);
      return;
    case 7:
      client_.LeaseKeys(id);
      return;
    case 8:
      client_.Leases();
      return;
    default:
      client_.ExpireLeases(now_);
  }
}

void TrafficClient::Compact() {
  const Revision known = shared_->known;
  if (OneIn(8)) {
    client_.Compact(newest_ + 1000);
  } else if (known > 1) {
    client_.Compact(1 + static_cast<Revision>(random_.Uniform(static_cast<uint64_t>(known))));
  }
}

void TrafficClient::ReadEverything() {
  const Revision current = client_.CurrentRevision().revision;
  const Revision compacted = client_.CompactedRevision().revision;
  for (Revision at = std::max<Revision>(1, compacted - 1); at <= current; ++at) client_.List(KeyRange::All(), 0, at);
  for (const std::string& key : TrafficKeys()) {
    client_.Get(key, 0);
    client_.History(key, 0, 0);
  }
  client_.Leases();
  for (LeaseId id = 1; id <= kTrafficLeases; ++id) {
    client_.GetLease(id);
    client_.LeaseKeys(id);
  }
  for (absl::Time time = now_; time >= absl::UnixEpoch(); time -= kTimeStep) client_.RevisionAt(time);
}

std::string TrafficClient::AnyKey() { return TrafficKeys()[random_.Uniform(TrafficKeys().size())]; }

KeyRange TrafficClient::AnyRange() {
  switch (random_.Uniform(6)) {
    case 0:
      return KeyRange::All();
    case 1:
      return KeyRange::Single(AnyKey());
    case 2: {
      const std::string a = AnyKey();
      const std::string b = AnyKey();
      return {std::min(a, b), std::max(a, b)};
    }
    case 3:
      return KeyRange::All().From(AnyKey());
    default:
      return KeyRange::Prefix(OneIn(2) ? "a/" : "b/");
  }
}

Revision TrafficClient::AnyRevision() {
  if (OneIn(30)) return newest_ + static_cast<Revision>(random_.Uniform(5));
  return static_cast<Revision>(random_.Uniform(static_cast<uint64_t>(newest_) + 1));
}

Revision TrafficClient::AnyExpected(const std::string& key) {
  if (OneIn(4)) return store::kAnyRevision;
  if (OneIn(10)) return std::max<Revision>(1, AnyRevision());
  const auto believed = believed_.find(key);
  return believed == believed_.end() ? 0 : believed->second;
}

LeaseId TrafficClient::AnyLease() { return 1 + static_cast<LeaseId>(random_.Uniform(kTrafficLeases)); }

std::string TrafficClient::NewValue() {
  const size_t padding = OneIn(16) ? random_.Uniform(3000) : 0;
  return absl::StrCat(client_.NextNote(), std::string(padding, '.'));
}

void TrafficClient::Learn(const Operation& op) {
  newest_ = std::max(newest_, op.revision);
  for (const KeyValue& kv : op.items) {
    if (op.at == 0) believed_[kv.key] = kv.mod_revision;
  }
  if (op.kind != Operation::Kind::kPut && op.kind != Operation::Kind::kDelete) return;
  switch (op.status.code()) {
    case absl::StatusCode::kOk:
      believed_[op.key] = op.kind == Operation::Kind::kPut ? op.revision : 0;
      return;
    case absl::StatusCode::kNotFound:
      believed_[op.key] = 0;
      return;
    default:
      // Somebody else wrote it: the latest known revision is a guess that a read corrects.
      believed_.erase(op.key);
      Learn(client_.Get(std::string(op.key), 0));
  }
}

}  // namespace kubelite::robustness
