// What the commands about groups share: how groups and their conditions are written.
#pragma once

#include <string>

#include "weir/group/v1/group.grpc.pb.h"

namespace weir::cli {

// "user.name = bob, model = m"; "all rows" of a group without keys.
std::string GroupKeyText(const weir::group::v1::Group& group);
// "COUNT(*) 2 of 3, ..."; of a strict condition "more than 3".
std::string ConditionsText(const weir::group::v1::Group& group);
// "67 %"; "-" where nothing can be said.
std::string ShareText(const weir::group::v1::Group& group);

}  // namespace weir::cli
