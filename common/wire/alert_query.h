// Filters, orders, actions and what is shown beside an alert, to and from messages.
#pragma once

#include <string>

#include "common/alert/details.h"
#include "common/alert/lifecycle.h"
#include "common/alert/query.h"
#include "common/base/status.h"
#include "weir/alert/v1/alert.pb.h"

namespace weir::wire {

// InvalidArgument begins with the path of the field that is wrong and a colon.
StatusOr<alert::AlertFilter> FromProto(const weir::alert::v1::AlertFilter& message);
void ToProto(const alert::AlertFilter& filter, weir::alert::v1::AlertFilter* message);

// The action without actor and expected revision; checked. InvalidArgument as above.
StatusOr<alert::Action> ActionFromProto(const weir::alert::v1::BatchUpdateAlertsRequest& message);
void ToProto(const alert::Action& action, weir::alert::v1::BatchUpdateAlertsRequest* message);

void ToProto(const alert::RowSeries& series, weir::alert::v1::RowSeries* message);
alert::RowSeries FromProto(const weir::alert::v1::RowSeries& message);
void ToProto(const alert::SuppressionState& state, weir::alert::v1::SuppressionState* message);
alert::SuppressionState FromProto(const weir::alert::v1::SuppressionState& message);

// InvalidArgument when an alert's id is none.
StatusOr<alert::Incident> FromProto(const weir::alert::v1::GetAlertResponse& message);

// The alert as lists and streams show it: without note, comments and history.
void StripForLists(alert::Alert* alert);

}  // namespace weir::wire
