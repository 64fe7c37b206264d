#include "common/base/arena.h"

namespace weir {

char* Arena::AllocateSlow(std::size_t size) {
  if (size > kBlockSize / 4) {
    large_blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    bytes_reserved_ += size;
    return large_blocks_.back().get();
  }
  if (blocks_used_ == blocks_.size()) {
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlockSize));
    bytes_reserved_ += kBlockSize;
  }
  next_ = blocks_[blocks_used_++].get();
  left_ = kBlockSize;
  char* memory = next_;
  next_ += size;
  left_ -= size;
  return memory;
}

void Arena::Reset() {
  large_blocks_.clear();
  blocks_used_ = 0;
  next_ = nullptr;
  left_ = 0;
  bytes_reserved_ = blocks_.size() * kBlockSize;
}

}  // namespace weir
