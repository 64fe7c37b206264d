// The rows of the CloudTrail view for the normaliser, and the columns that are computed (cim_columns.cc).
#pragma once

#include <span>

#include "common/source/cloudtrail_internal.h"
#include "common/source/normaliser_internal.h"

namespace weir::source::cloudtrail {

std::span<const FieldRow> CimRows();

// Every value at a raw path, as a search names it, in the record's order.
Value RawValue(RecordView& record, std::string_view path, DataType type);
// The text at a raw path of the record, whatever scalar it is; empty when there is none.
std::string_view RawText(RecordView& record, std::string_view path);

Value CimUserValue(RecordView& record, const Binding& binding);
Value CimUserNameValue(RecordView& record, const Binding& binding);
Value CimUserNameRawValue(RecordView& record, const Binding& binding);   // userName
Value CimUserArnValue(RecordView& record, const Binding& binding);
Value CimUserTypeValue(RecordView& record, const Binding& binding);
Value CimAccountValue(RecordView& record, const Binding& binding);       // aws_account_id
Value CimDestValue(RecordView& record, const Binding& binding);
Value CimErrorCodeValue(RecordView& record, const Binding& binding);
Value CimMessageValue(RecordView& record, const Binding& binding);       // msg
Value CimActionValue(RecordView& record, const Binding& binding);
Value CimStatusValue(RecordView& record, const Binding& binding);
Value CimChangeTypeValue(RecordView& record, const Binding& binding);
Value CimTimePartValue(RecordView& record, const Binding& binding);      // date_hour, ...

}  // namespace weir::source::cloudtrail
