"""Clients: the only code that talks to other systems. Third-party exceptions and secrets stop here."""
