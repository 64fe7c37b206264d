#include "ingest/services.h"

namespace weir::ingest {

void Services::Drain() {
  pipeline_->Drain();
  push_.Drain();
}

void Services::FillStatus(weir::cluster::v1::IngestStatus* status) const {
  push_.FillStatus(status);
  status->set_other_events(vector_.other_events());
}

}  // namespace weir::ingest
