#include "common/expr/redact.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "common/base/check.h"

namespace weir::expr {

namespace {

// 64 bits: two of a billion texts are taken for one with a chance of 3 %.
constexpr std::size_t kDigestBytesShown = 8;

std::string DigestText(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  WEIR_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  std::string hex;
  for (std::size_t i = 0; i < kDigestBytesShown; ++i) {
    hex += fmt::format("{:02x}", digest[i]);
  }
  return hex;
}

// Characters of UTF-8: bytes that continue one are not counted.
std::size_t CountCharacters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool Contains(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
           return LowerAscii(a) == LowerAscii(b);
         }) != text.end();
}

class Redacted final : public Expr {
 public:
  Redacted(ExprPtr value, RedactOptions options)
      : Expr(value->type()), value_(std::move(value)), options_(std::move(options)) {}

  Value Eval(EvalContext& context) const override {
    const Value value = value_->Eval(context);
    std::vector<Value> items;
    for (const Value& item : value.items()) {
      items.push_back(
          Value::String(item.type(), context.arena->Copy(RedactText(item.text(), options_))));
    }
    return Value::MakeMulti(items, context.arena);
  }

 private:
  ExprPtr value_;
  RedactOptions options_;
};

}  // namespace

std::string RedactText(std::string_view text, const RedactOptions& options) {
  std::string out = "[redacted: ";
  if (options.shows_length) {
    out += fmt::format("{} characters, ", CountCharacters(text));
  }
  out += "sha256 " + DigestText(text);
  std::string_view before = ", has ";
  for (const std::string& word : options.words) {
    if (Contains(text, word)) {
      out += fmt::format("{}\"{}\"", before, word);
      before = ", ";
    }
  }
  return out + "]";
}

ExprPtr MakeRedacted(ExprPtr value, RedactOptions options) {
  WEIR_CHECK(IsString(value->type()));
  return std::make_shared<Redacted>(std::move(value), std::move(options));
}

bool IsRedacted(const Expr& expression) {
  return dynamic_cast<const Redacted*>(&expression) != nullptr;
}

}  // namespace weir::expr
