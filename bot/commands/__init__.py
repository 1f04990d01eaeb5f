"""What the commands of `opsbot` do, one module each. They return values; `bot.cli` reads arguments and prints."""
