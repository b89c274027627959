# The .deb, by CPack: what `cmake --install` installs, with what Debian wants to know of it. `./dev package` makes it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME gelombang)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT ${GELOMBANG_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGE_DESCRIPTION
"Plays what applicants do on a portal such as that of Kartu Prakerja (log in,
verify an email, upload a photo of an identity card, join a wave) at realistic
rates, and measures what they meet: two clocks, phases of every request, mail
timed to the inbox, and every failure in its own class.
.
With it come a stand-in portal to try it on, scenarios, and dashboards for
Grafana. Only loopback is allowed without the consent of a target's owner.")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# Libraries are found by dpkg-shlibdeps. The text on a photo needs one font, and TLS the usual authorities.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS fonts-dejavu-core)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS prometheus)
include(CPack)
