# embed_text(OUTPUT SYMBOL INPUT...): a .cpp that defines `const std::string_view SYMBOL` with the text of files,
# one after the other.
function(embed_text output symbol)
  set(EMBEDDED_TEXT)
  foreach(input IN LISTS ARGN)
    file(READ ${input} text)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${input})
    string(APPEND EMBEDDED_TEXT "${text}")
  endforeach()
  # Compilers limit the length of one literal; adjacent ones are joined.
  string(REGEX REPLACE "\n(-- [A-Z][A-Za-z ]+ -----)" "\n)EMBED\" R\"EMBED(\\1" EMBEDDED_TEXT "${EMBEDDED_TEXT}")
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT
"#include <string_view>\nnamespace gelombang {\nextern const std::string_view @symbol@;\nconst std::string_view @symbol@ = R\"EMBED(@EMBEDDED_TEXT@)EMBED\";\n}\n")
endfunction()

# embed_file(OUTPUT SYMBOL INPUT): the same for the bytes of one file, when it is built. INPUT may be empty.
function(embed_file output symbol input)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${output} -DSYMBOL=${symbol}
      -P ${CMAKE_SOURCE_DIR}/cmake/EmbedFile.cmake
    DEPENDS ${input} ${CMAKE_SOURCE_DIR}/cmake/EmbedFile.cmake
    VERBATIM)
endfunction()
