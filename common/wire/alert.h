// Alerts to and from messages.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/status.h"
#include "weir/alert/v1/alert.pb.h"

namespace weir::wire {

void ToProto(const alert::Alert& alert, weir::alert::v1::Alert* message);
// InvalidArgument when the id is none. Parts of a newer version that this one does not know are left
// out.
StatusOr<alert::Alert> FromProto(const weir::alert::v1::Alert& message);

weir::alert::v1::Severity ToProto(rule::Severity severity);
weir::alert::v1::AlertStatus ToProto(alert::AlertStatus status);
// Empty for the unspecified and unknown.
std::optional<rule::Severity> FromProto(weir::alert::v1::Severity severity);
std::optional<alert::AlertStatus> FromProto(weir::alert::v1::AlertStatus status);

using CellMessages = google::protobuf::RepeatedPtrField<weir::alert::v1::Cell>;
void CellsToProto(const std::vector<alert::NamedCell>& cells, CellMessages* messages);
void CellsFromProto(const CellMessages& messages, std::vector<alert::NamedCell>* cells);

// 32 hexadecimal digits, either case. InvalidArgument.
StatusOr<Hash128> ParseAlertId(std::string_view text);

}  // namespace weir::wire
