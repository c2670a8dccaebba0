#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/base/executor.h"
#include "kubelet/runtime/stream.h"
#include "kubelet/session/node_session.h"

namespace kubelite::v1 {
class StreamData;
class StreamOpen;
}  // namespace kubelite::v1

namespace kubelite::kubelet {

// What a stream of one kind may do with its connection. Everything here belongs to the connection's strand.
class StreamPort {
 public:
  virtual ~StreamPort() = default;
  // How many bytes may be sent now.
  virtual int64_t credit() const = 0;
  // Not more than the credit.
  virtual void Send(int channel, std::string data) = 0;
  // Bytes from the server were taken: as many may follow.
  virtual void Grant(int64_t bytes) = 0;
  // The end; the handler is destroyed afterwards, not inside.
  virtual void Close(const absl::Status& status) = 0;
  virtual base::Strand* strand() = 0;
  // Runs what blocks outside the strand.
  virtual void RunBlocking(base::Task task) = 0;
};

// An open stream. Destroying it ends what it is a stream of.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  // Bytes from the server, never more than it had credit for.
  virtual void OnData(const kubelite::v1::StreamData& /*data*/) {}
  // There is more credit, or something to send.
  virtual void Pump() = 0;
};

// One row of NodeStreams' table of kinds. `port` outlives the handler.
std::unique_ptr<StreamHandler> NewLogStream(const kubelite::v1::StreamOpen& open, const StreamSources& sources,
                                            StreamPort* port);
// Commands, attached containers and forwarded ports.
std::unique_ptr<StreamHandler> NewRuntimeStream(const kubelite::v1::StreamOpen& open, const StreamSources& sources,
                                                StreamPort* port);

}  // namespace kubelite::kubelet
