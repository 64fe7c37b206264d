#include "common/rpc/message.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <grpcpp/support/slice.h>
#include <zlib.h>

namespace weir::rpc {
namespace {

constexpr int kGzipWindow = 15 + 16;
constexpr std::size_t kFirstBytes = 64 * 1024;
constexpr int kPackedTimesMax = 4;

std::string_view ViewOf(const grpc::Slice& slice) {
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

// No message of ours starts so: it would be a field of a type that does not exist.
bool HasGzipMagic(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

// Unpacks one member that lies in several slices. The text grows by doubling, up to the limit and a byte.
class Inflater {
 public:
  Inflater(std::size_t size_max, std::string* out) : size_max_(size_max), out_(out) {
    ready_ = inflateInit2(&stream_, kGzipWindow) == Z_OK;
    out_->clear();
  }
  ~Inflater() {
    if (ready_) {
      inflateEnd(&stream_);
    }
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Status Add(std::string_view bytes) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    while (ready_ && !done_ && (stream_.avail_in != 0 || full_)) {
      const std::size_t before = out_->size();
      out_->resize(std::min(size_max_ + 1, std::max(before * 2, kFirstBytes)));
      stream_.next_out = reinterpret_cast<Bytef*>(out_->data() + before);
      stream_.avail_out = static_cast<uInt>(out_->size() - before);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      full_ = stream_.avail_out == 0;
      out_->resize(out_->size() - stream_.avail_out);
      if (out_->size() > size_max_) {
        return InvalidArgument("the message is larger than {} bytes when unpacked", size_max_);
      }
      done_ = result == Z_STREAM_END;
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        return InvalidArgument("the message is damaged gzip data");
      }
    }
    return ready_ ? OkStatus() : ResourceExhausted("no memory to unpack the message");
  }
  Status Finish() const {
    return done_ ? OkStatus() : InvalidArgument("the message is gzip data that ends early");
  }

 private:
  const std::size_t size_max_;
  std::string* const out_;
  z_stream stream_{};
  bool ready_ = false;
  bool done_ = false;
  bool full_ = false;
};

// Clients of gRPC for C++ pack a message once more each time they make a call anew by themselves, as they do
// when a connection ends, and say nothing of it.
Status UnpackAgain(std::size_t size_max, std::string* bytes) {
  for (int times = 1; times < kPackedTimesMax && HasGzipMagic(*bytes); ++times) {
    const std::string packed = std::move(*bytes);
    Inflater inflater(size_max, bytes);
    WEIR_RETURN_IF_ERROR(inflater.Add(packed));
    WEIR_RETURN_IF_ERROR(inflater.Finish());
  }
  return OkStatus();
}

}  // namespace

StatusOr<std::string_view> MessageBytes(const grpc::ByteBuffer& buffer, std::size_t size_max,
                                        std::string* storage) {
  storage->clear();
  std::vector<grpc::Slice> slices;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) {
    return InvalidArgument("the message could not be read");
  }
  std::erase_if(slices, [](const grpc::Slice& slice) { return slice.size() == 0; });
  if (slices.empty()) {
    return std::string_view();
  }
  std::string head;
  for (const grpc::Slice& slice : slices) {
    head += ViewOf(slice).substr(0, 2);
    if (head.size() >= 2) {
      break;
    }
  }
  if (HasGzipMagic(head)) {
    Inflater inflater(size_max, storage);
    for (const grpc::Slice& slice : slices) {
      WEIR_RETURN_IF_ERROR(inflater.Add(ViewOf(slice)));
    }
    WEIR_RETURN_IF_ERROR(inflater.Finish());
    WEIR_RETURN_IF_ERROR(UnpackAgain(size_max, storage));
    return std::string_view(*storage);
  }
  if (buffer.Length() > size_max) {
    return InvalidArgument("the message has {} bytes, at most {} are allowed", buffer.Length(),
                           size_max);
  }
  if (slices.size() == 1 && slices.front().size() > GRPC_SLICE_INLINED_SIZE) {
    return ViewOf(slices.front());   // the buffer holds another reference to these bytes
  }
  storage->reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    storage->append(ViewOf(slice));
  }
  return std::string_view(*storage);
}

Status ParseMessage(const grpc::ByteBuffer& buffer, std::size_t size_max,
                    google::protobuf::MessageLite* message) {
  std::string storage;
  WEIR_ASSIGN_OR_RETURN(const std::string_view bytes, MessageBytes(buffer, size_max, &storage));
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InvalidArgument("the message is no {}", message->GetTypeName());
  }
  return OkStatus();
}

grpc::ByteBuffer ToByteBuffer(const google::protobuf::MessageLite& message) {
  const std::string bytes = message.SerializeAsString();
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

}  // namespace weir::rpc
