#include "cli/cluster_call_internal.h"

#include <google/protobuf/util/json_util.h>

namespace weir::cli {

void PrintMessage(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string out;
  if (google::protobuf::util::MessageToJsonString(message, &out, options).ok()) {
    Print(out + "\n");
  }
}

}  // namespace weir::cli
