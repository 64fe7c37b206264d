#include "common/source/byte_source_internal.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace weir::source {

namespace {

constexpr std::size_t kRawBytes = 128 * 1024;
constexpr int kGzipWindow = 15 + 16;  // zlib: the largest window, with a gzip header

std::string ErrnoText(int error) {
  return std::error_code(error, std::generic_category()).message();
}

bool AllZero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

class ByteSource::Inflater {
 public:
  Inflater() { initialised_ = inflateInit2(&stream_, kGzipWindow) == Z_OK; }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (initialised_) {
      inflateEnd(&stream_);
    }
  }

  // Unpacks from input to output. False when the data is damaged.
  bool Step(std::string_view input, char* output, std::size_t output_size, std::size_t* consumed,
            std::size_t* produced) {
    if (!initialised_) {
      return false;
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(output);
    stream_.avail_out = static_cast<uInt>(output_size);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    *consumed = input.size() - stream_.avail_in;
    *produced = output_size - stream_.avail_out;
    at_member_end_ = result == Z_STREAM_END;
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
  }

  bool at_member_end() const { return at_member_end_; }
  void StartMember() {
    inflateReset(&stream_);
    at_member_end_ = false;
  }

 private:
  z_stream stream_{};
  bool initialised_ = false;
  bool at_member_end_ = false;
};

StatusOr<std::unique_ptr<ByteSource>> ByteSource::Open(const std::string& path) {
  if (path == "-") {
    return std::unique_ptr<ByteSource>(new ByteSource(STDIN_FILENO, "standard input", 0));
  }
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const int error = errno;
    return error == ENOENT ? NotFound("opening {}: {}", path, ErrnoText(error))
                           : FailedPrecondition("opening {}: {}", path, ErrnoText(error));
  }
  struct stat info {};
  const bool known = fstat(descriptor, &info) == 0;
  if (known && S_ISDIR(info.st_mode)) {
    close(descriptor);
    return InvalidArgument("opening {}: it is a directory", path);
  }
  const uint64_t size =
      known && S_ISREG(info.st_mode) ? static_cast<uint64_t>(info.st_size) : uint64_t{0};
  return std::unique_ptr<ByteSource>(new ByteSource(descriptor, path, size));
}

ByteSource::ByteSource(int descriptor, std::string name, uint64_t bytes_total)
    : descriptor_(descriptor),
      name_(std::move(name)),
      raw_(std::make_unique<char[]>(kRawBytes)),
      bytes_total_(bytes_total) {}

ByteSource::~ByteSource() {
  if (descriptor_ != STDIN_FILENO) {
    close(descriptor_);
  }
}

// Moves the bytes left to the front and reads more behind them.
Status ByteSource::FillRaw() {
  std::memmove(raw_.get(), raw_.get() + raw_begin_, raw_end_ - raw_begin_);
  raw_end_ -= raw_begin_;
  raw_begin_ = 0;
  while (!raw_ended_ && raw_end_ < kRawBytes) {
    const ssize_t count = read(descriptor_, raw_.get() + raw_end_, kRawBytes - raw_end_);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      const int error = errno;
      return Unavailable("reading {} at byte {}: {}", name_, bytes_read_, ErrnoText(error));
    }
    raw_ended_ = count == 0;
    raw_end_ += static_cast<std::size_t>(count);
    bytes_read_ += static_cast<uint64_t>(count);
    if (raw_end_ >= 2) {
      break;
    }
  }
  return OkStatus();
}

StatusOr<std::size_t> ByteSource::Read(char* buffer, std::size_t size) {
  if (!started_) {
    WEIR_RETURN_IF_ERROR(FillRaw());
    started_ = true;
    if (HasGzipMagic({raw_.get(), raw_end_})) {
      inflater_ = std::make_unique<Inflater>();
    }
  }
  if (inflater_ != nullptr) {
    return ReadInflated(buffer, size);
  }
  if (raw_begin_ == raw_end_ && !raw_ended_) {
    WEIR_RETURN_IF_ERROR(FillRaw());
  }
  const std::size_t count = std::min(size, raw_end_ - raw_begin_);
  std::memcpy(buffer, raw_.get() + raw_begin_, count);
  raw_begin_ += count;
  return count;
}

StatusOr<std::size_t> ByteSource::ReadInflated(char* buffer, std::size_t size) {
  while (true) {
    if (raw_end_ - raw_begin_ < 2 && !raw_ended_) {
      WEIR_RETURN_IF_ERROR(FillRaw());
    }
    const std::string_view raw(raw_.get() + raw_begin_, raw_end_ - raw_begin_);
    const uint64_t offset = bytes_read_ - raw.size();
    if (inflater_->at_member_end()) {
      if (HasGzipMagic(raw)) {
        inflater_->StartMember();
      } else if (AllZero(raw)) {  // padding of block devices and archives
        raw_begin_ = raw_end_;
        if (raw_ended_) {
          return std::size_t{0};
        }
        continue;
      } else {
        return DataLoss("unpacking {}: no gzip data at byte {}", name_, offset);
      }
    }
    std::size_t consumed = 0;
    std::size_t produced = 0;
    if (!inflater_->Step(raw, buffer, size, &consumed, &produced)) {
      if (produced > 0) {
        raw_begin_ += consumed;
        return produced;
      }
      return DataLoss("unpacking {}: damaged gzip data at byte {}", name_, offset + consumed);
    }
    raw_begin_ += consumed;
    if (produced > 0) {
      return produced;
    }
    if (consumed == 0 && raw_ended_ && !inflater_->at_member_end()) {
      return DataLoss("unpacking {}: the gzip data ends too early, at byte {}", name_,
                      bytes_read_);
    }
    if (consumed == 0 && !inflater_->at_member_end()) {
      WEIR_RETURN_IF_ERROR(FillRaw());
    }
  }
}

bool Gunzip(std::string_view bytes, std::size_t size_max, std::string* out, bool* too_large) {
  out->clear();
  *too_large = false;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) {
    return false;
  }
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  bool whole = false;
  while (!*too_large) {
    const std::size_t before = out->size();
    out->resize(std::min(size_max + 1, std::max<std::size_t>(before * 2, bytes.size() * 4 + 256)));
    stream.next_out = reinterpret_cast<Bytef*>(out->data() + before);
    stream.avail_out = static_cast<uInt>(out->size() - before);
    const int result = inflate(&stream, Z_NO_FLUSH);
    out->resize(out->size() - stream.avail_out);
    *too_large = out->size() > size_max;
    if (result == Z_STREAM_END) {
      const std::string_view rest(reinterpret_cast<const char*>(stream.next_in), stream.avail_in);
      if (!HasGzipMagic(rest)) {
        whole = AllZero(rest);
        break;
      }
      inflateReset(&stream);
    } else if (result != Z_OK) {
      break;
    }
  }
  inflateEnd(&stream);
  return whole && !*too_large;
}

}  // namespace weir::source
