"""Schema migrations. Run by `bot.incidents.migrate` at start; nothing here opens a connection of its own."""
