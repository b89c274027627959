# Target `headers`: every header of ours compiles alone, in a generated file that includes nothing else.
# Part of ./dev lint, not of a normal build.
set(patterns app selftest capacity uptime compare runs reports engine probes imaging metrics base sandbox packaging tests bench fuzz)
list(TRANSFORM patterns REPLACE "(.+)" "${CMAKE_SOURCE_DIR}/\\1/*.hpp")
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${patterns})
set(header_sources)
foreach(header IN LISTS headers)
  string(REGEX REPLACE "[^a-zA-Z0-9]" "_" name ${header})
  set(source ${CMAKE_BINARY_DIR}/headers/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n")
  list(APPEND header_sources ${source})
endforeach()
add_library(headers OBJECT EXCLUDE_FROM_ALL ${header_sources})
target_link_libraries(headers PRIVATE app sandbox test_support)
