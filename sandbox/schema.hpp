// The portal's tables.
#pragma once

namespace gelombang::sandbox {

class DbConnection;

// Creates the tables if the database is empty. Throws if the file is a database of another program or version.
void create_schema(DbConnection& connection);

}  // namespace gelombang::sandbox
