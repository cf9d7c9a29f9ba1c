"""Every change of the tables, from the first on. Run by `storage.database.migrate`."""
