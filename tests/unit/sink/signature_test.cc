#include "common/sink/signature.h"

#include <gtest/gtest.h>

namespace weir::sink {
namespace {

// RFC 4231.
TEST(SignatureTest, HmacGivesThePublishedVectors) {
  EXPECT_EQ(HmacSha256Hex(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(HmacSha256Hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(SignatureTest, CoversTimeAndBody) {
  EXPECT_EQ(SignatureOf("key", 17, "body"), "t=17,v1=" + HmacSha256Hex("key", "17.body"));
  EXPECT_NE(SignatureOf("key", 17, "body"), SignatureOf("key", 18, "body"));
}

}  // namespace
}  // namespace weir::sink
