#include "common/alert/rule_note.h"

#include <gtest/gtest.h>

#include "sample_alert_internal.h"

namespace weir::alert {
namespace {

Alert Deleted() {
  Alert alert;
  alert.columns = {Cell("user", Value::Keyword("mara")),
                   ListCell("ids", {Value::Keyword("g-1"), Value::Keyword("g-2")}),
                   Cell("count", Value::Long(12)), Cell("role", Value::Null()),
                   Cell("a.b", Value::Keyword("dotted"))};
  return alert;
}

TEST(RuleNoteTest, ColumnsFillTheTemplate) {
  EXPECT_EQ(FillTemplate("$user$ removed $ids$ in $count$ calls ($a.b$)", Deleted()),
            "mara removed g-1, g-2 in 12 calls (dotted)");
}

TEST(RuleNoteTest, WhatHasNoValueStaysAsWritten) {
  EXPECT_EQ(FillTemplate("$role$ and $nobody$, 5$ and $user$", Deleted()),
            "$role$ and $nobody$, 5$ and mara");
  EXPECT_EQ(FillTemplate("$$user$$", Deleted()), "$mara$");
  EXPECT_EQ(FillTemplate("$", Deleted()), "$");
  EXPECT_EQ(FillTemplate("", Deleted()), "");
}

TEST(RuleNoteTest, ADetectionSaysWhoIsAtRisk) {
  rule::Rule rule;
  rule.note = "Ask the owner.";
  rule.detection.emplace();
  rule.detection->message = "$user$ removed $ids$";
  rule.detection->risk_objects = {{"user", "user", 50}, {"role", "user", 70}};
  rule.detection->threat_objects = {{"a.b", "ip_address", 0}};
  EXPECT_EQ(NoteOf(rule, Deleted()),
            "mara removed g-1, g-2\nat risk: user mara, score 50\nthreat object: ip_address dotted\n\n"
            "Ask the owner.");
}

TEST(RuleNoteTest, OtherRulesHaveTheirGuideAlone) {
  rule::Rule rule;
  rule.note = "Look at $user$.";
  EXPECT_EQ(NoteOf(rule, Deleted()), "Look at $user$.");
}

}  // namespace
}  // namespace weir::alert
