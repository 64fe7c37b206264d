#include "common/expr/regex.h"

namespace weir::expr {

StatusOr<std::shared_ptr<const re2::RE2>> CompileRegex(std::string_view pattern, bool dot_newline) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(dot_newline);
  auto regex = std::make_shared<const re2::RE2>(ToPiece(pattern), options);
  if (regex->ok()) {
    return regex;
  }
  return InvalidArgument("{}", regex->error());
}

}  // namespace weir::expr
