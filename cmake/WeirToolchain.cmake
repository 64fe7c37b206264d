# Compiler settings of every target: C++20, warnings, sanitizers, ccache, jemalloc-free debug builds.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()
# -g1 keeps backtraces and halves link time; -DNDEBUG is left out so that DCHECKs run in tests of every build.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")

find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE)
  # Precompiled headers make ccache ask for these; a header that changes rebuilds them anyway.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${WEIR_CCACHE}")
endif()

# Links in a tenth of the time of the default linker; the sanitizers' builds keep to that.
find_program(WEIR_MOLD mold)
if(WEIR_MOLD AND NOT WEIR_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

set(WEIR_SANITIZE "" CACHE STRING "Sanitizers: empty, 'address' (with undefined) or 'thread'")
option(WEIR_WERROR "Treat warnings as errors" OFF)

# Everywhere alike: precompiled headers are only shared between equal flags.
add_compile_options(-pthread)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these falsely on inlined std::string and std::vector code at -O2.
  add_compile_options(-Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread
    -Wno-maybe-uninitialized)
endif()

add_library(weir_flags INTERFACE)
target_compile_options(weir_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${WEIR_WERROR}>:-Werror>)
target_include_directories(weir_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(weir_flags INTERFACE SPDLOG_FMT_EXTERNAL SPDLOG_COMPILED_LIB)

if(WEIR_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(WEIR_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -Wno-tsan)
  add_link_options(-fsanitize=thread)
elseif(WEIR_SANITIZE)
  message(FATAL_ERROR "WEIR_SANITIZE=${WEIR_SANITIZE}: use 'address' or 'thread'")
endif()
