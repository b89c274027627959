# Everything comes from the system; nothing is downloaded. See packages.txt.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(prometheus-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
pkg_check_modules(luajit REQUIRED IMPORTED_TARGET luajit)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo)
pkg_check_modules(turbojpeg REQUIRED IMPORTED_TARGET libturbojpeg)
find_package(ZLIB REQUIRED)
pkg_check_modules(png REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(gmime REQUIRED IMPORTED_TARGET gmime-3.0)
# -pthread and a macro of large files, which do nothing here but make another precompiled header necessary.
set_target_properties(PkgConfig::gmime PROPERTIES INTERFACE_COMPILE_OPTIONS "")
pkg_check_modules(xml2 REQUIRED IMPORTED_TARGET libxml-2.0)
find_library(SQLITECPP_LIBRARY SQLiteCpp REQUIRED)
find_library(CSV_LIBRARY csv REQUIRED)

# In the place of the C library's malloc, for libcurl too: a request allocates some fifty times. See docs/speed.md.
# libstdc++ stands before it, and keeps its `new`: mimalloc's, as Debian builds it, cannot throw and aborts.
add_library(gelombang_malloc INTERFACE)
if(NOT GELOMBANG_SANITIZE)  # sanitizers bring their own
  find_package(mimalloc REQUIRED)  # 2 and 3 alike
  target_link_libraries(gelombang_malloc INTERFACE stdc++ mimalloc)
  target_link_options(gelombang_malloc INTERFACE LINKER:--no-as-needed)  # nobody calls it by a name of its own
endif()
