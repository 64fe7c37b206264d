#include "ingest/vector_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vector/vector.pb.h"

namespace weir::ingest {
namespace {

constexpr char kTrail[] = R"({"eventVersion":"1.09","eventName":"ListVaults"})";

struct Decoded {
  Status status;
  Batch batch;
  uint64_t others = 0;
};

Decoded Decode(const ::vector::PushEventsRequest& request) {
  Decoded decoded;
  decoded.status = VectorDecoder({}).Decode(request.SerializeAsString(), &decoded.batch,
                                            &decoded.others);
  return decoded;
}

TEST(VectorDecoderTest, TakesTheLineOfBothForms) {
  ::vector::PushEventsRequest request;
  auto* fields = request.add_events()->mutable_log()->mutable_fields();
  (*fields)["message"].set_raw_bytes(kTrail);
  (*fields)["bucket"].set_raw_bytes("b");
  auto* value = request.add_events()->mutable_log()->mutable_value();
  (*value->mutable_map()->mutable_fields())["message"].set_raw_bytes(kTrail);
  request.add_events()->mutable_log()->mutable_value()->set_raw_bytes(kTrail);
  const Decoded decoded = Decode(request);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_EQ(decoded.batch.payload, std::string(kTrail) + kTrail + kTrail);
  EXPECT_THAT(decoded.batch.refusals, ::testing::IsEmpty());
}

TEST(VectorDecoderTest, WritesParsedRecordsAsJson) {
  ::vector::PushEventsRequest request;
  auto* log = request.add_events()->mutable_log();
  auto& name = (*log->mutable_value()->mutable_map()->mutable_fields())["eventName"];
  auto* items = name.mutable_array();
  items->add_items()->set_integer(-5);
  items->add_items()->set_float_(1.5);
  items->add_items()->set_boolean(true);
  items->add_items()->set_null(event::NULL_VALUE);
  items->add_items()->mutable_timestamp()->set_seconds(1740823200);
  (*log->mutable_fields())["ignored"].set_integer(1);
  const Decoded decoded = Decode(request);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_EQ(decoded.batch.payload,
            R"({"eventName":[-5,1.5,true,null,"2025-03-01T10:00:00.000Z"]})");
}

TEST(VectorDecoderTest, CountsWhatIsNoLogAndRefusesWhatIsNoRecord) {
  ::vector::PushEventsRequest request;
  request.add_events()->mutable_metric();
  request.add_events()->mutable_trace();
  request.add_events()->mutable_log()->mutable_value()->set_raw_bytes("plain words");
  const Decoded decoded = Decode(request);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_EQ(decoded.others, 2);
  ASSERT_EQ(decoded.batch.refusals.size(), 1);
  EXPECT_EQ(decoded.batch.refusals[0].reason, source::RejectReason::kNotAnObject);
}

TEST(VectorDecoderTest, DamagedRequestsAreRefused) {
  ::vector::PushEventsRequest request;
  request.add_events()->mutable_log()->mutable_value()->set_raw_bytes(kTrail);
  const std::string bytes = request.SerializeAsString();
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    Batch batch;
    uint64_t others = 0;
    EXPECT_EQ(VectorDecoder({}).Decode(bytes.substr(0, size), &batch, &others).code(),
              StatusCode::kInvalidArgument)
        << size;
  }
}

}  // namespace
}  // namespace weir::ingest
