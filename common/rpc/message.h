// Messages of callers, taken as the bytes they sent. The server does not let gRPC unpack compressed ones,
// because it would do so without a bound; whoever takes them unpacks them here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include "common/base/status.h"

namespace weir::rpc {

// The message's bytes: those in the buffer, which must live on, or, if they came in pieces or packed with
// gzip, also several times over, those put in storage. InvalidArgument for damaged data, or more than
// size_max bytes.
StatusOr<std::string_view> MessageBytes(const grpc::ByteBuffer& buffer, std::size_t size_max,
                                        std::string* storage);

// Parses the message, likewise.
Status ParseMessage(const grpc::ByteBuffer& buffer, std::size_t size_max,
                    google::protobuf::MessageLite* message);

grpc::ByteBuffer ToByteBuffer(const google::protobuf::MessageLite& message);

}  // namespace weir::rpc
