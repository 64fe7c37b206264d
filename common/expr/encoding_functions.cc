// Digests, base64 and URL encoding of text.
#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "common/base/check.h"
#include "common/expr/functions_internal.h"

namespace weir::expr {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// A Java MessageDigest name ("SHA-256", "sha1"); null when there is none such.
const EVP_MD* FindDigest(std::string_view algorithm) {
  std::string name(algorithm);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (name == "SHA") {
    name = "SHA1";
  } else if (name.starts_with("SHA-")) {
    name.erase(3, 1);
    std::replace(name.begin(), name.end(), '/', '-');
  }
  static constexpr std::array<std::string_view, 12> kKnown = {
      "MD5",        "SHA1",     "SHA224",   "SHA256",   "SHA384",   "SHA512",
      "SHA512-224", "SHA512-256", "SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512"};
  if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
    return nullptr;
  }
  return EVP_get_digestbyname(name.c_str());
}

Value Digest(const Frame& frame, const EVP_MD* digest, std::string_view text) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  WEIR_CHECK(EVP_Digest(text.data(), text.size(), bytes, &size, digest, nullptr) == 1,
             "the digest failed");
  char* out = frame.arena().Allocate(std::size_t{size} * 2);
  for (unsigned int i = 0; i < size; ++i) {
    out[2 * i] = kHexDigits[bytes[i] >> 4];
    out[2 * i + 1] = kHexDigits[bytes[i] & 15];
  }
  return Value::Keyword({out, std::size_t{size} * 2});
}

std::string UnknownDigest(std::string_view algorithm) {
  return fmt::format("{} MessageDigest not available", algorithm);
}

ExprPtr MakeDigest(Call& call, const EVP_MD* digest) {
  return call.Make(DataType::kKeyword, [digest](const Frame& frame, Args args) {
    return Digest(frame, digest, args.back().text());
  });
}

Value ToBase64(const Frame& frame, std::string_view text) {
  const std::size_t size = (text.size() + 2) / 3 * 4;
  char* out = frame.arena().Allocate(size);
  std::size_t place = 0;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = (group << 8) |
              (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : uint32_t{0});
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out[place++] = i + k > text.size() ? '=' : kBase64Digits[(group >> (18 - 6 * k)) & 63];
    }
  }
  return Value::Keyword({out, size});
}

Value FromBase64(const Frame& frame, std::string_view text) {
  static constexpr std::string_view kBad =
      "java.lang.IllegalArgumentException: Illegal base64 character or length";
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  if (text.size() % 4 == 1 || (padding != 0 && (text.size() + padding) % 4 != 0)) {
    return frame.Fail(kBad);
  }
  char* out = frame.arena().Allocate(text.size());
  std::size_t size = 0;
  uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    const std::size_t digit = kBase64Digits.find(c);
    if (digit == std::string_view::npos) {
      return frame.Fail(kBad);
    }
    bits = (bits << 6) | static_cast<uint32_t>(digit);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      out[size++] = static_cast<char>((bits >> bit_count) & 0xff);
    }
  }
  return Value::Keyword({out, size});
}

Value UrlEncode(const Frame& frame, std::string_view text, std::string_view unreserved,
                bool plus_for_blank) {
  char* out = frame.arena().Allocate(text.size() * 3);
  std::size_t size = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x80 && std::isalnum(byte) != 0) ||
        unreserved.find(c) != std::string_view::npos) {
      out[size++] = c;
    } else if (c == ' ' && plus_for_blank) {
      out[size++] = '+';
    } else {
      static constexpr std::string_view kUpperHex = "0123456789ABCDEF";
      out[size++] = '%';
      out[size++] = kUpperHex[byte >> 4];
      out[size++] = kUpperHex[byte & 15];
    }
  }
  return Value::Keyword({out, size});
}

int HexDigit(char c) {
  const std::size_t digit = kHexDigits.find(
      static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  return digit == std::string_view::npos ? -1 : static_cast<int>(digit);
}

Value UrlDecode(const Frame& frame, std::string_view text) {
  char* out = frame.arena().Allocate(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out[size++] = text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return frame.Fail(
          "java.lang.IllegalArgumentException: URLDecoder: Incomplete or illegal escape (%) "
          "pattern");
    }
    out[size++] = static_cast<char>(high * 16 + low);
    i += 2;
  }
  return Value::Keyword({out, size});
}

}  // namespace

ExprPtr MakeHash(Call& call) {
  if (const Value* algorithm = call.constant(0)) {
    const EVP_MD* digest = FindDigest(algorithm->text());
    if (digest == nullptr) {
      return call.Error(fmt::format("invalid algorithm for [{}]: {}", call.site().text,
                                    UnknownDigest(algorithm->text())));
    }
    return MakeDigest(call, digest);
  }
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    const EVP_MD* digest = FindDigest(args[0].text());
    return digest != nullptr ? Digest(frame, digest, args[1].text())
                             : frame.Fail("java.security.NoSuchAlgorithmException: " +
                                          UnknownDigest(args[0].text()));
  });
}

ExprPtr MakeMd5(Call& call) {
  return MakeDigest(call, EVP_md5());
}

ExprPtr MakeSha1(Call& call) {
  return MakeDigest(call, EVP_sha1());
}

ExprPtr MakeSha256(Call& call) {
  return MakeDigest(call, EVP_sha256());
}

ExprPtr MakeToBase64(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    return ToBase64(frame, args[0].text());
  });
}

ExprPtr MakeFromBase64(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    return FromBase64(frame, args[0].text());
  });
}

ExprPtr MakeUrlEncode(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    return UrlEncode(frame, args[0].text(), ".-*_", true);
  });
}

ExprPtr MakeUrlEncodeComponent(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    return UrlEncode(frame, args[0].text(), ".-_~", false);
  });
}

ExprPtr MakeUrlDecode(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    return UrlDecode(frame, args[0].text());
  });
}

}  // namespace weir::expr
