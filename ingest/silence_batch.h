// Sources that are silent, as events: what `FROM logs-weir.sources-*` reads.
#pragma once

#include "common/base/status.h"
#include "common/base/time.h"
#include "ingest/batch.h"
#include "weir/cluster/v1/cluster.pb.h"

namespace weir::ingest {

// A document for each source, of now_ms. Each is one event for all who report it within interval_ms: its
// identity is the source and the interval. InvalidArgument when the request is none.
StatusOr<Batch> MakeSilenceBatch(const weir::cluster::v1::ReportSilenceRequest& request,
                                 UnixMillis now_ms);

}  // namespace weir::ingest
