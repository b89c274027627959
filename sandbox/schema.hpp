// The portal's tables.
#pragma once

namespace gelombang::sandbox {

class DbConnection;

// Creates what is missing; throws where the file is no database of ours.
void create_schema(DbConnection& connection);

}  // namespace gelombang::sandbox
