// Errors keep their code, message and retry advice across the wire.
#include "common/rpc/status.h"

#include <gtest/gtest.h>

namespace weir::rpc {
namespace {

TEST(StatusTest, EveryCodeSurvivesTheWire) {
  for (int code = 0; code <= static_cast<int>(StatusCode::kUnauthenticated); ++code) {
    const Status status = code == 0 ? OkStatus() : MakeError(static_cast<StatusCode>(code), "why");
    const Status again = FromGrpc(ToGrpc(status));
    EXPECT_EQ(again.code(), status.code());
    EXPECT_EQ(Message(again), Message(status));
  }
}

TEST(StatusTest, RetryAdviceSurvivesTheWire) {
  EXPECT_EQ(RetryDelayMillis(ToGrpc(Unavailable("busy"), 1250)), 1250);
  EXPECT_EQ(RetryDelayMillis(ToGrpc(Unavailable("busy"))), std::nullopt);
  EXPECT_EQ(RetryDelayMillis(grpc::Status(grpc::StatusCode::UNAVAILABLE, "x", "no proto \xff")),
            std::nullopt);
}

TEST(StatusTest, DetailsAreGoogleRpcStatus) {
  // code 14, message "busy", Any of RetryInfo {1 s 250 ms}, byte for byte.
  const std::string any_type = "type.googleapis.com/google.rpc.RetryInfo";
  const std::string retry("\x0a\x07\x08\x01\x10\x80\xe5\x9a\x77", 9);
  const std::string any = "\x0a" + std::string(1, static_cast<char>(any_type.size())) + any_type +
                          "\x12" + std::string(1, static_cast<char>(retry.size())) + retry;
  const std::string expected = std::string("\x08\x0e\x12\x04" "busy") + "\x1a" +
                               std::string(1, static_cast<char>(any.size())) + any;
  EXPECT_EQ(ToGrpc(Unavailable("busy"), 1250).error_details(), expected);
}

TEST(StatusTest, DetailsTellTheFieldAndTheReason) {
  EXPECT_EQ(RefusedFields(ToGrpcArgument(InvalidArgument("filter.fields[0].name: expected one"))),
            std::vector<std::string>{"filter.fields[0].name"});
  EXPECT_TRUE(RefusedFields(ToGrpcArgument(InvalidArgument("what is this: a text"))).empty());
  EXPECT_TRUE(RefusedFields(ToGrpcArgument(Unavailable("worker: away"))).empty());
  EXPECT_EQ(ReasonOf(ToGrpcReason(Unavailable("x"), "TOO_OLD")), "TOO_OLD");
  EXPECT_EQ(ReasonOf(ToGrpc(Unavailable("x"), 5)), "");
}

TEST(StatusTest, OnlyPassingTroubleIsRetryable) {
  EXPECT_TRUE(IsRetryable(StatusCode::kUnavailable));
  EXPECT_TRUE(IsRetryable(StatusCode::kAborted));
  EXPECT_FALSE(IsRetryable(StatusCode::kInvalidArgument));
  EXPECT_FALSE(IsRetryable(StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace weir::rpc
