# Run as a script: cmake -DINPUT=file -DOUTPUT=file.cpp -DSYMBOL=kName -P EmbedFile.cmake
# Writes a .cpp that defines `const std::string_view SYMBOL` with the bytes of INPUT; empty where INPUT is empty.
if(INPUT)
  file(READ "${INPUT}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
endif()
file(WRITE "${OUTPUT}"
"#include <string_view>
namespace {
constexpr unsigned char kBytes[] = {${bytes}0};
}
namespace gelombang {
extern const std::string_view ${SYMBOL};
const std::string_view ${SYMBOL}(reinterpret_cast<const char*>(kBytes), sizeof kBytes - 1);
}
")
