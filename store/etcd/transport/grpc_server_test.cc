#include "store/etcd/transport/grpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "common/base/sockets.h"
#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"
#include "store/etcd/transport/framing.h"

namespace kubelite::etcd {
namespace {

Message FrameText(const std::string& text) {
  Message message;
  message.head.assign(kPrefixBytes, '\0');
  message.tail.push_back(Bytes::Own(text));
  SetPrefix(&message);
  return message;
}

// Sends each message back, and the status that a message "end <code>" asks for.
class Echo : public StreamHandler {
 public:
  explicit Echo(CallPtr call) : call_(std::move(call)) {}
  void OnMessage(std::string message) override {
    if (message == "end") {
      call_->Finish(absl::AbortedError("as you wish: 100%"));
    } else {
      call_->Send(FrameText(message));
    }
  }
  void OnHalfClose() override { call_->Finish(absl::OkStatus()); }
  void OnClosed() override {}

 private:
  const CallPtr call_;
};

// Calls a server of a few methods with gRPC's own client.
class GrpcServerTest : public testing::Test {
 protected:
  GrpcServerTest() {
    GrpcServerOptions options;
    options.listen.push_back({{"127.0.0.1", 0}, nullptr});
    options.max_message_bytes = 8 << 20;
    options.on_bound = [this](const std::vector<int>& ports) { port_ = ports.front(); };
    options.methods["/test/Echo"].unary = [](const CallPtr& call, std::string request) {
      call->Finish(FrameText(request));
    };
    options.methods["/test/Fail"].unary = [](const CallPtr& call, std::string) {
      call->Finish(absl::NotFoundError("no such thing\n"));
    };
    options.methods["/test/Later"].unary = [this](const CallPtr& call, std::string request) {
      executor_.Post([call, request] { call->Finish(FrameText(request)); });
    };
    options.methods["/test/Never"].unary = [this](const CallPtr& call, std::string) { never_ = call; };
    options.methods["/test/Stream"].stream = [](const CallPtr& call) { return std::make_shared<Echo>(call); };
    auto server = GrpcServer::Start(std::move(options));
    EXPECT_OK(server);
    server_ = *std::move(server);
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    channel_ =
        grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials(), arguments);
    stub_ = std::make_unique<grpc::GenericStub>(channel_);
  }

  static grpc::ByteBuffer ToBuffer(const std::string& text) {
    const grpc::Slice slice(text);
    return grpc::ByteBuffer(&slice, 1);
  }
  static std::string ToText(const grpc::ByteBuffer& buffer) {
    std::vector<grpc::Slice> slices;
    buffer.Dump(&slices);
    std::string text;
    for (const grpc::Slice& slice : slices) text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    return text;
  }
  void Wait() {
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue_.Next(&tag, &ok));
  }
  grpc::Status Call(const std::string& method, const std::string& request, std::string* response) {
    grpc::ClientContext context;
    const auto reader = stub_->PrepareUnaryCall(&context, method, ToBuffer(request), &queue_);
    reader->StartCall();
    grpc::ByteBuffer buffer;
    grpc::Status status;
    reader->Finish(&buffer, &status, nullptr);
    Wait();
    *response = ToText(buffer);
    return status;
  }

  base::ThreadPool executor_{2};
  int port_ = 0;
  CallPtr never_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
  grpc::CompletionQueue queue_;
};

TEST_F(GrpcServerTest, AnswersUnaryCalls) {
  std::string response;
  for (const char* method : {"/test/Echo", "/test/Later"}) {
    for (const size_t size : {0, 1, 1000, 20000, 5 << 20}) {
      const std::string request(size, 'x');
      EXPECT_TRUE(Call(method, request, &response).ok()) << method << " " << size;
      EXPECT_TRUE(response == request) << method << " " << size;
    }
  }
}

TEST_F(GrpcServerTest, StatusesComeWithTheirText) {
  std::string response;
  const grpc::Status status = Call("/test/Fail", "x", &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no such thing\n");
  EXPECT_EQ(Call("/test/Absent", "x", &response).error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(GrpcServerTest, MessagesAreBounded) {
  std::string response;
  EXPECT_EQ(Call("/test/Echo", std::string(9 << 20, 'x'), &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Call("/test/Echo", "still there", &response).ok());
}

TEST_F(GrpcServerTest, StreamsGoBothWays) {
  grpc::ClientContext context;
  const auto stream = stub_->PrepareCall(&context, "/test/Stream", &queue_);
  stream->StartCall(nullptr);
  Wait();
  base::Random random(1);
  for (int i = 0; i < 50; ++i) {
    const std::string text(random.Uniform(200000), static_cast<char>('a' + i % 26));
    stream->Write(ToBuffer(text), nullptr);
    Wait();
    grpc::ByteBuffer answer;
    stream->Read(&answer, nullptr);
    Wait();
    ASSERT_TRUE(ToText(answer) == text) << i;
  }
  stream->WritesDone(nullptr);
  Wait();
  grpc::Status status;
  stream->Finish(&status, nullptr);
  Wait();
  EXPECT_TRUE(status.ok());
}

TEST_F(GrpcServerTest, AServerMayEndAStream) {
  grpc::ClientContext context;
  const auto stream = stub_->PrepareCall(&context, "/test/Stream", &queue_);
  stream->StartCall(nullptr);
  Wait();
  stream->Write(ToBuffer("end"), nullptr);
  Wait();
  grpc::Status status;
  stream->Finish(&status, nullptr);
  Wait();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(status.error_message(), "as you wish: 100%");
}

TEST_F(GrpcServerTest, AnsweringACallThatIsGoneDoesNothing) {
  {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::time_point());
    const auto reader = stub_->PrepareUnaryCall(&context, "/test/Never", ToBuffer("x"), &queue_);
    reader->StartCall();
    grpc::ByteBuffer buffer;
    grpc::Status status;
    reader->Finish(&buffer, &status, nullptr);
    Wait();
    EXPECT_FALSE(status.ok());
  }
  std::string response;
  EXPECT_TRUE(Call("/test/Echo", "x", &response).ok());
  if (never_ != nullptr) never_->Finish(FrameText("late"));
  EXPECT_TRUE(Call("/test/Echo", "x", &response).ok());
}

TEST_F(GrpcServerTest, ShutdownEndsStreamsAndRefusesConnections) {
  grpc::ClientContext context;
  const auto stream = stub_->PrepareCall(&context, "/test/Stream", &queue_);
  stream->StartCall(nullptr);
  Wait();
  stream->Write(ToBuffer("x"), nullptr);
  Wait();
  grpc::ByteBuffer answer;
  stream->Read(&answer, nullptr);
  Wait();
  server_->Shutdown(absl::UnavailableError("going away"), absl::Seconds(10));
  grpc::Status status;
  stream->Finish(&status, nullptr);
  Wait();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "going away");
  server_.reset();
  EXPECT_OK(base::PortIsFree("127.0.0.1", port_));
}

TEST_F(GrpcServerTest, OtherProtocolsAreHungUpOn) {
  for (const char* text :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense, and more of it"}) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_GT(send(fd, text, strlen(text), MSG_NOSIGNAL), 0);
    char buffer[1024];
    while (recv(fd, buffer, sizeof(buffer), 0) > 0) {
    }
    close(fd);
  }
  std::string response;
  EXPECT_TRUE(Call("/test/Echo", "x", &response).ok());
}

}  // namespace
}  // namespace kubelite::etcd
