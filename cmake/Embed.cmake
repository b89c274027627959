# embed_text(INPUT OUTPUT SYMBOL): a .cpp that defines `const std::string_view SYMBOL` with a file's text.
function(embed_text input output symbol)
  file(READ ${input} EMBEDDED_TEXT)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${input})
  # Compilers limit the length of one literal; adjacent ones are joined.
  string(REGEX REPLACE "\n(-- [A-Z][A-Za-z ]+ -----)" "\n)EMBED\" R\"EMBED(\\1" EMBEDDED_TEXT "${EMBEDDED_TEXT}")
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT
"#include <string_view>\nnamespace gelombang {\nextern const std::string_view @symbol@;\nconst std::string_view @symbol@ = R\"EMBED(@EMBEDDED_TEXT@)EMBED\";\n}\n")
endfunction()
