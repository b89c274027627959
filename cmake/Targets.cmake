# gelombang_library(NAME SOURCES a.cpp ... LINKS x y ...): one static library per folder.
function(gelombang_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC gelombang_options ${ARG_LINKS})
endfunction()

# gelombang_test(NAME SOURCES ... LINKS ... LABEL unit|integration): a Catch2 program,
# each test case a ctest entry.
function(gelombang_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE gelombang_options test_support ${ARG_LINKS})
  # Integration tests watch the clock and start peers: nothing else runs beside them.
  set(alone OFF)
  if(ARG_LABEL STREQUAL "integration")
    set(alone ON)
  endif()
  catch_discover_tests(${name} TEST_PREFIX "${name}: "
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 300 RUN_SERIAL ${alone})
endfunction()
