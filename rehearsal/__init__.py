"""The local AWS that executes: everything here stands in for AWS on one machine, with real parts."""
