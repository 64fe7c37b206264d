// Bump allocator for what lives as long as one batch: strings and multivalues made while rows are
// evaluated. Nothing is freed singly; Reset() keeps the blocks for the next batch. One owner, one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

namespace weir {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Returns uninitialised memory aligned for any scalar.
  char* Allocate(std::size_t size) {
    size = (size + 7) & ~std::size_t{7};
    if (size <= left_) [[likely]] {
      char* memory = next_;
      next_ += size;
      left_ -= size;
      return memory;
    }
    return AllocateSlow(size);
  }

  // An uninitialised array; T must be trivially destructible.
  template <typename T>
  T* AllocateArray(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 8);
    return reinterpret_cast<T*>(Allocate(count * sizeof(T)));
  }

  std::string_view Copy(std::string_view text) {
    char* memory = Allocate(text.size());
    text.copy(memory, text.size());
    return {memory, text.size()};
  }

  // Forgets everything. Blocks of the standard size are kept for reuse, larger ones are freed.
  void Reset();

  std::size_t bytes_reserved() const { return bytes_reserved_; }

 private:
  static constexpr std::size_t kBlockSize = 64 * 1024;

  char* AllocateSlow(std::size_t size);

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<std::unique_ptr<char[]>> large_blocks_;
  std::size_t blocks_used_ = 0;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_reserved_ = 0;
};

}  // namespace weir
