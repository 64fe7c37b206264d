#include "coordinator/watch_cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::coordinator {
namespace {

TEST(WatchCursorTest, ComesBackFromItsText) {
  WatchCursor cursor;
  cursor.Raise(3, 0);
  cursor.Raise(700, 123456789);
  cursor.Raise(700, 5);   // it never falls
  const StatusOr<WatchCursor> again = WatchCursor::Parse(cursor.ToText());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->Of(0), -1);
  EXPECT_EQ(again->Of(3), 0);
  EXPECT_EQ(again->Of(700), 123456789);
  EXPECT_EQ(again->Of(701), -1);
  EXPECT_EQ(again->ToText(), cursor.ToText());
  EXPECT_TRUE(WatchCursor::Parse(WatchCursor().ToText()).ok());
}

TEST(WatchCursorTest, RefusesWhatIsNone) {
  WatchCursor cursor;
  cursor.Raise(3, 77);
  const std::string text = cursor.ToText();
  for (const std::string& broken :
       {std::string(), std::string("x"), text.substr(0, text.size() - 2), text + "AA",
        std::string("////"), "B" + text.substr(1)}) {
    EXPECT_EQ(WatchCursor::Parse(broken).status().code(), StatusCode::kInvalidArgument) << broken;
  }
}

TEST(WatchCursorTest, TellsWhereItIsBehind) {
  WatchCursor old;
  old.Raise(1, 5);
  WatchCursor evicted;
  EXPECT_EQ(old.BehindIn(evicted), -1);
  evicted.Raise(1, 5);
  EXPECT_EQ(old.BehindIn(evicted), -1);
  evicted.Raise(2, 1);
  EXPECT_EQ(old.BehindIn(evicted), 2);
  old.RaiseTo(evicted);
  EXPECT_EQ(old.BehindIn(evicted), -1);
}

}  // namespace
}  // namespace weir::coordinator
