"""The demonstration: a simulated cluster and the scenarios that `opsbot demo` fires."""
