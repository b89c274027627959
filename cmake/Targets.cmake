# Headers of others that most of our files include. Reading them again in each file is up to a half of its time.
set(GELOMBANG_PRECOMPILED
  <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <string> <string_view> <utility> <vector>
  <fmt/format.h> <boost/system/result.hpp>)

# The files of the libraries in GELOMBANG_UNITY are compiled a dozen at a time, which takes two thirds of the time: so no
# two files of a library have different things of one name. Those that send requests are 2 % slower then.
# gelombang_library(NAME SOURCES a.cpp ... LINKS x y ... [PRECOMPILE <header> ...]): one static library per folder.
# PRECOMPILE: further headers of others that most of its files include.
function(gelombang_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRECOMPILE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC gelombang_options ${ARG_LINKS})
  if(GELOMBANG_PRECOMPILE)
    target_precompile_headers(${name} PRIVATE ${GELOMBANG_PRECOMPILED} ${ARG_PRECOMPILE})
  endif()
  if(name IN_LIST GELOMBANG_UNITY)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
  endif()
endfunction()

# gelombang_test(NAME SOURCES ... LINKS ... LABEL unit|integration [PROCESSORS n]): a Catch2 program, each test case a ctest entry.
# Test cases run beside others, but for those with the tag [alone], which judge what the clock says. Those with the tag
# [statistics] are about a figure: they repeat the same code many times for its sake, or it is a time that sanitizers
# change. Sanitizers leave them out.
# PROCESSORS: of the tests that ctest lets run beside each other (./dev: six on two cores), one of these counts as so
# many, and begins before those that count less: it is a long one.
function(gelombang_test name)
  cmake_parse_arguments(ARG "" "LABEL;PROCESSORS" "SOURCES;LINKS" ${ARGN})
  gelombang_test_program(${name} SOURCES ${ARG_SOURCES} LINKS ${ARG_LINKS})
  if(NOT ARG_PROCESSORS)
    set(ARG_PROCESSORS 1)
  endif()
  gelombang_discover_tests(${name} LABEL ${ARG_LABEL} SOURCES ${ARG_SOURCES}
    PROPERTIES PROCESSORS ${ARG_PROCESSORS} COST ${ARG_PROCESSORS})
endfunction()

# gelombang_test_program(NAME SOURCES ... LINKS ...): such a program, without its entries.
function(gelombang_test_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE gelombang_options test_support ${ARG_LINKS})
  # What is tested is optimised; what tests it is only compiled sooner.
  target_compile_options(${name} PRIVATE -O0)
  if(GELOMBANG_PRECOMPILE)
    target_precompile_headers(${name} REUSE_FROM test_support)
  endif()
endfunction()

# Of a program that is there.
function(gelombang_discover_tests name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;PROPERTIES" ${ARGN})
  set(properties TIMEOUT 300 ${ARG_PROPERTIES})
  # A name that Catch does not find (it was cut at a semicolon, say) is a failure and no success. Catch warns of a list
  # without a test, so it is only asked for those that are there.
  gelombang_count_lines("TEST_CASE" all ${ARG_SOURCES})
  gelombang_count_lines("\\[alone\\]" alone ${ARG_SOURCES})
  gelombang_count_lines("\\[statistics\\]" statistics ${ARG_SOURCES})
  gelombang_count_lines("\\[alone\\].*\\[statistics\\]" both ${ARG_SOURCES})
  math(EXPR others "${all} - ${alone} - ${statistics} + ${both}")
  math(EXPR only_alone "${alone} - ${both}")
  math(EXPR only_statistics "${statistics} - ${both}")
  gelombang_discover_some(${others} "~[alone]~[statistics]" LABELS ${ARG_LABEL} ${properties})
  gelombang_discover_some(${only_alone} "[alone]~[statistics]" LABELS ${ARG_LABEL} RUN_SERIAL ON ${properties})
  gelombang_discover_some(${only_statistics} "[statistics]~[alone]" LABELS statistics ${properties})
  gelombang_discover_some(${both} "[alone][statistics]" LABELS statistics RUN_SERIAL ON ${properties})
endfunction()

macro(gelombang_discover_some count tags)
  if(${count} GREATER 0)
    catch_discover_tests(${name} TEST_PREFIX "${name}: " ${GELOMBANG_CATCH_ARGUMENTS} TEST_SPEC "${tags}" PROPERTIES ${ARGN})
  endif()
endmacro()

# How many lines of the files match; counted anew when a file has changed.
function(gelombang_count_lines pattern result)
  set(count 0)
  foreach(file IN LISTS ARGN)
    file(REAL_PATH ${file} path)
    file(STRINGS ${path} lines REGEX "${pattern}")
    list(LENGTH lines here)
    math(EXPR count "${count} + ${here}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  endforeach()
  set(${result} ${count} PARENT_SCOPE)
endfunction()
