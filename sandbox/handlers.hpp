// One function per endpoint, called by the router on an event loop. The request is valid only during the call: copy
// what is needed later. Endpoints that need a session find its owner in request.account.
#pragma once

#include "sandbox/portal.hpp"

#include <string_view>

namespace gelombang::sandbox {

void post_account(Portal& portal, Request& request, const Responder& respond);
void post_verification(Portal& portal, Request& request, const Responder& respond);
void get_verify_link(Portal& portal, Request& request, const Responder& respond);

void post_session(Portal& portal, Request& request, const Responder& respond);
void delete_session(Portal& portal, Request& request, const Responder& respond);

void get_dashboard(Portal& portal, Request& request, const Responder& respond);
void get_dashboard_page(Portal& portal, Request& request, const Responder& respond);
void post_identity(Portal& portal, Request& request, const Responder& respond);
void get_aptitude_test(Portal& portal, Request& request, const Responder& respond);
void post_aptitude_test(Portal& portal, Request& request, const Responder& respond);
void post_wave_join(Portal& portal, Request& request, const Responder& respond);

// Checks before the body is read: is it multipart, is it small enough, is there memory for it?
BodyPlan plan_id_card(Portal& portal, Request& request);
void post_id_card(Portal& portal, Request& request, const Responder& respond);

void operator_call(Portal& portal, Request& request, const Responder& respond);

// The portal's rule for addresses: only a-z, 0-9, '.' and '@', with one '@' and text on both sides.
bool valid_email(std::string_view email);

}  // namespace gelombang::sandbox
