"""The command `wirewatch`: thin functions that call the rest. Each command imports what it needs when it runs."""
