#include "common/rpc/message.h"

#include <string>

#include <gmock/gmock.h>
#include <grpcpp/support/slice.h>
#include <gtest/gtest.h>

#include "tests/unit/source/gzip_bytes.h"

namespace weir::rpc {
namespace {

using source::GzipBytes;
using testing::HasSubstr;

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const std::size_t half = bytes.size() / 2;
  const grpc::Slice slices[] = {grpc::Slice(bytes.substr(0, half)),
                                grpc::Slice(bytes.substr(half))};
  return {slices, 2};
}

constexpr std::size_t kSizeMax = 1 << 20;

TEST(MessageTest, TakesBytesInPieces) {
  std::string storage;
  const auto bytes = MessageBytes(BufferOf("\x0a\x03" "abc"), kSizeMax, &storage);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*bytes, "\x0a\x03" "abc");
}

// Clients of gRPC for C++ pack a message again when they make a call anew by themselves.
TEST(MessageTest, UnpacksWhatRetriesOfTheClientPackedAgain) {
  const std::string message = "\x0a\x03" "abc";
  std::string packed = message;
  for (int times = 1; times <= 4; ++times) {
    packed = GzipBytes(packed);
    std::string storage;
    const auto bytes = MessageBytes(BufferOf(packed), kSizeMax, &storage);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    EXPECT_EQ(*bytes, message) << times;
  }
  std::string storage;
  const auto bytes = MessageBytes(BufferOf(GzipBytes(packed)), kSizeMax, &storage);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*bytes, GzipBytes(message));
}

TEST(MessageTest, RefusesWhatUnfoldsTooFarHoweverOftenItIsPacked) {
  const std::string packed = GzipBytes(std::string(64 << 20, ' '));
  ASSERT_LT(packed.size(), kSizeMax);
  for (const std::string& bomb : {packed, GzipBytes(packed)}) {
    std::string storage;
    const auto bytes = MessageBytes(BufferOf(bomb), kSizeMax, &storage);
    ASSERT_FALSE(bytes.ok());
    EXPECT_THAT(std::string(Message(bytes.status())),
                HasSubstr("larger than 1048576 bytes when unpacked"));
    EXPECT_LE(storage.size(), kSizeMax + 1);
  }
}

TEST(MessageTest, RefusesGzipDataThatEndsEarly) {
  const std::string packed = GzipBytes("\x0a\x03" "abc");
  std::string storage;
  const auto cut = MessageBytes(BufferOf(packed.substr(0, packed.size() - 4)), kSizeMax, &storage);
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir::rpc
