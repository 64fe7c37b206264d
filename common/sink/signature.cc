#include "common/sink/signature.h"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/base/check.h"

namespace weir::sink {

std::string HmacSha256Hex(std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int size = 0;
  WEIR_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                  reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                  digest.data(), &size) != nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += fmt::format("{:02x}", digest[i]);
  }
  return hex;
}

std::string SignatureOf(std::string_view key, int64_t time_s, std::string_view body) {
  return fmt::format("t={},v1={}", time_s, HmacSha256Hex(key, fmt::format("{}.{}", time_s, body)));
}

}  // namespace weir::sink
