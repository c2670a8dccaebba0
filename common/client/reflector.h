#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/backoff.h"
#include "common/base/executor.h"
#include "common/base/random.h"
#include "common/client/client.h"
#include "common/client/gate.h"

namespace kubelite::client {

// Keeps a sink in step with a selection of one resource: lists, then watches from the list's revision; resumes a lost
// watch from the last revision seen (bookmarks included) with jittered back-off; lists again when that revision
// expired. Everything, the blocking client calls included, runs on one strand; the sink is called there too, one call
// at a time.
class Reflector : public std::enable_shared_from_this<Reflector> {
 public:
  struct Selection {
    std::string name_space;
    std::string field_selector;
    std::string label_selector;
  };
  class Sink {
   public:
    virtual ~Sink() = default;
    // The whole selection as of one revision.
    virtual void Replace(std::vector<ObjectPtr> items) = 0;
    // One change: kAdded, kModified or kDeleted with its object.
    virtual void Apply(const WatchEvent& event) = 0;
  };

  // `sink` must outlive Stop().
  static std::shared_ptr<Reflector> New(const ResourceInfo& resource, Selection selection, Client* client,
                                        base::Executor* executor, base::Random* random, Sink* sink);

  void Start();
  // Ends the watch. No sink call runs or starts afterwards, except the one it is called from.
  void Stop();
  // Runs `task` on the strand unless stopped first. Thread-safe.
  void Post(std::function<void()> task);

 private:
  Reflector(const ResourceInfo& resource, Selection selection, Client* client, base::Executor* executor,
            base::Random* random, Sink* sink);

  void PostAfter(absl::Duration delay, void (Reflector::*step)());
  // Asks for a Poll; called from any thread.
  void Wake();

  // Steps on the strand.
  void List();
  void Watch();
  void Poll();
  void WatchFailed(const absl::Status& status);
  void Retry(const absl::Status& status, absl::string_view message, void (Reflector::*step)());

  const ResourceInfo& resource_;
  const Selection selection_;
  Client* const client_;
  base::Random* const random_;
  Sink* const sink_;

  Gate gate_;
  std::atomic<bool> poll_posted_ = false;

  // Owned by the strand; by Stop() once the gate is closed.
  base::Backoff backoff_;
  int failures_ = 0;  // in a row
  std::string revision_;
  std::unique_ptr<WatchStream> stream_;

  base::Strand strand_;
};

}  // namespace kubelite::client
