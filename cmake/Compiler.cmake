# Compiler settings for our own code. Dependencies come in as SYSTEM headers.
find_program(CCACHE ccache)
if(CCACHE)
  # Relative to the source tree, so that clones of it share what was compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

add_library(gelombang_options INTERFACE)
target_include_directories(gelombang_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(gelombang_options INTERFACE
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual
  -Wextra-semi -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op>
  $<$<BOOL:${GELOMBANG_WERROR}>:-Werror>)

# Sanitizers and coverage must cover every object that is linked together.
if(GELOMBANG_SANITIZE)
  add_compile_options(-fsanitize=${GELOMBANG_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${GELOMBANG_SANITIZE})
  if(GELOMBANG_SANITIZE MATCHES "undefined")
    # Its check opens a pipe, and cries wolf in the test that has no descriptors left.
    add_compile_options(-fno-sanitize=vptr)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # clang 14 cannot assemble this check together with coroutines.
    add_compile_options(-fno-sanitize=function)
  endif()
endif()
if(GELOMBANG_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC says that it does not follow fences; Asio has one beside the locks that it does follow.
  add_compile_options(-Wno-tsan)
endif()
if(GELOMBANG_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(GELOMBANG_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
